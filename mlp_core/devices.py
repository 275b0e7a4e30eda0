"""Which devices JAX computes on."""

import os


def use_all_cores() -> None:
    """Makes each core of a CPU a JAX device, so that a sweep uses them all.

    Has no effect once JAX is imported, nor where the environment sets JAX_NUM_CPU_DEVICES.
    Accelerators are devices anyway.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(cores))
