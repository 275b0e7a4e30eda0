"""Times all forms of a training side by side, in pieces that can be stopped in between."""

from collections.abc import Iterator
from dataclasses import replace

import jax

from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.timing.figures import FORMS, Figures, Measurement, Progress
from mlp_core.timing.forms import ROUND_SECONDS, Form, differences, forms
from mlp_core.timing.programs import Stages

ROUNDS = 5

_COMPILED, _WARM = 0.5, 0.65  # the shares of the time that are over by then


@posts_numerics
def measure(
    settings: Settings,
    fixes: Fixes,
    rounds: int = ROUNDS,
    round_seconds: float = ROUND_SECONDS,
) -> Iterator[Progress]:
    """Yields how far the measurement is; the last one has the figures of all forms.

    First every form's programs are compiled anew; then each form warms up; then they take turns
    for some rounds, so that whatever else the machine does disturbs all alike.

    Args:
      fixes: `jit_step` does not matter.
      round_seconds: see `forms.forms`.
    """
    found = Measurement(settings, fixes, len(jax.local_devices()))
    yield Progress("Drawing the data", 0.0, found)
    ready = forms(settings, fixes, round_seconds)
    stages: dict[str, list[Stages]] = {}
    for place, form in enumerate(ready):
        programs = form.programs()
        for number, program in enumerate(programs, 1):
            stages.setdefault(form.name, []).append(program.stages())
            share = _COMPILED * (place + number / len(programs)) / len(ready)
            yield Progress(f"Compiling, {number} of {len(programs)} programs", share, found)
    for place, form in enumerate(ready, 1):
        for _ in form.warm_up():
            share = _COMPILED + (_WARM - _COMPILED) * place / len(ready)
            yield Progress("Warming up", share, found)
    for number in range(1, rounds + 1):
        for form in ready:
            for _ in form.round():
                share = _WARM + (1 - _WARM) * (number - 1) / rounds
                yield Progress(f"Timing, round {number} of {rounds}", share, found)
    found = replace(found, figures=_figures(ready, stages))
    yield Progress("Done", 1.0, found)


def _figures(ready: tuple[Form, ...], stages: dict[str, list[Stages]]) -> tuple[Figures, ...]:
    apart = differences(ready)
    figures = []
    for form in ready:
        of_form = stages[form.name]
        trace, compiling, first = map(sum, zip(*of_form, strict=True))
        figures.append(
            Figures(
                form.name,
                len(of_form),
                trace,
                compiling,
                first,
                form.prepare_ms,
                form.dispatches,
                tuple(form.step_ms),
                *apart[form.name],
            )
        )
    return tuple(sorted(figures, key=lambda each: FORMS.index(each.form)))
