"""Keeps what is costly to build, for all sessions: built by the first that asks, once."""

import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def built_once(most: int = 1) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a function keep its last results, shared by all who call it: never change them.

    Others that ask meanwhile wait. `lru_cache` alone would let fifty readers who open a page at
    once build fifty charts.

    Args:
      most: how many results are kept.
    """

    def keeping(build: Callable[P, T]) -> Callable[P, T]:
        kept, building = lru_cache(most)(build), threading.Lock()

        @wraps(build)
        def result(*args: P.args, **kwargs: P.kwargs) -> T:
            with building:
                return kept(*args, **kwargs)  # type: ignore[arg-type]

        return result

    return keeping
