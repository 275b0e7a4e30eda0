"""The rows of each minibatch, compared with the post's slicing done by hand."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core import Fixes, Settings
from mlp_core.data.dataset import seed_keys
from mlp_core.engine.batches import batch_rows, epoch_orders, permutations, rows_seen
from mlp_core.engine.python_loop import PythonBatches

SLICED, WHOLE = Fixes(), Fixes(whole_batches=True)


@st.composite
def orders_and_settings(draw):
    """Random permutations of random sizes, from NumPy: JAX would compile for each example."""
    examples = draw(st.integers(100, 300))
    num_train = Settings(examples=examples, batch_size=1).num_train
    settings = Settings(
        examples=examples,
        batch_size=draw(st.integers(1, num_train)),
        steps=draw(st.integers(1, 60)),
    )
    epochs = -(-settings.steps // settings.steps_per_epoch)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return np.stack([generator.permutation(num_train) for _ in range(epochs)]), settings


@pytest.mark.parametrize("num_rows", [2, 50, 1625, 1626, 8000, 95_000])
def test_permutations_are_those_of_jax(num_rows):
    """JAX's permutation sorts 1625 rows once, and 1626 rows twice."""
    keys = jax.random.split(jax.random.PRNGKey(3), 5)

    drawn = permutations(keys, num_rows)

    for key, order in zip(keys, drawn, strict=True):
        np.testing.assert_array_equal(order, jax.random.permutation(key, num_rows))


@given(orders_and_settings())
def test_an_epoch_of_whole_batches_is_its_order_from_start_to_end(given_orders):
    orders, settings = given_orders

    rows, seen = batch_rows(orders, settings), rows_seen(settings, WHOLE)

    read = np.concatenate([batch[:count] for batch, count in zip(rows, seen, strict=True)])
    np.testing.assert_array_equal(read, orders.ravel()[: len(read)])


@given(orders_and_settings())
def test_whole_batches_are_full_but_for_the_last_of_an_epoch(given_orders):
    _, settings = given_orders

    seen = rows_seen(settings, WHOLE)

    ends = np.arange(1, settings.steps + 1) % settings.steps_per_epoch == 0
    assert (seen[~ends] == settings.batch_size).all()
    rest = settings.num_train % settings.batch_size or settings.batch_size
    assert (seen[ends] == rest).all()


@given(orders_and_settings())
def test_a_batch_is_filled_up_with_rows_of_its_own(given_orders):
    orders, settings = given_orders

    rows, seen = batch_rows(orders, settings), rows_seen(settings, WHOLE)

    assert rows.shape == (settings.steps, settings.batch_size)
    for batch, count in zip(rows, seen, strict=True):
        assert set(batch) == set(batch[:count])


@given(orders_and_settings())
def test_with_the_bug_only_an_epochs_first_step_sees_rows(given_orders):
    _, settings = given_orders

    seen = rows_seen(settings, SLICED)

    first = np.arange(settings.steps) % settings.steps_per_epoch == 0
    assert (seen[first] == settings.batch_size).all()
    assert (seen[~first] == 0).all()


def test_the_posts_settings_leave_31_of_32_steps_empty():
    seen = rows_seen(Settings(), SLICED)

    assert seen[:33].tolist() == [256] + [0] * 31 + [256]
    assert np.count_nonzero(seen) == 32


def test_the_fixed_epoch_ends_with_64_rows():
    seen = rows_seen(Settings(), WHOLE)

    assert seen[:33].tolist() == [256] * 31 + [64, 256]


def test_both_versions_read_the_rows_that_the_posts_own_slicing_reads():
    settings = Settings(seed=3, examples=100, batch_size=30, steps=13)
    rows = batch_rows(epoch_orders(seed_keys(settings.seed).batches, settings), settings)

    for fixes in (SLICED, WHOLE):
        by_hand = PythonBatches(settings, fixes)
        for batch, count in zip(rows, rows_seen(settings, fixes), strict=True):
            np.testing.assert_array_equal(batch[:count], by_hand.next_rows())
