"""How a process is set up for JAX: the cores it sees, its kernels, and compiled code on disk."""

import hashlib
import os
import platform
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

_CORES = "JAX_NUM_CPU_DEVICES"
_ANY_SIZE = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000000"

MOST_FILES = 1000
"""A compiled training takes about 80 kB."""

_SHORTEST_SECONDS = "0.3"  # what compiles sooner is not worth a file


def set_up_cpu() -> None:
    """Lets JAX use a CPU fully: a sweep all of its cores, a run one kernel for its whole loop.

    To be called before JAX is imported, by a program rather than by a library: unless they are
    set, it sets JAX_NUM_CPU_DEVICES and XLA_FLAGS in the environment. Without it a run takes two to
    three times as long: each operation of its loop is a kernel of its own, about ninety in a step,
    and starting them takes longer than running them. JAX 0.12 does this part by itself. No number
    depends on it, and accelerators ignore it.
    """
    os.environ.setdefault(_CORES, str(num_cores()))
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_ANY_SIZE}".strip()


def num_cores() -> int:
    """Returns how many cores of the CPU this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def machine() -> str:
    """Returns the kind of processor this runs on."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def device_name() -> str:
    """Returns what this process computes on: "2 cores of AMD EPYC" or "1 x NVIDIA H200"."""
    import jax

    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        return f"{len(devices)} core{'s' if len(devices) > 1 else ''} of {machine()}"
    return f"{len(devices)} x {devices[0].device_kind}"


@cache
def warn_of_idle_cores(platform: str, num_devices: int) -> None:
    """Warns once if a sweep is about to leave most of a CPU idle, and nobody chose so."""
    if platform == "cpu" and num_devices == 1 < num_cores() and _CORES not in os.environ:
        warnings.warn(
            f"this sweep uses one of {num_cores()} cores; to use all of them, call "
            "mlp_core.set_up_cpu() before JAX is imported",
            stacklevel=2,
        )


def keep_compiled() -> None:
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


def _remove_oldest(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[MOST_FILES:]:
        file.unlink(missing_ok=True)
