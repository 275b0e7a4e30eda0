"""The single compiled update."""

from dataclasses import replace

import numpy as np
import pytest
from jax import tree
from jax.flatten_util import ravel_pytree

from mlp_core import STAGES, Fixes, Settings, init_optimizer, step, train
from mlp_core.engine.starts import examples, initial
from mlp_core.settings import SCHEDULES

SMALL = Settings(seed=1, examples=200, hidden=(4, 3), steps=7, batch_size=32)


@pytest.mark.parametrize("stage", ["norm", "batches", "final", "beyond"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_single_steps_make_up_the_run(stage, schedule):
    settings, fixes = replace(SMALL, schedule=schedule), replace(STAGES[stage], jit_step=True)
    run = train(settings, fixes)
    data = examples(settings)
    params = initial(settings, fixes).params
    opt_state = init_optimizer(params)

    losses = []
    batches = zip(data.x_batches, data.y_batches, run.rows_seen, strict=True)
    for x_batch, y_batch, count in batches:
        x, y = x_batch[:, :count].T, y_batch[:count, None]
        params, opt_state, loss = step(params, opt_state, x, y, settings, fixes)
        losses.append(float(loss))

    np.testing.assert_allclose(losses, run.batch_loss, rtol=1e-4)
    np.testing.assert_allclose(
        ravel_pytree(params)[0], ravel_pytree(run.params)[0], rtol=1e-3, atol=1e-5
    )


def test_a_step_on_no_rows_loses_nothing_and_moves_nothing_under_plain_descent():
    params = initial(SMALL, Fixes()).params

    after, _, loss = step(
        params, init_optimizer(params), np.zeros((0, 5)), np.zeros((0, 1)), SMALL, Fixes()
    )

    assert np.isnan(loss)
    tree.map(np.testing.assert_array_equal, after, params)


def test_a_step_on_no_rows_decays_under_adamw():
    fixes = Fixes(adamw=True)
    params = initial(SMALL, fixes).params

    after, _, loss = step(
        params, init_optimizer(params), np.zeros((0, 5)), np.zeros((0, 1)), SMALL, fixes
    )

    assert np.isnan(loss)
    decay = 1 - SMALL.learning_rate * SMALL.weight_decay
    np.testing.assert_allclose(after.head.weight, params.head.weight * decay, rtol=1e-6)
