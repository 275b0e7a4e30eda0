"""Runs the training once more and gathers the evidence. The plain run is not slowed down by it."""

from functools import partial

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core import batches, compiled, model, starts
from mlp_core.compiled import Plan
from mlp_core.data import baselines, seed_keys
from mlp_core.evidence import ledger, loop, recording
from mlp_core.evidence.recording import Standing, Update
from mlp_core.evidence.records import Evidence, Losses, Probes, Rows, Steps, Units
from mlp_core.fixes import Fixes
from mlp_core.model import Params
from mlp_core.settings import Settings
from mlp_core.starts import Examples

MAX_RECORDS = 200
FIRST_RECORDS = 64
"""So many updates at the start are recorded one by one: two epochs of the post's run."""

FIT_UPDATES = 500
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
MAX_PROBED = 2000


def collect(settings: Settings, fixes: Fixes) -> Evidence:
    """Returns the evidence of a run: the updates of `train`, made again and written down.

    What comes back says nothing about the switches: it is what a reader of the run could measure.
    """
    start = starts.initial(settings, fixes).params
    flat, unravel = ravel_pytree(start)
    examples, plan = starts.examples(settings), _plan(settings, fixes)
    marks = recorded(settings.steps)
    asked = np.zeros(settings.steps, bool)
    asked[marks[:-1]] = True
    final, updates, standing = jax.tree.map(
        np.asarray, recording.record[model.is_small(settings)](flat, examples, plan, asked, unravel)
    )
    rows_seen = batches.rows_seen(settings, fixes)
    draw = partial(model.init, settings=settings, fixes=fixes)
    return Evidence(
        ledger.draws(draw, seed_keys(settings.seed).params),
        ledger.named(start),
        _losses(settings, marks, updates, standing),
        _units(marks, updates, standing),
        _steps(marks, updates, standing, rows_seen),
        _rows(settings, fixes, rows_seen, updates.movement),
        _probes(settings, fixes, start, unravel(final), examples, plan),
    )


def recorded(steps: int) -> np.ndarray:
    """Returns after how many updates there is a record, `[R]`, at most `MAX_RECORDS`.

    The first updates each have one, then they are evenly spread, up to the end.
    """
    first = np.arange(min(FIRST_RECORDS, steps))
    spread = np.linspace(first[-1], steps, MAX_RECORDS - len(first))
    return np.unique([*first, *np.round(spread).astype(int)])


def _plan(settings: Settings, fixes: Fixes) -> Plan:
    return compiled.plan(settings, fixes, np.array([settings.steps]))


def _losses(settings: Settings, marks: np.ndarray, updates: Update, standing: Standing) -> Losses:
    train, val = (np.asarray(loss)[marks] for loss in (standing.train_loss, standing.val_loss))
    rules = baselines(settings)
    alive = np.isfinite(train + val)
    last_alive = marks[alive].max(initial=-1)
    lost = np.union1d(np.flatnonzero(~updates.finite) + 1, marks[~alive])
    died_after = None if alive[-1] else int(lost[lost > last_alive][0])
    return Losses(
        marks,
        train,
        val,
        np.asarray(updates.batch_loss),
        rules.predict_mean,
        rules.least_squares,
        died_after,
    )


def _units(marks: np.ndarray, updates: Update, standing: Standing) -> Units:
    in_batches = np.fmin.reduceat(updates.smallest_std, marks[:-1])
    at_the_end = np.full((1, in_batches.shape[1]), np.inf)
    smallest = np.fmin(standing.smallest_std[marks], np.concatenate([in_batches, at_the_end]))
    return Units(smallest, np.asarray(standing.dead_units)[marks])


def _steps(marks: np.ndarray, updates: Update, standing: Standing, rows_seen: np.ndarray) -> Steps:
    fed = rows_seen > 0
    count = np.add.reduceat(fed.astype(float), marks[:-1])

    def mean(values: np.ndarray) -> np.ndarray:
        on_rows = np.where(fed.reshape(-1, *[1] * (values.ndim - 1)), values, 0.0)
        sums = np.add.reduceat(on_rows, marks[:-1]).T
        return np.divide(sums, count, out=np.full_like(sums, np.nan), where=count > 0).T

    return Steps(
        mean(np.asarray(updates.gradient_norm)),
        mean(np.asarray(updates.update_norm / updates.weight_norm)),
        mean(np.asarray(updates.alignment)),
        np.asarray(standing.distance)[marks],
    )


def _rows(settings: Settings, fixes: Fixes, rows_seen: np.ndarray, movement: np.ndarray) -> Rows:
    orders = batches.epoch_orders(seed_keys(settings.seed).batches, settings)
    of_updates = batches.batch_rows(orders, settings)
    counted = np.arange(settings.batch_size) < rows_seen[:, None]
    ever = len(np.unique(of_updates[counted]))
    whole_way = movement.sum(dtype=np.float64)
    on_nothing = movement[rows_seen == 0].sum(dtype=np.float64) / whole_way if whole_way else 0.0
    shapes, updates = loop.compiled_shapes(settings, fixes)
    return Rows(
        rows_seen,
        settings.batch_size,
        settings.num_train,
        1 - ever / settings.num_train,
        float(on_nothing),
        shapes,
        updates,
    )


def _probes(
    settings: Settings, fixes: Fixes, start: Params, end: Params, examples: Examples, plan: Plan
) -> Probes:
    flat, unravel = ravel_pytree(start)
    x, y = examples.x_train[:MAX_PROBED], np.asarray(examples.y_train[:MAX_PROBED])
    loss, gradient = recording.at_zero_variance(start, examples, plan.norm)
    adamw = plan._replace(hyper=plan.hyper._replace(adamw=True))
    own, other = (
        np.asarray(recording.fit_one_batch(flat, examples, each, FIT_UPDATES, unravel))
        for each in (plan, adamw)
    )
    scaled = [np.asarray(model.predict(end, scale * x, fixes))[:, 0] for scale in SCALES]
    return Probes(
        float(loss),
        float(gradient),
        np.array(SCALES),
        np.stack(scaled),
        np.linalg.norm(x, axis=1),
        y,
        own,
        float(other[-1]),
        float(np.var(examples.y_batches[0])),
        loop.operations(settings, fixes),
    )
