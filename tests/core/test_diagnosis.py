"""The evidence of a run, compared with the plain run, NumPy, and Python loops."""

from dataclasses import fields, is_dataclass, replace

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from mlp_core import STAGES, Fixes, Settings, dataset, init_optimizer, predict, step, train
from mlp_core.diagnosis import Evidence, collect, collect_chunks
from mlp_core.diagnosis.collection import recorded
from mlp_core.diagnosis.probing import FIT_UPDATES, compiled_shapes, operations
from mlp_core.diagnosis.recording import standing
from mlp_core.engine import compiled, model, starts
from mlp_core.engine.python_loop import PythonBatches, PythonLoop
from mlp_core.engine.starts import initial
from mlp_core.settings import MOST_RECORDS
from tests.core.printed import is_final_val_loss

SMALL = Settings(hidden=(4, 3), examples=200, steps=45, batch_size=32)
NUMERIC = Fixes(jit_step=True)


@pytest.mark.parametrize("stage", ["v1", "keys", "norm", "final", "beyond"])
@pytest.mark.parametrize("settings", [SMALL, replace(SMALL, schedule="cosine", clip_norm=0.5)])
def test_it_is_the_same_training(settings, stage):
    evidence = collect(settings, STAGES[stage])

    run = train(settings, STAGES[stage], record_at=evidence.losses.updates)

    np.testing.assert_allclose(evidence.losses.train, run.train_loss, rtol=1e-3)
    np.testing.assert_allclose(evidence.losses.val, run.val_loss, rtol=1e-3)
    np.testing.assert_allclose(evidence.losses.batch, run.batch_loss, rtol=1e-3)
    np.testing.assert_array_equal(evidence.rows.seen, run.rows_seen)


@pytest.mark.parametrize("stage", ["v1", "final"])
def test_gathered_in_stretches_it_is_the_same_to_the_last_bit(stage):
    *parts, last = collect_chunks(SMALL, STAGES[stage], chunk_seconds=1e-6)

    shares = [part.share for part in parts]
    assert len(parts) > 20
    assert shares == sorted(shares)
    assert (shares[-1], last.share) == (1, 1)
    assert all(part.evidence is None for part in parts)
    assert_same(last.evidence, collect(SMALL, STAGES[stage]))


def assert_same(one, other):
    """Fails unless two records contain the same numbers, with NaN in the same places."""
    for field in fields(one):
        values = getattr(one, field.name), getattr(other, field.name)
        if is_dataclass(values[0]):
            assert_same(*values)
        else:
            jax.tree.map(np.testing.assert_array_equal, *values)


def test_a_unit_that_is_zero_for_every_row_counts_as_dead():
    settings, fixes = replace(SMALL, hidden=(2, 3)), STAGES["final"]
    (params, _, unravel), examples = initial(settings, fixes), starts.examples(settings)
    layer = params.layers[0]
    layer = layer._replace(gain=layer.gain.at[0].set(0), bias=layer.bias.at[0].set(-1))
    dead, _ = ravel_pytree(params._replace(layers=(layer, *params.layers[1:])))

    assert standing(dead, examples, model.norm_of(fixes), unravel).dead_units[0] == 0.5


@pytest.mark.parametrize("stage", ["final", "beyond"])
def test_it_rounds_as_the_plain_run_does(stage):
    losses = collect(SMALL, STAGES[stage]).losses

    run = train(SMALL, STAGES[stage], record_at=losses.updates)

    np.testing.assert_array_equal(losses.batch, run.batch_loss)
    np.testing.assert_array_equal(losses.val, run.val_loss)


def test_it_is_the_posts_run():
    losses = collect(Settings(), STAGES["final"]).losses

    assert losses.updates[-1] == 1000
    assert float(losses.train[-1]) == pytest.approx(0.503683, rel=1e-4)
    assert is_final_val_loss(float(losses.val[-1]))


def test_it_holds_nothing_of_the_switches():
    def names(record):
        for field in fields(record):
            yield field.name
            value = getattr(record, field.name)
            assert not isinstance(value, Fixes | Settings)
            if is_dataclass(value):
                yield from names(value)

    found = set(names(collect(SMALL, STAGES["final"])))

    assert found.isdisjoint({field.name for field in fields(Fixes)} | {"fixes", "settings"})
    assert {"draws", "smallest_std", "one_batch"} < found


@pytest.mark.parametrize("steps", [1, 2, 45, 199, 200, 1000, 10_000])
def test_the_first_updates_are_recorded_and_the_rest_thinned(steps):
    updates = recorded(steps)

    first = min(steps, 64)
    assert updates[:first].tolist() == list(range(first))
    assert updates[-1] == steps
    assert len(updates) <= MOST_RECORDS
    assert np.diff(updates).max() <= max(1, np.ceil(steps / 130))


def test_units_agree_with_numpy():
    fixes = replace(NUMERIC, bias_before_norm=True, norm_epsilon=True)
    settings = replace(SMALL, seed=5, hidden=(8, 6))
    units = collect(settings, fixes).units

    data, (layers, _) = dataset(settings), initial(settings, fixes).params
    x, dead, least = np.concatenate([data.x_train, data.x_val]), [], []
    for layer in layers:
        a = x @ np.asarray(layer.weight).T
        least.append(a.std(axis=1).min())
        centered = a - a.mean(axis=1, keepdims=True)
        x = np.maximum(
            layer.gain * centered / (1e-5 + a.std(axis=1, keepdims=True)) + layer.bias, 0
        )
        dead.append(np.mean((x[: settings.num_train] == 0).all(axis=0)))
    np.testing.assert_allclose(units.dead[0], dead)
    np.testing.assert_allclose(units.smallest_std[0], least, rtol=1e-4)
    assert max(dead) > 0


@pytest.mark.parametrize("adamw", [False, True])
def test_steps_agree_with_a_loop_in_python(adamw):
    fixes = replace(NUMERIC, adamw=adamw, norm_init=True)
    steps = collect(SMALL, fixes).steps

    params = start = initial(SMALL, fixes).params
    opt_state, rows = init_optimizer(params), PythonBatches(SMALL, fixes)
    data = dataset(SMALL)

    def flat(part):
        return np.concatenate([np.ravel(leaf) for leaf in part])

    for update in range(7):
        before = params
        batch = np.asarray(rows.next_rows())
        params, opt_state, _ = step(
            before, opt_state, data.x_train[batch], data.y_train[batch], SMALL, fixes
        )
        was, now, origin = (flat(tree.layers[0]) for tree in (before, params, start))
        distance = np.linalg.norm(now - origin)
        assert float(steps.distance[update + 1, 0]) == pytest.approx(distance, rel=1e-3)
        ratio = np.linalg.norm(now - was) / np.linalg.norm(was) if len(batch) else np.nan
        assert float(steps.update_ratio[update, 0]) == pytest.approx(ratio, rel=1e-3, nan_ok=True)
        if len(batch) and not adamw:
            # plain gradient descent: the update is minus the learning rate times the gradient
            expected = np.linalg.norm(now - was) / SMALL.learning_rate
            assert float(steps.gradient_norm[update, 0]) == pytest.approx(expected, rel=1e-2)
            assert float(steps.alignment[update]) == pytest.approx(1, abs=1e-4)


def test_rows_agree_with_the_loop():
    fixes = replace(NUMERIC, norm_init=True)
    rows = collect(SMALL, fixes).rows

    drawn = PythonBatches(SMALL, fixes)
    batches = [np.asarray(drawn.next_rows()) for _ in range(SMALL.steps)]
    assert rows.seen.tolist() == [len(batch) for batch in batches]
    ever = len(np.unique(np.concatenate(batches)))
    assert rows.never_seen == pytest.approx(1 - ever / SMALL.num_train)
    assert rows.moved_on_nothing == 0


def test_the_way_made_on_empty_batches_agrees_with_a_loop():
    fixes = replace(NUMERIC, norm_init=True, adamw=True)
    share = collect(replace(SMALL, steps=11), fixes).rows.moved_on_nothing

    loop, places = PythonLoop(SMALL, fixes, np.array([45])), []
    for update in range(12):
        loop.advance(update)
        places.append(ravel_pytree(loop.params)[0])
    way = np.linalg.norm(np.diff(places, axis=0), axis=1)
    fed = np.arange(11) % 5 == 0
    assert share == pytest.approx(way[~fed].sum() / way.sum(), rel=1e-3)
    assert 0.5 < share < 0.9


def test_the_shapes_are_those_of_the_real_loop():
    assert compiled_shapes(SMALL, NUMERIC) == (((32, 5), (0, 5)), 6)
    assert compiled_shapes(replace(SMALL, examples=190), STAGES["final"]) == (
        ((32, 5), (24, 5)),
        6,
    )


def test_only_a_compiled_update_is_one_operation():
    """Two for each of 14 arrays, and one compiled gradient; JAX's profiler also counts 29."""
    settings = Settings()

    assert operations(settings, STAGES["batches"]) == 29
    assert operations(settings, STAGES["jit"]) == 1
    assert operations(settings, STAGES["beyond"]) == 1


@pytest.mark.parametrize(
    ("fixes", "loss", "gradient"),
    [
        (Fixes(), False, False),
        (Fixes(norm_epsilon=True), True, False),
        (Fixes(norm_epsilon=True, epsilon_in_root=True), True, True),
    ],
)
def test_zero_variance_needs_epsilon_and_a_gradient_needs_it_in_the_root(fixes, loss, gradient):
    probes = collect(SMALL, fixes).probes

    assert np.isfinite(probes.zero_variance_loss) == loss
    assert np.isfinite(probes.zero_variance_gradient) == gradient


def test_scaled_predictions_are_those_of_the_end():
    evidence = collect(SMALL, STAGES["beyond"])

    params, data = train(SMALL, STAGES["beyond"]).params, dataset(SMALL)
    for scale, scaled in zip(evidence.probes.scales, evidence.probes.scaled, strict=True):
        expected = predict(params, np.float32(scale) * data.x_val, STAGES["beyond"])[:, 0]
        np.testing.assert_allclose(scaled, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(evidence.probes.length**2, (data.x_val**2).sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(evidence.probes.target, data.y_val[:, 0])


@pytest.mark.parametrize("adamw", [False, True])
def test_one_batch_is_fitted_by_the_runs_own_updates(adamw):
    fixes = replace(STAGES["beyond"], adamw=adamw)
    probes = collect(SMALL, fixes).probes

    batch, data = np.asarray(PythonBatches(SMALL, fixes).next_rows()), dataset(SMALL)
    x, y = data.x_train[batch], data.y_train[batch]
    params = initial(SMALL, fixes).params
    opt_state, losses = init_optimizer(params), []
    for _ in range(20):
        params, opt_state, loss = step(params, opt_state, x, y, SMALL, fixes)
        losses.append(float(loss))
    np.testing.assert_allclose(probes.one_batch[:20], losses, rtol=1e-3)
    assert len(probes.one_batch) == FIT_UPDATES + 1
    assert probes.one_batch_predict_mean == pytest.approx(float(np.var(y)), rel=1e-5)
    assert (probes.one_batch_adamw[-1] == probes.one_batch[-1]) == adamw


def test_the_sound_fit_has_every_fix_and_the_default_updates():
    settings = replace(SMALL, learning_rate=0.2, weight_decay=0.5, clip_norm=0.1)
    evidence = collect(settings, STAGES["v1"])

    batch, data = np.asarray(PythonBatches(SMALL, STAGES["v1"]).next_rows()), dataset(SMALL)
    params = initial(SMALL, STAGES["beyond"]).params
    opt_state, losses = init_optimizer(params), []
    for _ in range(20):
        params, opt_state, loss = step(
            params, opt_state, data.x_train[batch], data.y_train[batch], SMALL, STAGES["beyond"]
        )
        losses.append(float(loss))
    np.testing.assert_allclose(evidence.probes.one_batch_sound[:20], losses, rtol=1e-3)


@pytest.mark.parametrize("jit_step", [False, True])
def test_the_sound_fit_of_a_run_with_every_fix_is_its_own(jit_step):
    probes = collect(SMALL, replace(STAGES["beyond"], jit_step=jit_step)).probes

    np.testing.assert_array_equal(probes.one_batch_sound, probes.one_batch)


def test_the_rules_for_the_training_rows_agree_with_numpy():
    settings = replace(SMALL, task="product", noise=1.0)
    losses, data = collect(settings, STAGES["beyond"]).losses, dataset(settings)

    features = np.column_stack([data.x_train, np.ones(settings.num_train)]).astype(np.float64)
    residual = data.y_train - features @ (np.linalg.pinv(features) @ data.y_train)
    assert losses.least_squares_train == pytest.approx(float(np.mean(residual**2)), rel=1e-4)
    assert losses.mean_square_target == pytest.approx(float(np.mean(data.y_train**2)), rel=1e-5)


def test_another_seed_and_other_switches_compile_nothing(monkeypatch):
    collect(SMALL, NUMERIC)
    before = compiled._advance[True]._cache_size()

    collect(replace(SMALL, seed=1), STAGES["final"])

    assert compiled._advance[True]._cache_size() == before
    assert isinstance(collect(SMALL, NUMERIC), Evidence)
