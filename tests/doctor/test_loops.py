"""The notes that a twin takes inside loops and conditions, compared with loops in Python."""

import jax
import jax.numpy as jnp
import pytest
from jax.ad_checkpoint import checkpoint_name

from mlp_core.doctor.loops import KEPT
from mlp_core.doctor.notes import Note
from mlp_core.doctor.twin import MARK, Look, Twin


def marked(x: jax.Array) -> jax.Array:
    return checkpoint_name(x, f"{MARK}param|0|x")


def note_of(function, *arguments: jax.Array) -> Note | None:
    """Returns the only note of a function with one mark; None if the mark was not reached."""
    program = jax.make_jaxpr(function)(*arguments)
    notes = Twin(program, Look(), jax.jit)(list(arguments))
    assert len(notes) <= 1
    return notes[0] if notes else None


def doubled(steps: int) -> list[int]:
    return [2**step for step in range(steps)]


@pytest.mark.parametrize("steps", [0, 1, KEPT - 1, KEPT, KEPT + 1, 20])
def test_a_while_loop_has_its_first_iterations_and_the_last(steps):
    def function(x, n):
        return jax.lax.fori_loop(0, n, lambda _, x: 2 * marked(x), x)

    note = note_of(function, jnp.asarray(1.0), jnp.asarray(steps))

    turns = [turn for turn in range(steps) if turn < KEPT - 1 or turn == steps - 1]
    assert (note is None) == (steps == 0)
    if note is not None:
        assert list(note.turns) == turns
        assert list(note.values) == [doubled(steps)[turn] for turn in turns]


def test_nested_scans_count_their_iterations_together():
    def function(x):
        def inner(x, _):
            return 2 * marked(x), None

        return jax.lax.scan(lambda x, _: jax.lax.scan(inner, x, length=3), x, length=2)

    note = note_of(function, jnp.asarray(1.0))

    assert list(note.turns) == list(range(6))
    assert list(note.values) == doubled(6)


def test_a_reverse_scan_counts_in_the_order_of_execution():
    def function(x, xs):
        return jax.lax.scan(lambda x, _: (2 * marked(x), None), x, xs, reverse=True)

    note = note_of(function, jnp.asarray(1.0), jnp.arange(4))

    assert list(note.turns) == list(range(4))
    assert list(note.values) == doubled(4)


def test_a_branch_has_the_iterations_that_took_it():
    def function(x):
        def body(x, step):
            return jax.lax.cond(step % 3 == 0, marked, lambda x: x, x) * 2, None

        return jax.lax.scan(body, x, jnp.arange(7))

    note = note_of(function, jnp.asarray(1.0))

    assert list(note.turns) == [0, 3, 6]
    assert list(note.values) == [1, 8, 64]
    assert [turn for turn, _ in note.sampled()] == [0, 3, 6]


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_condition_outside_of_loops_adds_no_axis(is_taken):
    def function(x, is_taken):
        return jax.lax.cond(is_taken, marked, lambda x: -x, x)

    note = note_of(function, jnp.arange(3.0), jnp.asarray(is_taken))

    assert (note is None) == (not is_taken)
    if note is not None:
        assert note.turns is None
        assert list(note.values) == [0, 1, 2]


def test_what_is_not_examined_is_computed_and_has_no_note():
    def batched(xs):
        def root(x):
            return jax.lax.while_loop(lambda x: x > 1, lambda x: marked(x) / 2, x)

        return jnp.sqrt(marked(jax.vmap(root)(xs)))

    note = note_of(batched, jnp.array([3.0, 8.0]))

    assert list(note.values) == [0.75, 1.0]


def test_the_inside_of_a_sampler_counts_as_one_draw():
    def function(key):
        return jax.random.poisson(key, 3.0, (5,)), jax.random.binomial(key, 3.0, 0.5, (5,))

    program = jax.make_jaxpr(function)(jax.random.key(0))

    notes = Twin(program, Look(), jax.jit)([jax.random.key(0)])

    assert not [note for note in notes if note.loops]
