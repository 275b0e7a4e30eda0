"""No JAX flag set by the environment or a caller changes a number of this package."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from threading import Barrier, Thread
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mlp_core import (
    STAGES,
    Settings,
    init,
    init_optimizer,
    predict,
    step,
    sweep,
    train,
    train_chunks,
)
from mlp_core.cli.main import main
from mlp_core.data import dataset
from mlp_core.data.table import closed
from mlp_core.diagnosis import collect
from mlp_core.diagnosis.probing import dead_layer
from mlp_core.numerics import posts_numerics

SMALL = Settings(
    seed=1, examples=200, hidden=(4, 3), steps=45, batch_size=32, noise=0.5, schedule="cosine"
)
OPTIONS = ["--examples", "200", "--steps", "45", "--batch-size", "32", "--hidden", "4", "3"]
FIXES = STAGES["beyond"]

FLAGS = (
    partial(jax.enable_x64, True),
    partial(jax.threefry_partitionable, False),
    partial(jax.default_prng_impl, "rbg"),
    partial(jax.enable_custom_prng, True),
    partial(jax.legacy_prng_key, "error"),
    partial(jax.numpy_rank_promotion, "raise"),
    partial(jax.numpy_dtype_promotion, "strict"),
    partial(jax.default_matmul_precision, "bfloat16"),
    partial(jax.disable_jit, True),
    partial(jax.debug_nans, True),
    partial(jax.debug_infs, True),
    partial(jax.debug_key_reuse, True),
    partial(jax.check_tracer_leaks, True),
    partial(jax.transfer_guard, "disallow"),
)

IN_THE_ENVIRONMENT = {
    "JAX_ENABLE_X64": "1",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_RANDOM_SEED_OFFSET": "1",
    "JAX_DEBUG_NANS": "1",
    "JAX_DISABLE_JIT": "1",
}


def _computed() -> dict[str, Any]:
    """Returns the results of the public functions, with all data drawn again."""
    closed("")  # clears all cached data
    drawn = dataset.dataset(SMALL)
    x, y = drawn.x_train[:32], drawn.y_train[:32]
    params = init(dataset.seed_keys(SMALL.seed).params, SMALL, FIXES)
    after, _, loss = step(params, init_optimizer(params), x, y, SMALL, FIXES)
    *_, last = train_chunks(SMALL, FIXES)
    evidence = collect(SMALL, STAGES["v1"])
    return {
        "predict": predict(params, drawn.x_val, FIXES),
        "step": (after, loss),
        "train": train(SMALL, STAGES["norm"]).val_loss,
        "train_chunks": (last.val_loss, last.batch_loss, last.params),
        "sweep": sweep(SMALL, (STAGES["v1"], FIXES), (0, 1)).val_loss,
        "collect": (evidence.losses.val, evidence.steps.alignment, evidence.probes.one_batch),
        "dead_layer": dead_layer(STAGES["final"]),
    }


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return _computed()


def test_no_flag_changes_a_number(expected: dict[str, Any]) -> None:
    with ExitStack() as flags:
        for flag in FLAGS:
            flags.enter_context(flag())
        found = _computed()

    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_double_precision_arrays_of_a_caller_are_taken(expected: dict[str, Any]) -> None:
    drawn = dataset.dataset(SMALL)
    params = init(dataset.seed_keys(SMALL.seed).params, SMALL, FIXES)

    with jax.enable_x64(True):
        predicted = predict(params, jnp.asarray(drawn.x_val, jnp.float64), FIXES)

    np.testing.assert_array_equal(predicted, expected["predict"])


@pytest.mark.parametrize("new_key", [jax.random.key, jax.random.PRNGKey])
def test_a_key_of_another_generator_is_refused(new_key: Callable[[int], jax.Array]) -> None:
    with jax.default_prng_impl("rbg"):
        key = new_key(1)

        with pytest.raises(ValueError, match="JAX_DEFAULT_PRNG_IMPL"):
            init(key, SMALL, FIXES)


def test_the_flags_of_a_caller_hold_between_two_items() -> None:
    with jax.enable_x64(True):
        chunks = train_chunks(SMALL, FIXES)
        next(chunks)

        assert jnp.arange(1.0).dtype == jnp.float64


def test_the_flags_of_another_thread_hold_meanwhile() -> None:
    both_are_there, seen = Barrier(2, timeout=60), []

    @posts_numerics
    def computes() -> None:
        both_are_there.wait()
        both_are_there.wait()

    thread = Thread(target=computes)
    with jax.enable_x64(True):
        thread.start()
        both_are_there.wait()
        seen.append(jnp.arange(1.0).dtype)
        both_are_there.wait()
        thread.join()

    assert seen == [jnp.float64]


def test_the_command_line_prints_the_same_numbers_whatever_the_environment_sets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["train", "--stage", "beyond", *OPTIONS])

    done = subprocess.run(
        [sys.executable, "-m", "mlp_core", "train", "--stage", "beyond", *OPTIONS],
        env=os.environ | IN_THE_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == capsys.readouterr().out, done.stderr
