"""How the time of a step grows, form by form, with the steps of a run, its batches, its layers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mlp_core.engine.estimate import measurable
from mlp_core.settings import Settings
from mlp_core.timing.figures import Measurement, Point, Progress
from mlp_core.timing.forms import Form, forms

SIZES: Mapping[str, tuple[int, ...]] = {
    "steps": (10, 100, 1000, 3000),
    "batch_size": (16, 256, 1024),
    "width": (8, 16, 64),
}
"""By axis, from where sending operations is the cost to where arithmetic is."""

ROUNDS = 3
ROUND_SECONDS = 0.1


def grown(
    measurement: Measurement, sizes: Mapping[str, tuple[int, ...]] = SIZES, rounds: int = ROUNDS
) -> Iterator[Progress]:
    """Yields the measurement with more and more points: one axis changes, the others stay.

    Sizes that these data have no rows for are left out. Runs are cut short where a step takes long;
    where the number of steps is what grows, those that would have to be are left out.
    """
    found = replace(measurement, points=())
    wanted = [
        (axis, size, at)
        for axis, of_axis in sizes.items()
        for size in of_axis
        if (at := _resized(measurement.settings, axis, size)) is not None
    ]
    for place, (axis, size, settings) in enumerate(wanted):
        text, share = f"Timing {axis.replace('_', ' ')} {size:,}", place / len(wanted)
        yield Progress(text, share, found)
        ready = forms(settings, measurement.fixes, ROUND_SECONDS)
        for _ in _rounds(ready, rounds):
            yield Progress(text, share, found)
        points = tuple(Point(axis, size, form.name, tuple(form.step_ms)) for form in ready)
        found = replace(found, points=(*found.points, *points))
    yield Progress("Done", 1.0, found)


def _rounds(ready: tuple[Form, ...], rounds: int) -> Iterator[None]:
    for form in ready:
        yield from form.warm_up()
    for _ in range(rounds):
        for form in ready:
            yield from form.round()


def _resized(settings: Settings, axis: str, size: int) -> Settings | None:
    try:
        if axis == "steps":
            found = measurable(replace(settings, steps=size), size)
            return found if found.steps == size else None
        if axis == "width":
            return measurable(replace(settings, hidden=(size,) * len(settings.hidden)))
        return measurable(replace(settings, batch_size=size))
    except ValueError:
        return None
