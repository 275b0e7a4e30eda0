"""Walks through scans, while loops, and conditions, and returns the notes taken inside of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from mlp_core.doctor.notes import Note, joined, split

KEPT = 8
"""The iterations of a while loop whose notes are kept: the first ones, and the last one."""
_FAR = 10_000
"""Distance between the numbers of a while loop's iterations in two iterations of an outer loop."""

Walked = Callable[[Any, list[Any], int, Any], tuple[list[Any], list[Note]]]
"""Walks through a closed jaxpr: with these values, up to this many times, in this iteration."""
_Walk = Callable[[Any, list[Any], Walked, Any], tuple[list[Any], list[Note]]]


def _scan(
    params: Any, values: list[Any], walked: Walked, turn: Any
) -> tuple[list[Any], list[Note]]:
    ends = np.cumsum([params["num_consts"], params["num_carry"]])
    fixed, start, xs = values[: ends[0]], values[ends[0] : ends[1]], values[ends[1] :]
    length, carried = params["length"], len(start)
    static: list[Note] = []

    def body(carry: Any, numbered: Any) -> Any:
        number, x = numbered
        inner = number if turn is None else jnp.where(turn < 0, -1, turn * length + number)
        outs, notes = walked(params["jaxpr"], [*fixed, *carry, *x], length, inner)
        static[:], arrays = split(notes)
        return outs[:carried], (outs[carried:], arrays)

    numbers = jnp.arange(length)
    carry, (ys, arrays) = jax.lax.scan(
        body, start, (numbers, xs), length=length, reverse=params["reverse"]
    )
    return [*carry, *ys], joined(static, arrays, loops=1)


def _while(
    params: Any, values: list[Any], walked: Walked, turn: Any
) -> tuple[list[Any], list[Note]]:
    ends = np.cumsum([params["cond_nconsts"], params["body_nconsts"]])
    tested, fixed, start = values[: ends[0]], values[ends[0] : ends[1]], values[ends[1] :]
    static: list[Note] = []

    def is_on(state: Any) -> Any:
        return core.jaxpr_as_fun(params["cond_jaxpr"])(*tested, *state[1])[0]

    def body(number: Any, carry: Any) -> Any:
        inner = number if turn is None else jnp.where(turn < 0, -1, turn * _FAR + number)
        outs, notes = walked(params["body_jaxpr"], [*fixed, *carry], KEPT, inner)
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
    params: Any, values: list[Any], walked: Walked, turn: Any
) -> tuple[list[Any], list[Note]]:
    index, *operands = values
    here = jnp.zeros((), jnp.int32) if turn is None else turn
    static: list[list[Note]] = [[] for _ in params["branches"]]

    def branch(number: int, operands: list[Any]) -> Any:
        outs, notes = walked(params["branches"][number], operands, 1, here)
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


FORMS: dict[str, _Walk] = {"scan": _scan, "while": _while, "cond": _cond}
"""The function for each primitive."""
