"""Process settings for JAX: the number of CPU devices, XLA's kernels, and the compilation cache."""

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
"""The maximum number of files in the compilation cache. A compiled run takes about 80 kB."""

_SHORTEST_SECONDS = "0.3"  # programs that compile faster are not worth a file


def set_up_cpu() -> None:
    """Configures JAX to use all CPU cores in a sweep, and one kernel for the whole loop of a run.

    Call this before JAX is imported, in a program rather than in a library, because it sets
    JAX_NUM_CPU_DEVICES and adds to XLA_FLAGS in the environment, unless they are set already.
    Without it, a run takes two to three times as long: XLA makes a separate kernel for each
    operation of the loop, about ninety per step, and launching them takes longer than running them.
    JAX 0.12 uses one kernel by default. The results do not change, and accelerators ignore it.
    """
    os.environ.setdefault(_CORES, str(num_cores()))
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_ANY_SIZE}".strip()


def num_cores() -> int:
    """Returns the number of CPU cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def machine() -> str:
    """Returns the model name of this machine's processor."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def device_name() -> str:
    """Returns the name of this process's devices, as "2 cores of AMD EPYC" or "1 x NVIDIA H200"."""
    import jax

    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        return f"{len(devices)} core{'s' if len(devices) > 1 else ''} of {machine()}"
    return f"{len(devices)} x {devices[0].device_kind}"


@cache
def warn_of_idle_cores(platform: str, num_devices: int) -> None:
    """Warns once if a sweep uses one of several CPU cores and JAX_NUM_CPU_DEVICES is not set."""
    if platform == "cpu" and num_devices == 1 < num_cores() and _CORES not in os.environ:
        warnings.warn(
            f"this sweep uses one of {num_cores()} cores; to use all of them, call "
            "mlp_core.set_up_cpu() before JAX is imported",
            stacklevel=2,
        )


def keep_compiled() -> None:
    """Enables JAX's persistent compilation cache in the user's cache folder, if it is writable.

    Call this before JAX is imported. It has no effect if JAX_COMPILATION_CACHE_DIR is set in the
    environment. Each kind of CPU has its own folder, because code compiled for one kind may not run
    on another. If there are more than `MOST_FILES` files, the oldest ones are removed.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    try:
        folder = _own_folder()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_oldest(folder)
    except (OSError, RuntimeError):  # without a writable home folder, each process compiles
        return
    if os.access(folder, os.W_OK):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", _SHORTEST_SECONDS)


def _own_folder() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "fix-by-fix" / _cpu()


def _cpu() -> str:
    """Returns a name for this kind of CPU, whose instruction set determines the compiled code."""
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
