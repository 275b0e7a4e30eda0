"""Which devices JAX computes on, and how it compiles for a CPU. To be said before JAX starts."""

import os

_ANY_SIZE = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000000"


def use_all_cores() -> None:
    """Makes each core of a CPU a JAX device, so that a sweep uses them all.

    Has no effect once JAX is imported, nor where the environment sets JAX_NUM_CPU_DEVICES.
    Accelerators are devices anyway.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(cores))


def compile_loops_whole() -> None:
    """Makes a loop one kernel on a CPU, whatever its size.

    Else each operation in it is a kernel of its own, about ninety in a step of this training, and
    starting them takes longer than running them. JAX 0.12 does so by itself, JAX 0.10 only with
    loops of a kilobyte. Has no effect once JAX computes, nor where the environment sets
    xla_backend_extra_options.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_ANY_SIZE}".strip()
