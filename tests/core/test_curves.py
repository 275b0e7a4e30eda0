"""The stored curves of the first view, compared with runs trained by the test."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlp_core import STAGES, Fixes, Settings, train
from mlp_core.analysis.curves import post_curves, save
from tests.core.printed import is_final_val_loss

POST = ("v1", "norm", "batches")  # these runs have the same digits on every CPU


@pytest.mark.parametrize("stage", POST)
def test_a_stored_curve_is_that_of_the_run(stage: str) -> None:
    stored = post_curves(STAGES[stage])
    run = train(Settings(), replace(STAGES[stage], jit_step=True))

    np.testing.assert_array_equal(stored.updates, run.updates)
    np.testing.assert_allclose(stored.train_loss[[0, 1, -1]], run.train_loss[[0, 1, -1]], 1e-4)
    np.testing.assert_allclose(stored.val_loss[[0, 1, -1]], run.val_loss[[0, 1, -1]], 1e-4)


def test_the_stored_final_curve_ends_where_the_posts_program_does_on_some_cpu() -> None:
    stored = post_curves(STAGES["final"])
    run = train(Settings(), STAGES["final"])

    np.testing.assert_allclose(stored.val_loss[[0, 1]], run.val_loss[[0, 1]], 1e-4)
    np.testing.assert_allclose(stored.train_loss[[0, 1, -1]], run.train_loss[[0, 1, -1]], 1e-4)
    assert is_final_val_loss(stored.val_loss[-1])
    assert is_final_val_loss(run.val_loss[-1])


def test_curves_of_combinations_that_differ_differ() -> None:
    finals = {post_curves(fixes).val_loss[-1] for fixes in STAGES.values()}

    assert len(finals) == len({replace(fixes, jit_step=True) for fixes in STAGES.values()})


@pytest.mark.parametrize("content", [b"", b"PAR1 but no table"])
def test_a_file_that_is_broken_is_told(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "curves.parquet"
    broken.write_bytes(content)

    with pytest.raises(ValueError, match="python -m mlp_core curves"):
        post_curves(Fixes(), broken)


def test_what_is_stored_is_read_again(tmp_path: Path) -> None:
    save(tmp_path / "curves.parquet", Settings(steps=20))

    stored = post_curves(STAGES["final"], tmp_path / "curves.parquet")

    np.testing.assert_array_equal(stored.updates, [0, 20])
    np.testing.assert_allclose(stored.val_loss, post_curves(STAGES["final"]).val_loss[:2], 1e-4)
