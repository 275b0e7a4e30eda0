"""What is made once and kept for the next who asks, as long as it is not too much."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The results that were asked for last.

    Args:
      most: how many are kept.
      most_numbers: how many numbers they may hold together; the newest one is kept in any case.
      count: returns how many numbers a result holds.
      may_keep: returns whether the result of a key may be kept, asked after it was made.
    """

    def __init__(
        self,
        most: int,
        most_numbers: int,
        count: Callable[[V], int],
        may_keep: Callable[[K], bool] = lambda key: True,
    ) -> None:
        self._most, self._most_numbers, self._count = most, most_numbers, count
        self._may_keep = may_keep
        self._results: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Returns the result of a key, made if it is not kept; who was asked longest ago, goes."""
        with self._lock:
            if key in self._results:
                result = self._results[key] = self._results.pop(key)
                return result
        result = make()  # others need not wait for it
        with self._lock:
            if self._may_keep(key):
                self._results[key] = result
                while len(self._results) > 1 and self._too_much:
                    del self._results[next(iter(self._results))]
            return result

    @property
    def keys(self) -> list[K]:
        """The keys of what is kept, the one asked for last at the end."""
        with self._lock:
            return list(self._results)

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._results.clear()

    @property
    def _too_much(self) -> bool:
        numbers = sum(map(self._count, self._results.values()))
        return len(self._results) > self._most or numbers > self._most_numbers
