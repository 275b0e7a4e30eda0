"""A ledger of a function's random draws, with the key that each draw uses.

The ledger is read from the function's jaxpr, so the function need not be known in advance. The
jaxpr is evaluated equation by equation, each draw is recorded, and every value carries the draws
from which it is computed. The random numbers are not generated, because no key depends on them.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

_CALLS = ("jit", "pjit")

Key = tuple[int, ...]
"""A key's data as integers: two 32-bit words in JAX's default generator."""


class Draw(NamedTuple):
    """One use of a key for one array. An array computed from two draws has two entries."""

    array: str
    """The array's path in the function's result, such as `layers[0].weight`."""
    key: Key
    numbers: int
    """How many random numbers were drawn."""


class _Use(NamedTuple):
    place: int  # position of the draw in the order of the program
    key: Key
    numbers: int


_Uses = frozenset[_Use]
_Traced = tuple[Any, _Uses]
"""A value (None if it depends on a draw), and the draws from which it is computed."""


def draws(function: Callable[..., Any], key: jax.Array) -> tuple[Draw, ...]:
    """Returns the draws of `function(key)`, in the order in which its jaxpr makes them.

    Draws inside a loop of the jaxpr, such as a `scan`, are not recorded.

    Args:
      key: not consumed, because no random numbers are generated.
    """
    program, shape = jax.make_jaxpr(function, return_shape=True)(key)
    results = _run(program.jaxpr, program.consts, [(key, frozenset())], iter(range(10**9)))
    found = [
        (use.place, Draw(place, use.key, use.numbers))
        for place, (_, uses) in zip(named(shape), results, strict=True)
        for use in uses
    ]
    return tuple(draw for _, draw in sorted(found))


def named(tree: Any) -> dict[str, Any]:
    """Returns the leaves of a pytree, keyed by path, such as `layers[0].weight`."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path).removeprefix("."): leaf for path, leaf in leaves}


def _run(
    jaxpr: Any, consts: list[Any], arguments: list[_Traced], places: Iterator[int]
) -> list[_Traced]:
    """Evaluates a jaxpr; each value carries the draws from which it is computed."""
    known: dict[Any, _Traced] = dict(zip(jaxpr.invars, arguments, strict=True))
    known |= {var: (value, frozenset()) for var, value in zip(jaxpr.constvars, consts, strict=True)}

    def read(atom: Any) -> _Traced:
        return (atom.val, frozenset()) if isinstance(atom, core.Literal) else known[atom]

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        known |= zip(equation.outvars, _results(equation, inputs, places), strict=True)
    return [read(atom) for atom in jaxpr.outvars]


def _results(equation: Any, inputs: list[_Traced], places: Iterator[int]) -> list[_Traced]:
    if equation.primitive.name in _CALLS:
        inner = equation.params["jaxpr"]
        return _run(inner.jaxpr, inner.consts, inputs, places)
    values = [value for value, _ in inputs]
    uses = frozenset().union(*(uses for _, uses in inputs))
    if equation.primitive.name == "random_bits":
        key = tuple(int(word) for word in np.ravel(jax.random.key_data(values[0])))
        use = _Use(next(places), key, equation.outvars[0].aval.size)
        return [(None, uses | {use})]
    if any(value is None for value in values):
        return [(None, uses) for _ in equation.outvars]
    outputs = equation.primitive.bind(*values, **equation.params)
    many = outputs if equation.primitive.multiple_results else [outputs]
    return [(output, uses) for output in many]
