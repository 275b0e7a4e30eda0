"""Keeps on disk what JAX compiles, so that the next process starts sooner."""

import hashlib
import os
import platform
from contextlib import suppress
from pathlib import Path

MOST_FILES = 1000
"""A compiled training takes about 80 kB."""

_SHORTEST_SECONDS = "0.3"  # what compiles sooner is not worth a file


def keep() -> None:
    """Lets JAX keep what it compiles, in the user's cache folder, where the disk allows.

    To be called before JAX is imported. Has no effect where the environment sets
    JAX_COMPILATION_CACHE_DIR. Each kind of CPU has a folder of its own: code for one may not run on
    another. The oldest files beyond `MOST_FILES` are removed.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    try:
        folder = _own_folder()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_oldest(folder)
    except (OSError, RuntimeError):  # no home, or none to write to: compile each time
        return
    if os.access(folder, os.W_OK):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", _SHORTEST_SECONDS)


def _own_folder() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "fix-by-fix" / _cpu()


def _cpu() -> str:
    """Returns a name for this kind of CPU: what it can compute decides what JAX compiles."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = [platform.processor()]
    kind = [line for line in lines if line.startswith(("flags", "Features", "model name"))][:2]
    return hashlib.sha256("\n".join(kind or lines).encode()).hexdigest()[:16]


def make_room() -> None:
    """Removes the oldest files beyond `MOST_FILES`, if the folder in use is the one of `keep`."""
    with suppress(OSError, RuntimeError):
        folder = _own_folder()
        if os.environ.get("JAX_COMPILATION_CACHE_DIR") == str(folder):
            _remove_oldest(folder)


def _remove_oldest(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[MOST_FILES:]:
        file.unlink(missing_ok=True)
