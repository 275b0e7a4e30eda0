"""Which devices JAX computes on."""

import os

import jax


def use_all_cores() -> None:
    """Makes each core of a CPU a JAX device, so that a sweep uses them all.

    Accelerators are devices anyway.

    Raises:
      RuntimeError: if JAX has computed anything before.
    """
    available = getattr(os, "sched_getaffinity", None)
    cores = len(available(0)) if available else os.cpu_count()
    jax.config.update("jax_num_cpu_devices", cores or 1)
