"""How JAX uses a CPU: how many devices it sees, and how it compiles loops."""

import os
import warnings
from functools import cache

_CORES = "JAX_NUM_CPU_DEVICES"
_ANY_SIZE = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000000"


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


@cache
def warn_of_idle_cores(platform: str, num_devices: int) -> None:
    """Warns once if a sweep is about to leave most of a CPU idle, and nobody chose so."""
    if platform == "cpu" and num_devices == 1 < num_cores() and _CORES not in os.environ:
        warnings.warn(
            f"this sweep uses one of {num_cores()} cores; to use all of them, call "
            "mlp_core.set_up_cpu() before JAX is imported",
            stacklevel=2,
        )
