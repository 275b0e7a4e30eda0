"""Snapshots, compared with the plain run, JAX's gradients, and known facts about the bugs."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import mlp_core
from mlp_core import STAGES, Fixes, Settings, train
from mlp_core.data.dataset import dataset
from mlp_core.diagnosis.compact import MOST_LETTERS, decoded, encoded
from mlp_core.diagnosis.snapshots import Snapshots, snapshot_chunks, snapshot_updates, snapshots
from mlp_core.engine import starts

V1 = replace(STAGES["v1"], jit_step=True)
FINAL = STAGES["final"]
NAN = Fixes(split_keys=True, whole_batches=True, jit_step=True)


@pytest.fixture(scope="module")
def final() -> Snapshots:
    return snapshots(Settings(), FINAL)


@pytest.fixture(scope="module")
def first_version() -> Snapshots:
    return snapshots(Settings(), V1)


def place(taken: Snapshots, update: int) -> int:
    return int(np.flatnonzero(taken.updates == update)[0])


def test_the_first_updates_come_one_by_one_and_the_last_is_there() -> None:
    updates = snapshot_updates(1000)

    assert list(updates[:65]) == list(range(65))
    assert updates[-1] == 1000
    assert len(updates) == 115
    assert list(snapshot_updates(3)) == [0, 1, 2, 3]


def test_the_last_snapshot_has_the_parameters_and_the_loss_of_the_run(final: Snapshots) -> None:
    run = train(Settings(), FINAL)

    assert np.array_equal(final.params[-1], ravel_pytree(run.params)[0])
    assert final.val_loss[-1] == pytest.approx(run.final_val_loss, rel=1e-5)


@pytest.mark.parametrize("update", [1, 40])
def test_a_snapshot_has_the_parameters_of_a_run_that_ends_there(
    final: Snapshots, update: int
) -> None:
    # AdamW with a constant learning rate does not depend on the length of the run.
    shorter = train(Settings(steps=update), FINAL)

    there = final.params[place(final, update)]
    np.testing.assert_allclose(there, ravel_pytree(shorter.params)[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("update", [1, 33, 64])
def test_gradients_are_those_that_jax_finds_for_the_minibatch_of_the_update(
    final: Snapshots, update: int
) -> None:
    _, _, unravel = starts.initial(Settings(), FINAL)
    fed = starts.examples(Settings())
    x, y = fed.x_batches[update - 1].T, fed.y_batches[update - 1]

    def loss(flat: jax.Array) -> jax.Array:
        predicted = mlp_core.predict(unravel(flat), x, FINAL)[:, 0]
        return jnp.mean((predicted - y) ** 2)

    before = jnp.asarray(final.params[place(final, update - 1)])

    # All minibatches of the first two epochs but the 32nd and the 64th are full.
    rows = int(final.rows[update - 1])
    x, y = x[:rows], y[:rows]
    found = final.gradients[place(final, update)]
    np.testing.assert_allclose(found, jax.grad(loss)(before), rtol=2e-3, atol=1e-5)
    assert final.batch_loss[place(final, update)] == pytest.approx(float(loss(before)), rel=1e-4)


def test_the_first_version_moves_once_in_32_updates(first_version: Snapshots) -> None:
    moved = np.flatnonzero(np.diff(first_version.params[:65], axis=0).any(axis=1)) + 1

    assert list(moved) == [1, 33]
    fed = np.flatnonzero(first_version.gradients[:65].any(axis=1))
    assert list(fed) == [1, 33]
    assert list(np.flatnonzero(np.isfinite(first_version.batch_loss[:65]))) == [1, 33]


def test_shared_keys_make_gain_and_bias_equal_at_the_start(first_version: Snapshots) -> None:
    _, _, unravel = starts.initial(Settings(), V1)

    layers = unravel(jnp.asarray(first_version.params[0])).layers

    assert all(np.array_equal(layer.bias, layer.gain) for layer in layers)
    assert all(np.abs(layer.gain).min() > 0 for layer in layers)


def test_activity_and_zeros_are_means_over_all_validation_rows(final: Snapshots) -> None:
    _, _, unravel = starts.initial(Settings(), FINAL)
    params, x = unravel(jnp.asarray(final.params[-1])), dataset(Settings()).x_val
    units, inputs = [], np.asarray(x, np.float64)
    for weight, bias, gain, _ in jax.tree.map(np.asarray, params.layers):
        a = inputs @ weight.T
        centered = a - a.mean(axis=1, keepdims=True)
        inputs = np.maximum(gain * centered / (1e-5 + a.std(axis=1, keepdims=True)) + bias, 0)
        units.append(inputs)
    expected = np.concatenate(units, axis=1)

    np.testing.assert_allclose(final.activity[-1], expected.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(final.zeros[-1], (expected == 0).mean(axis=0), atol=2e-3)
    np.testing.assert_allclose(final.units[-1], expected[: len(final.x)], rtol=1e-3, atol=1e-4)


def test_a_run_that_ends_in_nan_keeps_its_nans() -> None:
    taken = snapshots(Settings(seed=11), NAN)
    since = train(Settings(seed=11), NAN).outcome.since

    assert since is not None
    is_nan = np.isnan(taken.params).any(axis=1)
    assert list(is_nan) == list(taken.updates > since)
    assert np.isnan(taken.val_loss[-1])
    assert np.array_equal(np.isnan(decoded(encoded(taken)).params), np.isnan(taken.params))


@pytest.mark.parametrize("stage", STAGES)
def test_the_post_network_fits_and_keeps_every_snapshot(stage: str) -> None:
    taken = snapshots(Settings(), replace(STAGES[stage], jit_step=True))

    compact = encoded(taken)

    assert len(json.dumps(compact._asdict())) <= MOST_LETTERS
    assert compact.updates == list(taken.updates)
    assert compact.gradients is not None


@pytest.mark.parametrize(
    "hidden", [(16, 16, 16, 16), (64, 64, 64, 64), (2,)], ids=lambda hidden: str(hidden)
)
def test_other_networks_fit_too(hidden: tuple[int, ...]) -> None:
    settings = Settings(hidden=hidden, steps=300, task="friedman")
    taken = snapshots(settings, FINAL)

    compact = encoded(taken)

    assert len(json.dumps(compact._asdict())) <= MOST_LETTERS
    assert (compact.params is None) == (max(hidden) > 16)
    assert compact.updates[:16] == list(range(16))
    assert compact.updates[-1] == 300


def test_rounding_keeps_three_digits_and_exact_zeros(first_version: Snapshots) -> None:
    numbers = decoded(encoded(first_version))

    np.testing.assert_allclose(numbers.params, first_version.params, rtol=1e-3, atol=1e-4)
    largest = np.abs(first_version.gradients).max()
    np.testing.assert_allclose(numbers.gradients, first_version.gradients, atol=1e-3 * largest)
    assert np.array_equal(numbers.zeros == 1, first_version.zeros == 1), "dead units"
    np.testing.assert_allclose(numbers.val_loss, first_version.val_loss)


def test_the_rows_of_an_epoch_are_counted_in_turn(
    first_version: Snapshots, final: Snapshots
) -> None:
    assert encoded(first_version).rows == [[1, 256], [31, 0]]
    assert encoded(final).rows == [[31, 256], [1, 64]]


def test_the_first_one_says_how_far_it_is_and_the_last_one_has_them_all() -> None:
    progress = list(snapshot_chunks(Settings(), FINAL, chunk_seconds=0.0))

    shares = [each.share for each in progress]
    assert shares == sorted(shares)
    assert all(each.snapshots is None for each in progress[:-1])
    assert progress[-1].snapshots is not None
