"""Keeps the process small: Streamlit Community Cloud promises no more than 690 MB."""

import ctypes
import gc
from contextlib import suppress

import streamlit as st

_ARENA_MAX = -8  # glibc's name for how many heaps its threads may have
_ARENAS = 2


@st.cache_resource(show_spinner=False)
def keep_heaps_few() -> None:
    """Lets all threads share two heaps: what one has compiled with, another can use."""
    with _a_known_c_library():
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


@st.cache_resource(show_spinner=False)
def settle(loaded: str) -> None:
    """Takes JAX, pandas and Altair out of garbage collection, once they are loaded.

    With all their objects in it, it takes 150 ms. What compiling has left free goes back to the
    system: 60 to 130 MB.

    Args:
      loaded: a name for what has come; once for each.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # else Python would wait until a quarter of what is frozen now has come anew
    with _a_known_c_library():
        ctypes.CDLL(None).malloc_trim(0)


def _a_known_c_library() -> suppress:
    # Others have no such functions.
    return suppress(AttributeError, OSError, TypeError)
