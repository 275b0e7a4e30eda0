"""Whole runs: both engines, empty minibatches, NaNs, and chunks."""

from dataclasses import replace
from functools import partial
from itertools import product
from logging import DEBUG
from threading import get_ident

import numpy as np
import pytest
from jax import tree

from mlp_core import STAGES, Fixes, Settings, init_optimizer, train, train_chunks
from mlp_core.engine.starts import initial
from mlp_core.engine.update import hyper_of, updated
from mlp_core.switches import NUMERIC_SWITCHES

SMALL = Settings(seed=1, examples=200, hidden=(4, 3), steps=45, batch_size=32)
NUMERIC = Fixes(jit_step=True)


def combinations():
    """All 2^7 combinations of the switches that only change numbers."""
    names = NUMERIC_SWITCHES
    for values in product([False, True], repeat=len(names)):
        yield replace(NUMERIC, **dict(zip(names, values, strict=True)))


@pytest.fixture
def compilations(caplog):
    """Returns a function that returns what this thread has compiled since its last call.

    Threads that an earlier test left behind in this process may still compile.
    """
    caplog.set_level(DEBUG, "jax._src.interpreters.pxla")
    here = get_ident()

    def compiled():
        told = [(record.thread, record.getMessage()) for record in caplog.records]
        caplog.clear()
        return [said for thread, said in told if thread == here and said.startswith("Compiling ")]

    return compiled


def test_no_switch_no_seed_and_no_number_compiles_again(compilations):
    settings = replace(SMALL, steps=46)
    train(replace(settings, schedule="cosine"), NUMERIC)
    assert compilations(), "the first run must compile, or nothing is counted"

    for fixes in combinations():
        train(settings, fixes)
    train(replace(settings, seed=2), NUMERIC)
    train(replace(settings, learning_rate=0.5, weight_decay=0.0, clip_norm=1), NUMERIC)
    train(replace(settings, schedule="cosine", seed=3), NUMERIC)

    assert compilations() == []


def test_the_pieces_of_a_run_compile_once(compilations):
    pieces = train_chunks(replace(SMALL, steps=27), NUMERIC, chunk_seconds=5e-5)
    next(pieces)
    compilations()

    assert next(pieces).steps_done > 1
    assert compilations() == []


def test_another_shape_compiles(compilations):
    train(SMALL, NUMERIC)
    compilations()

    train(replace(SMALL, hidden=(3, 4)), NUMERIC)

    assert compilations()


@pytest.mark.parametrize(
    "fixes",
    [
        STAGES["v1"],
        STAGES["keys"],
        STAGES["batches"],
        replace(STAGES["final"], jit_step=False),
        Fixes(adamw=True, norm_init=True),
        replace(STAGES["beyond"], jit_step=False),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "settings", [SMALL, replace(SMALL, schedule="cosine", clip_norm=0.5)], ids=["plain", "clipped"]
)
def test_the_python_loop_agrees_with_the_compiled_run(fixes, settings):
    half_compiled = train(settings, fixes)

    run = train(settings, replace(fixes, jit_step=True))

    np.testing.assert_allclose(half_compiled.train_loss, run.train_loss, rtol=1e-3)
    np.testing.assert_allclose(half_compiled.val_loss, run.val_loss, rtol=1e-3)
    np.testing.assert_allclose(half_compiled.batch_loss, run.batch_loss, rtol=1e-3)
    np.testing.assert_array_equal(half_compiled.rows_seen, run.rows_seen)


@pytest.mark.parametrize(("stage", "steps"), [("v1", 200), ("batches", 1000)])
def test_the_python_loop_agrees_over_the_posts_run(stage, steps):
    """The first version draws a permutation in every step and is slow, so 200 steps suffice."""
    half_compiled = train(Settings(steps=steps), STAGES[stage])

    run = train(Settings(steps=steps), replace(STAGES[stage], jit_step=True))

    np.testing.assert_allclose(half_compiled.train_loss, run.train_loss, rtol=1e-3)
    np.testing.assert_allclose(half_compiled.val_loss, run.val_loss, rtol=1e-3)


@pytest.mark.parametrize("jit_step", [False, True])
def test_plain_descent_stands_still_on_an_empty_batch(jit_step):
    fixes = Fixes(jit_step=jit_step)

    run = train(SMALL, fixes, record_at=range(46))

    assert run.rows_seen[:6].tolist() == [32, 0, 0, 0, 0, 32]
    assert np.isnan(run.batch_loss[1:5]).all()
    assert run.train_loss[1] != run.train_loss[0]
    np.testing.assert_array_equal(run.train_loss[1:6], run.train_loss[1])
    assert run.train_loss[6] != run.train_loss[5]


@pytest.mark.parametrize("jit_step", [False, True])
def test_adamw_moves_on_an_empty_batch(jit_step):
    fixes = Fixes(norm_init=True, adamw=True, jit_step=jit_step)

    run = train(SMALL, fixes, record_at=range(46))

    assert np.isnan(run.batch_loss[1:5]).all()
    assert len(set(run.train_loss[:7].tolist())) == 7


def test_adamw_without_momentum_left_only_decays_on_an_empty_batch():
    """The first update has rows and the second has none: momentum 0.9 m and decay, by hand."""
    fixes = Fixes(norm_init=True, adamw=True, jit_step=True)
    one, two = (train(replace(SMALL, steps=steps), fixes).params for steps in (1, 2))
    start = initial(SMALL, fixes).params

    # With one gradient g, m / sqrt(v) is its sign at first; then m = 0.09 g, v = 0.000999 g^2.
    first, second = (
        tree.map(lambda a, b, c: (a - b + 0.01 * 0.001 * c) / 0.01, after, before, before)
        for after, before in ((one, start), (two, one))
    )
    ratio = (0.09 / (1 - 0.9**2)) / np.sqrt(0.000999 / (1 - 0.999**2))
    expected = np.asarray(first.head.weight) * ratio
    np.testing.assert_allclose(second.head.weight, expected, rtol=1e-2)


def test_a_run_starts_and_ends_with_a_record():
    run = train(SMALL, NUMERIC)

    assert run.updates.tolist() == [0, 20, 40, 45]
    assert run.steps_done == 45
    assert run.final_val_loss == run.val_loss[-1]


def test_a_loss_does_not_depend_on_what_else_is_recorded():
    every = train(SMALL, NUMERIC, record_at=range(46))

    some = train(SMALL, NUMERIC, record_at=(3, 44))

    np.testing.assert_array_equal(some.updates, [3, 44])
    np.testing.assert_allclose(some.train_loss, every.train_loss[[3, 44]], rtol=1e-6)
    np.testing.assert_allclose(some.batch_loss, every.batch_loss, rtol=1e-6)
    tree.map(partial(np.testing.assert_allclose, rtol=1e-5), some.params, every.params)


@pytest.mark.parametrize("record_at", [(), (-1,), (46,), (0.5, 3.0)])
def test_records_outside_the_run_are_refused(record_at):
    with pytest.raises(ValueError, match=r"record_at must name updates in 0\.\.45"):
        train(SMALL, NUMERIC, record_at=record_at)


@pytest.mark.parametrize("jit_step", [False, True])
def test_the_pieces_of_a_run_grow_into_the_run(jit_step):
    fixes = replace(STAGES["final"], jit_step=jit_step)

    pieces = list(train_chunks(SMALL, fixes, chunk_seconds=1e-9))

    whole = train(SMALL, fixes)
    assert len(pieces) > 2
    done = [piece.steps_done for piece in pieces]
    assert done == sorted(set(done))
    for piece in pieces:
        records = len(piece.updates)
        np.testing.assert_array_equal(
            piece.updates, whole.updates[whole.updates <= piece.steps_done]
        )
        np.testing.assert_allclose(piece.train_loss, whole.train_loss[:records], rtol=1e-5)
        np.testing.assert_allclose(
            piece.batch_loss, whole.batch_loss[: piece.steps_done], rtol=1e-5
        )
    np.testing.assert_allclose(pieces[-1].val_loss, whole.val_loss, rtol=1e-5)


def test_a_run_that_ends_in_nan_keeps_what_came_before():
    run = train(Settings(seed=2, steps=200), Fixes(whole_batches=True, jit_step=True))

    since = run.outcome.since
    assert since is not None
    assert np.isnan(run.final_train_loss)
    assert np.isfinite(run.batch_loss[:since]).all()
    assert np.isnan(run.batch_loss[since:]).all()


@pytest.mark.parametrize("adamw", [False, True])
def test_no_clipping_leaves_even_a_huge_gradient_as_it_is(adamw):
    gradient, params = np.array([1e20, 1.0, 0.0], np.float32), np.ones(3, np.float32)
    hyper = hyper_of(replace(SMALL, weight_decay=0.0), Fixes(adamw=adamw))

    after, _ = updated(params, init_optimizer(params), gradient, np.float32(0.01), hyper)

    expected = [0.99, 0.99, 1.0] if adamw else [-1e18, 0.99, 1.0]
    np.testing.assert_allclose(after[1:], expected[1:], rtol=1e-5)
    assert np.isfinite(after).all()


def test_an_exploding_run_ends_without_an_exception():
    run = train(
        replace(SMALL, learning_rate=1.0, steps=200), Fixes(whole_batches=True, jit_step=True)
    )

    assert run.steps_done == 200
