"""How long a compiled run takes, roughly, before anything is measured."""

from dataclasses import replace
from itertools import pairwise

from mlp_core.settings import Settings

MOST_STEPS = 1000
"""A run that is measured has no more steps: what a step costs has shown by then."""

LONGEST_RUN_SECONDS = 0.25
"""Nor does it take longer, so that a measurement can be stopped soon."""

MOST_INPUTS = 4_000_000
"""Nor do its batches hold more numbers, unless the fewest steps do: forms keep their own."""

FEWEST_STEPS = 10
"""A training of which so many steps take longer is too large to be measured."""


def estimated_seconds(settings: Settings) -> float:
    """Returns about how long a run takes, compiling left out. Right within a factor of three."""
    widths = (settings.num_features, *settings.hidden, 1)
    products = sum(a * b for a, b in pairwise(widths))
    return settings.steps * (15e-6 + 3e-10 * settings.batch_size * products)


def measurable(settings: Settings, most: int = MOST_STEPS) -> Settings:
    """Returns the settings with as few steps as a measurement needs.

    Raises:
      ValueError: if even `FEWEST_STEPS` steps take too long.
    """
    a_step = estimated_seconds(settings) / settings.steps
    steps = min(most, settings.steps, int(LONGEST_RUN_SECONDS / a_step))
    steps = min(steps, max(FEWEST_STEPS, MOST_INPUTS * settings.steps // settings.num_inputs))
    if steps < min(FEWEST_STEPS, settings.steps):
        raise ValueError(
            f"a step must take at most {LONGEST_RUN_SECONDS / FEWEST_STEPS:.3f} s to be timed in "
            f"every form, got about {a_step:.3f} s; take smaller batches or hidden layers"
        )
    return replace(settings, steps=steps)
