"""What is tried: each bug alone, a sound program, and bugs together."""

from dataclasses import replace
from typing import NamedTuple

from mlp_core.switches import STAGES, SWITCHES, Fixes


class Case(NamedTuple):
    """One program with one seed."""

    name: str
    fixes: Fixes
    seed: int

    @property
    def bugs(self) -> tuple[str, ...]:
        """The switches that are off."""
        return tuple(name for name in SWITCHES if not getattr(self.fixes, name))


SOUND = "sound"
POST_SEED = 42
NAN_SEED = 0
"""With it the final program without `norm_init` meets a row without variance: the loss is NaN."""

_ALONE = [Case(bug, replace(STAGES["beyond"], **{bug: False}), POST_SEED) for bug in SWITCHES]

CASES = (
    Case(SOUND, STAGES["beyond"], POST_SEED),
    *_ALONE,
    Case("v1", STAGES["v1"], POST_SEED),
    Case("nan", replace(STAGES["final"], norm_init=False), NAN_SEED),
)

FIT_UPDATES = 500
"""How many updates the tool `one_batch` makes."""
SEEDS = 5
"""How many runs the tool `several_seeds` compares."""
