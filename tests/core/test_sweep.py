"""The cells of a sweep equal single runs, for any number of devices and any order."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from mlp_core import Fixes, Settings, baselines, sweep, sweep_chunks, train
from mlp_core.engine import seeds_at_once, starts, sweeps
from mlp_core.engine.model import drawing_of
from mlp_core.engine.sweeps import all_combinations
from mlp_core.switches import NUMERIC_SWITCHES
from tests.core.printed import is_final_val_loss

SMALL = Settings(examples=200, hidden=(4, 3), steps=45, batch_size=32)


def single_losses(combinations, seeds, settings=SMALL):
    runs = [
        [train(replace(settings, seed=seed), replace(fixes, jit_step=True)) for seed in seeds]
        for fixes in combinations
    ]
    return (
        [[run.final_train_loss for run in row] for row in runs],
        [[run.final_val_loss for run in row] for row in runs],
    )


def test_every_cell_is_the_single_run():
    combinations, seeds = all_combinations(NUMERIC_SWITCHES), (3, 0, 2)

    grid = sweep(SMALL, combinations, seeds)

    train_loss, val_loss = single_losses(combinations, seeds)
    np.testing.assert_allclose(grid.train_loss, train_loss, rtol=1e-4)
    np.testing.assert_allclose(grid.val_loss, val_loss, rtol=1e-4)
    assert np.isnan(grid.val_loss).any(), (
        "without a run that ends in NaN, NaN for NaN is not tested"
    )
    assert not np.isnan(grid.val_loss).all()


def test_the_posts_runs_are_cells_of_the_sweep():
    combinations = all_combinations(("whole_batches", "adamw"), Fixes(True, True, True))

    grid = sweep(Settings(), combinations, (42,))

    np.testing.assert_allclose(grid.val_loss[0, 0], 2.857232, rtol=1e-4)
    np.testing.assert_allclose(grid.val_loss[2, 0], 0.827241, rtol=1e-4)
    assert is_final_val_loss(grid.val_loss[3, 0])


def test_the_order_of_seeds_and_combinations_changes_nothing():
    combinations, seeds = all_combinations(("norm_init", "adamw")), (5, 1, 4)
    grid = sweep(SMALL, combinations, seeds)

    turned = sweep(SMALL, combinations[::-1], seeds[::-1])

    np.testing.assert_array_equal(turned.val_loss[::-1, ::-1], grid.val_loss)
    np.testing.assert_array_equal(turned.predict_mean[::-1], grid.predict_mean)


def test_a_sweep_uses_the_settings_given():
    settings = replace(SMALL, schedule="cosine", clip_norm=0.5, learning_rate=0.05)
    combinations = all_combinations(("whole_batches",), Fixes(norm_init=True))

    grid = sweep(settings, combinations, (1,))

    _, val_loss = single_losses(combinations, (1,), settings)
    np.testing.assert_allclose(grid.val_loss, val_loss, rtol=1e-4)


def test_the_pieces_grow_by_seeds_into_the_sweep():
    combinations = all_combinations(("norm_init",))

    pieces = list(sweep_chunks(SMALL, combinations, (7, 8, 9)))

    whole = sweep(SMALL, combinations, (7, 8, 9))
    assert [piece.seeds for piece in pieces][-1] == (7, 8, 9)
    assert len(pieces) > 1
    for piece in pieces:
        done = len(piece.seeds)
        assert piece.seeds == (7, 8, 9)[:done]
        np.testing.assert_array_equal(piece.val_loss, whole.val_loss[:, :done])


def test_a_sweep_in_small_pieces_is_the_same_and_can_be_stopped_soon():
    combinations = all_combinations(("norm_init", "adamw"))

    pieces = list(sweeps.sweep_pieces(SMALL, combinations, (7, 8, 9), piece_seconds=0))

    whole = sweep(SMALL, combinations, (7, 8, 9))
    grids = [piece for piece in pieces if piece is not None]
    assert pieces[:4] == [None, None, None, grids[0]]
    assert len(pieces) == 4 * len(grids)
    np.testing.assert_array_equal(grids[-1].val_loss, whole.val_loss)
    np.testing.assert_array_equal(grids[-1].train_loss, whole.train_loss)
    assert grids[-1].combinations == combinations


def test_no_more_cores_train_at_once_than_their_batches_fit_into_memory():
    script = """
import jax
jax.config.update("jax_num_cpu_devices", 8)
from mlp_core import Settings
from mlp_core.engine.sweeps import device_mesh
print(*[device_mesh(Settings(steps=steps), 8).size for steps in (20, 5000, 10_000)])
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=root, capture_output=True, text=True
    )

    assert done.stdout.split() == ["8", "2", "1"]


def test_predict_the_mean_is_that_of_each_seed():
    grid = sweep(SMALL, (Fixes(),), (7, 8))

    expected = [baselines(replace(SMALL, seed=seed)).predict_mean for seed in (7, 8)]
    np.testing.assert_allclose(grid.predict_mean, expected)


@pytest.mark.parametrize(
    ("combinations", "seeds", "message"),
    [
        ((), (1,), "at least one combination"),
        ((Fixes(),), (), "at least one seed"),
        ((Fixes(), Fixes()), (1,), "each only once"),
        ((Fixes(),), (1, 1), "each only once"),
    ],
)
def test_a_sweep_of_nothing_or_of_the_same_twice_is_refused(combinations, seeds, message):
    with pytest.raises(ValueError, match=message):
        sweep(SMALL, combinations, seeds)


def test_several_devices_and_a_remainder_give_the_same_losses(tmp_path):
    """Three devices for seven seeds: the last chunk has one seed."""
    program = f"""
import jax
jax.config.update("jax_num_cpu_devices", 3)
import numpy as np
from mlp_core import Settings, sweep_chunks
from mlp_core.engine.sweeps import all_combinations
settings = Settings(examples=200, hidden=(4, 3), steps=45, batch_size=32)
pieces = list(sweep_chunks(settings, all_combinations(("norm_init",)), range(7)))
assert [len(piece.seeds) for piece in pieces] == [3, 6, 7]
np.save({str(tmp_path / "losses.npy")!r}, pieces[-1].val_loss)
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root, env=os.environ.copy())

    one_device = sweep(SMALL, all_combinations(("norm_init",)), range(7))

    np.testing.assert_allclose(np.load(tmp_path / "losses.npy"), one_device.val_loss, rtol=1e-4)


@pytest.fixture
def accelerated(monkeypatch):
    """Makes the CPU train three seeds at once, as an accelerator does."""
    monkeypatch.setattr(sweeps, "is_accelerated", lambda mesh: True)
    monkeypatch.setattr(seeds_at_once, "MOST", 3)


@pytest.mark.parametrize("task", ["friedman", "diabetes"])
@pytest.mark.usefixtures("accelerated")
def test_seeds_side_by_side_are_the_single_runs(task):
    settings = replace(SMALL, task=task, noise=0.5 if task == "friedman" else 0.0)
    combinations, seeds = all_combinations(("split_keys", "norm_init", "adamw")), (4, 0, 2, 9)

    pieces = list(sweep_chunks(settings, combinations, seeds))

    train_loss, val_loss = single_losses(combinations, seeds, settings)
    assert len(pieces) == -(-4 // (3 * len(jax.local_devices())))
    np.testing.assert_allclose(pieces[-1].train_loss, train_loss, rtol=1e-3)
    np.testing.assert_allclose(pieces[-1].val_loss, val_loss, rtol=1e-3)


def test_what_many_seeds_start_from_is_what_each_starts_from():
    settings = replace(SMALL, examples=300, steps=13, batch_size=64)
    of_seed = [replace(settings, seed=seed) for seed in (3, 8)]
    combinations = all_combinations(("split_keys", "norm_init"))
    mesh = sweeps.device_mesh(settings, 1)

    examples, params = seeds_at_once.drawn(
        of_seed, [drawing_of(fixes) for fixes in combinations], NamedSharding(mesh, PartitionSpec())
    )

    for place, one in enumerate(of_seed):
        expected = starts.draw_examples(one)
        for name, mine, theirs in zip(expected._fields, examples, expected, strict=True):
            np.testing.assert_array_equal(mine[place], theirs, err_msg=name)
        for row, fixes in enumerate(combinations):
            np.testing.assert_allclose(
                params[place, row], starts.initial(one, fixes).flat, rtol=1e-6
            )
