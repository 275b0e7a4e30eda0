"""Keeps the process small: Streamlit Community Cloud promises no more than 690 MB."""

import ctypes
import gc
import os
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from mlp_core.engine import setup

_ARENA_MAX = -8  # glibc's name for how many heaps its threads may have
_ARENAS = 2

SHORT_FROM_MB = 520.0
"""From so much memory on, compiled programs are dropped before another one comes.

Compiling takes up to 130 MB for a while. And of each shape of network the training keeps 5 MB, the
real loop 10, the evidence 30, so that without a bound a reader who tries many would bring the
process down.
"""

WORTH_MB = 60.0
"""So much must have come since they were last dropped: what is not theirs would not go away."""

LARGE_FROM_SECONDS = 0.3
"""What takes so long to compile leaves up to 300 MB free, which the system gets back at once."""

_LOWERED = (
    ("jax._src.pjit", "_pjit_lower"),
    ("jax._src.interpreters.pxla", "_cached_lowering_to_hlo"),
)
"""Where JAX keeps what it has handed to the compiler: the modules and their caches."""


class _Room:
    """What is known about the programs that were dropped."""

    def __init__(self) -> None:
        self.drops, self.least_mb = 0, 0.0
        self.deciding = threading.Lock()


_room = _Room()


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
    _collect()


def make_room() -> None:
    """Drops what JAX has compiled, if memory is short; from then on, programs take less of it.

    To be called before anything new is compiled. What is needed again is compiled again, or comes
    from the disk; work under way goes on.
    """
    with _room.deciding:
        if "jax" not in sys.modules:
            return
        import jax

        _keep_programs_small()
        used_mb = _used_mb()
        _room.least_mb = min(_room.least_mb, used_mb)  # what was large when they were, may be gone
        if used_mb < max(SHORT_FROM_MB, _room.least_mb + WORTH_MB):
            return
        jax.clear_caches()
        gc.unfreeze()
        _collect()
        _room.drops, _room.least_mb = _room.drops + 1, _used_mb()
        setup.drop_oldest_compiled()  # so many new ones may have come on disk as well


@cache
def _keep_programs_small() -> None:
    """Lets go, each time that a program is compiled, of what it was before and what that took.

    JAX 0.10 keeps that, a megabyte for each operation that is sent on its own, four times what the
    compiled operation takes; JAX 0.12 does not. It has no public name: where JAX has changed it,
    nothing is let go.
    """
    import jax

    def let_go(event: str, duration_secs: float, **_: str | int) -> None:
        if event != "/jax/core/compile/backend_compile_duration":
            return
        for module, name in _LOWERED:
            lowered: Any = getattr(sys.modules.get(module), name, None)
            if hasattr(lowered, "cache_clear"):
                lowered.cache_clear()
        if duration_secs > LARGE_FROM_SECONDS:
            _give_back()

    jax.monitoring.register_event_duration_secs_listener(let_go)


def drops() -> int:
    """Returns how often programs were dropped: what was timed meanwhile may have compiled."""
    return _room.drops


def _used_mb() -> float:
    """Returns the memory of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _collect() -> None:
    gc.collect()
    gc.freeze()
    gc.collect()  # else Python would wait until a quarter of what is frozen now has come anew
    _give_back()


def _give_back() -> None:
    """Returns to the system what is free: 40 ms at most, in which others go on."""
    with _a_known_c_library():
        ctypes.CDLL(None).malloc_trim(0)


def _a_known_c_library() -> suppress:
    # Others have no such functions.
    return suppress(AttributeError, OSError, TypeError)
