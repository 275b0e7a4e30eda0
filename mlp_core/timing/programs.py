"""What JAX compiles: one program or many small ones, compiled anew to see what that takes."""

import time
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import uuid4

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, JaxprEqn, Literal, jaxpr_as_fun

from mlp_core.engine.compiled import jitted

CALLS = ("jit", "pjit")
"""How a compiled function shows among the operations of another one, whatever JAX's version."""


class Stages(NamedTuple):
    """The times of a program's stages up to its first result."""

    trace_ms: float
    compile_ms: float
    first_ms: float


class Program(NamedTuple):
    """A function to compile, and what it is called with."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    static: tuple[str, ...] = ()
    """The names of its last arguments, if they are static."""
    one_kernel: bool = False
    """Whether it is compiled as small networks' loops are (`compiled.jitted`)."""

    @property
    def name(self) -> str:
        """The function's own."""
        return self.function.__name__

    def stages(self) -> Stages:
        """Compiles the function anew and calls it once.

        Neither JAX's memory nor its cache on disk knows it under a new name.
        """

        @wraps(self.function)
        def anew(*arguments: Any) -> Any:
            return self.function(*arguments)

        anew.__name__ = f"timed_{uuid4().hex}"
        function = jitted(anew, self.static)[self.one_kernel]
        times = [time.perf_counter()]
        traced = function.trace(*self.arguments)  # type: ignore[attr-defined]
        times.append(time.perf_counter())
        compiled = traced.lower().compile()
        times.append(time.perf_counter())
        dynamic = self.arguments[: len(self.arguments) - len(self.static)]
        jax.block_until_ready(compiled(*dynamic))
        times.append(time.perf_counter())
        return Stages(*(1e3 * (b - a) for a, b in pairwise(times)))


def sent(operations: ClosedJaxpr) -> int:
    """Returns how many operations a traced function sends to the device, run one by one."""
    return len(operations.jaxpr.eqns)


def programs_of(operations: ClosedJaxpr, all_but: str = "") -> list[Program]:
    """Returns each different operation once: JAX compiles it for its inputs' shapes at first use.

    Args:
      all_but: the name of a compiled function that is left out.
    """
    found: dict[tuple[Any, ...], Program] = {}
    for operation in operations.jaxpr.eqns:
        name = operation.primitive.name
        if name in CALLS and operation.params["name"] == all_but:
            continue
        shapes = tuple(str(value.aval) for value in operation.invars)
        found.setdefault((name, str(operation.params), shapes), _alone(operation, operations))
    return list(found.values())


def _alone(operation: JaxprEqn, within: ClosedJaxpr) -> Program:
    inputs = list(dict.fromkeys(of for of in operation.invars if not isinstance(of, Literal)))
    alone = within.jaxpr.replace(
        constvars=[],
        invars=inputs,
        outvars=operation.outvars,
        eqns=[operation],
        debug_info=within.jaxpr.debug_info.with_unknown_names(),
    )
    return Program(jaxpr_as_fun(ClosedJaxpr(alone, ())), tuple(_zeros(of.aval) for of in inputs))


def _zeros(like: Any) -> jax.Array:
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jnp.broadcast_to(jax.random.key(0), like.shape)
    return jnp.zeros(like.shape, like.dtype)
