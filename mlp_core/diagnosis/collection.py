"""Trains again and records the evidence, so that recording does not slow down the plain run."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, cast

import numpy as np

from mlp_core.data.dataset import baselines, dataset, least_squares_predictions, seed_keys
from mlp_core.diagnosis import ledger, probing
from mlp_core.diagnosis.probing import FIT_UPDATES, Fits, fits, probes
from mlp_core.diagnosis.recording import DIAGNOSIS, Standing, Step, distances
from mlp_core.diagnosis.records import Evidence, Losses, Rows, Steps, Units
from mlp_core.engine import batches, model, starts, stretches
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.outcome import RunOutcome, run_outcome
from mlp_core.engine.stretches import Work, seconds_of_evidence, steps_within
from mlp_core.engine.training import recorded_updates
from mlp_core.numerics import posts_numerics
from mlp_core.settings import MOST_RECORDS, Settings
from mlp_core.switches import Fixes

FIRST_RECORDS = 64
"""Number of updates at the start that have a record each: two epochs of the post's run."""


class Progress(NamedTuple):
    """Progress of the recording, and its result at the end."""

    share: float
    """Share of all updates that have been made, 0 to 1."""
    evidence: Evidence | None
    """None until the recording is complete."""


def collect(settings: Settings, fixes: Fixes) -> Evidence:
    """Returns the evidence of a run: makes the updates of `train` again and records them.

    The evidence does not contain the switches, only quantities that can be measured in the run.
    """
    *_, last = collect_chunks(settings, fixes, chunk_seconds=float("inf"))
    return cast(Evidence, last.evidence)


@posts_numerics
def collect_chunks(
    settings: Settings, fixes: Fixes, chunk_seconds: float = 0.15
) -> Iterator[Progress]:
    """Yields the progress repeatedly; the last item contains the evidence that `collect` returns.

    The recording stops when the caller stops iterating.

    Args:
      chunk_seconds: approximate time between two yields.
    """
    updates = np.union1d(recorded(settings.steps), recorded_updates(settings))
    loop, tried = CompiledLoop(settings, fixes, updates, DIAGNOSIS), fits(settings, fixes)
    first = steps_within(chunk_seconds, seconds_of_evidence(settings), settings)
    works = [Work(loop.advance, settings.steps, min(first, FIRST_RECORDS))]
    works += [Work(fit.advance, FIT_UPDATES) for fit in dict.fromkeys(tried)]
    for share in stretches.all_made(works, chunk_seconds):
        yield Progress(share, None)
    yield Progress(1.0, _evidence(settings, fixes, loop, tried))


def _evidence(settings: Settings, fixes: Fixes, loop: CompiledLoop, tried: Fits) -> Evidence:
    """Returns the evidence after all updates have been made."""
    params, start, unravel = starts.initial(settings, fixes)
    steps, standings = loop.seen

    def after(updates: np.ndarray) -> Standing:
        places = np.searchsorted(loop.updates, updates)
        return Standing(*(leaf[places] for leaf in standings))

    marks, as_trained = recorded(settings.steps), recorded_updates(settings)
    at_marks, losses = after(marks), after(as_trained)
    rows_seen = batches.rows_seen(settings, fixes)
    outcome = run_outcome(
        steps.batch_loss, rows_seen, as_trained, losses.train_loss, losses.val_loss
    )
    distance = np.asarray(distances(at_marks.params, start, unravel))
    draw = partial(model.init, settings=settings, fixes=fixes)
    return Evidence(
        ledger.draws(draw, seed_keys(settings.seed).params),
        ledger.named(params),
        _losses(settings, marks, steps, at_marks, outcome),
        _units(marks, steps, at_marks),
        _steps(marks, steps, distance, rows_seen),
        _rows(settings, fixes, rows_seen, steps.movement),
        probes(settings, fixes, loop.params, tried),
    )


def recorded(steps: int) -> np.ndarray:
    """Returns the update counts at which a record is made, `[R]`, with R at most `MOST_RECORDS`.

    The first updates have a record each; the other records are evenly spaced up to the end.
    """
    first = np.arange(min(FIRST_RECORDS, steps))
    spread = np.linspace(first[-1], steps, MOST_RECORDS - len(first))
    return np.unique([*first, *np.round(spread).astype(int)])


def _losses(
    settings: Settings, marks: np.ndarray, steps: Step, standing: Standing, outcome: RunOutcome
) -> Losses:
    rules, data = baselines(settings), dataset(settings)
    linear, _ = least_squares_predictions(data)
    return Losses(
        marks,
        standing.train_loss,
        standing.val_loss,
        steps.batch_loss,
        rules.predict_mean,
        rules.least_squares,
        float(np.mean((data.y_train - linear) ** 2)),
        float(np.mean(data.y_train**2)),
        outcome,
    )


def _units(marks: np.ndarray, steps: Step, standing: Standing) -> Units:
    in_batches = np.fmin.reduceat(steps.smallest_std, marks[:-1])
    at_the_end = np.full((1, in_batches.shape[1]), np.inf)
    smallest = np.fmin(standing.smallest_std, np.concatenate([in_batches, at_the_end]))
    return Units(smallest, standing.dead_units)


def _steps(marks: np.ndarray, steps: Step, distance: np.ndarray, rows_seen: np.ndarray) -> Steps:
    fed = rows_seen > 0
    count = np.add.reduceat(fed.astype(float), marks[:-1])

    def mean(values: np.ndarray) -> np.ndarray:
        on_rows = np.where(fed.reshape(-1, *[1] * (values.ndim - 1)), values, 0.0)
        sums = np.add.reduceat(on_rows, marks[:-1]).T
        return np.divide(sums, count, out=np.full_like(sums, np.nan), where=count > 0).T

    return Steps(
        mean(steps.gradient_norm),
        mean(steps.update_norm / steps.weight_norm),
        mean(steps.alignment),
        distance,
    )


def _rows(settings: Settings, fixes: Fixes, rows_seen: np.ndarray, movement: np.ndarray) -> Rows:
    orders = batches.epoch_orders(seed_keys(settings.seed).batches, settings)
    counted = np.arange(settings.batch_size) < rows_seen[:, None]
    ever = np.unique(batches.batch_rows(orders, settings)[counted]).size
    whole_way = movement.sum(dtype=np.float64)
    on_nothing = movement[rows_seen == 0].sum(dtype=np.float64) / whole_way if whole_way else 0.0
    shapes, updates = probing.compiled_shapes(settings, fixes)
    return Rows(
        rows_seen,
        settings.batch_size,
        settings.num_train,
        1 - ever / settings.num_train,
        float(on_nothing),
        shapes,
        updates,
    )
