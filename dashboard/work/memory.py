"""Bounds the memory of the process: clears JAX's compiled programs when memory is short."""

import gc
import os
import sys
import threading
from pathlib import Path

SHORT_FROM_MB = 700.0
"""Above this much memory, compiled programs are cleared before another job starts.

Each network shape needs up to 10 MB for training and 45 MB for evidence. Without a bound, a reader
who tries many shapes could exhaust the memory.
"""

WORTH_MB = 100.0
"""The process must have grown by this much since the last time programs were cleared, because
clearing them again does not free other memory."""

_dropping = threading.Lock()
_drops, _left_mb = 0, 0.0


def make_room() -> None:
    """Clears JAX's compiled programs if memory is short. Jobs in progress are not affected.

    A program that is needed again is compiled again, or loaded from the cache on disk.
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
    """Returns how often compiled programs were cleared."""
    return _drops


def _used_mb() -> float:
    """Returns the memory of this process, or 0 if the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
