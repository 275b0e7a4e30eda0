"""Keeps the process bounded: drops what JAX has compiled when memory runs short."""

import gc
import os
import sys
import threading
from pathlib import Path

SHORT_FROM_MB = 700.0
"""From this much memory on, compiled programs are dropped before another job begins.

Each shape of network takes up to 10 MB for its training and 45 MB for its evidence. Without a bound
a reader who tries many shapes would end the process.
"""

WORTH_MB = 100.0
"""The process must have grown by this much since the last drop: not all memory is programs'."""

_dropping = threading.Lock()
_drops, _left_mb = 0, 0.0


def make_room() -> None:
    """Drops what JAX has compiled if memory is short. Work in progress goes on.

    A program that is needed again is compiled again, or loaded from the disk.
    """
    global _drops, _left_mb
    with _dropping:
        used_mb = _used_mb()
        _left_mb = min(_left_mb, used_mb)
        if "jax" not in sys.modules or used_mb < max(SHORT_FROM_MB, _left_mb + WORTH_MB):
            return
        import jax

        jax.clear_caches()
        gc.collect()
        _drops, _left_mb = _drops + 1, _used_mb()


def drops() -> int:
    """Returns how often programs were dropped."""
    return _drops


def _used_mb() -> float:
    """Returns the memory of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
