"""Walks through scans, while loops, and conditions, and returns the notes taken inside of them."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from mlp_core.doctor.notes import Note, joined, split

KEPT = 8
"""The iterations of a while loop whose notes are kept: the first seven, and the last one."""


class Inside(NamedTuple):
    """The loops and conditions around a jaxpr."""

    times: int = 1
    """How often the inside is reached at most, as far as notes are kept."""
    turn: Any = None
    """The iteration, see `Note.turns`."""
    in_while: bool = False
    """Whether the inside is that of a while loop: neither random keys nor loops in it are noted."""
    in_cond: bool = False
    """Whether the inside is a branch. Conditions in it are not examined, because each branch is
    walked twice."""


Walked = Callable[[Any, list[Any], Inside], tuple[list[Any], list[Note]]]
"""Walks through a closed jaxpr with these values; returns its outputs and its notes."""
_Form = Callable[[Any, list[Any], Walked, Inside], tuple[list[Any], list[Note]]]


def form_of(equation: Any, around: Inside) -> _Form | None:
    """Returns the function that walks through an equation, or None if it is not examined."""
    name, params = equation.primitive.name, equation.params
    if equation.effects:
        return None
    if name == "scan" and not around.in_while:
        return _scan
    # Under `vmap`, the condition of a while loop has a value for each element.
    if name == "while" and around.turn is None and not params["cond_jaxpr"].out_avals[0].shape:
        return _while
    return _cond if name == "cond" and not around.in_cond else None


def _scan(
    params: Any, values: list[Any], walked: Walked, around: Inside
) -> tuple[list[Any], list[Note]]:
    ends = np.cumsum([params["num_consts"], params["num_carry"]])
    fixed, start, xs = values[: ends[0]], values[ends[0] : ends[1]], values[ends[1] :]
    length, carried, turn = params["length"], len(start), around.turn
    static: list[Note] = []

    def body(carry: Any, numbered: Any) -> Any:
        number, x = numbered
        inner = number if turn is None else jnp.where(turn < 0, -1, turn * length + number)
        inside = around._replace(times=around.times * length, turn=inner)
        outs, notes = walked(params["jaxpr"], [*fixed, *carry, *x], inside)
        static[:], arrays = split(notes)
        return outs[:carried], (outs[carried:], arrays)

    numbers = jnp.arange(length)[:: -1 if params["reverse"] else 1]  # in the order of execution
    carry, (ys, arrays) = jax.lax.scan(
        body, start, (numbers, xs), length=length, reverse=params["reverse"]
    )
    return [*carry, *ys], joined(static, arrays, loops=1)


def _while(
    params: Any, values: list[Any], walked: Walked, around: Inside
) -> tuple[list[Any], list[Note]]:
    ends = np.cumsum([params["cond_nconsts"], params["body_nconsts"]])
    tested, fixed, start = values[: ends[0]], values[ends[0] : ends[1]], values[ends[1] :]
    static: list[Note] = []

    def is_on(state: Any) -> Any:
        return core.jaxpr_as_fun(params["cond_jaxpr"])(*tested, *state[1])[0]

    def body(number: Any, carry: Any) -> Any:
        inside = around._replace(times=KEPT, turn=number, in_while=True)
        outs, notes = walked(params["body_jaxpr"], [*fixed, *carry], inside)
        static[:], arrays = split(notes)
        return outs, arrays

    def advance(state: Any) -> Any:
        number, carry, kept = state
        carry, arrays = body(number, carry)
        slot = jnp.minimum(number, KEPT - 1)
        kept = jax.tree.map(lambda rows, row: rows.at[slot].set(row), kept, arrays)
        return number + 1, carry, kept

    zero = jnp.zeros((), jnp.int32)
    _, one = jax.eval_shape(body, zero, start)
    kept = [_missing(*arrays, KEPT) for arrays in one]
    _, carry, arrays = jax.lax.while_loop(is_on, advance, (zero, start, kept))
    return carry, joined(static, arrays, loops=1)


def _cond(
    params: Any, values: list[Any], walked: Walked, around: Inside
) -> tuple[list[Any], list[Note]]:
    index, *operands = values
    turn = jnp.zeros((), jnp.int32) if around.turn is None else around.turn
    inside = around._replace(turn=turn, in_cond=True)
    static: list[list[Note]] = [[] for _ in params["branches"]]

    def branch(number: int, operands: list[Any]) -> Any:
        outs, notes = walked(params["branches"][number], operands, inside)
        static[number], arrays = split(notes)
        return outs, arrays

    found = [jax.eval_shape(partial(branch, n), operands)[1] for n in range(len(static))]

    def taken(number: int, operands: list[Any]) -> Any:
        outs, arrays = branch(number, operands)
        every = [
            arrays if other == number else [_missing(*one) for one in shapes]
            for other, shapes in enumerate(found)
        ]
        return outs, every

    branches = [partial(taken, n) for n in range(len(static))]
    outs, every = jax.lax.switch(index, branches, operands)
    return outs, [
        note for notes, arrays in zip(static, every, strict=True) for note in joined(notes, arrays)
    ]


def _missing(values: Any, turns: Any, *rows: int) -> tuple[Any, Any]:
    """Returns arrays of these shapes, with rows, for iterations that have not been reached."""
    zeros = jax.tree.map(lambda array: jnp.zeros((*rows, *array.shape), array.dtype), values)
    return zeros, jnp.full((*rows, *turns.shape), -1, turns.dtype)
