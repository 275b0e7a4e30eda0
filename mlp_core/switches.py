"""The switches, one for each fix, and the stages of the post that turn them on in order."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Fixes:
    """The fixes that are on. With all of them off, the program is the post's first version.

    Each field is one fix; when it is off, the program has the bug. All fields except `jit_step`
    change only numbers, so one compiled program serves every combination of them.

    Source: the post's five numbered fixes, the second one split in two (`norm_epsilon` and
    `norm_init`); the fields after `adamw` go beyond the post.
    """

    split_keys: bool = False
    """Every array has its own key. Off: a layer's W, b, and g share one key, so b equals g."""

    norm_epsilon: bool = False
    """LayerNorm divides by `eps + std`. Off: by `std`."""

    norm_init: bool = False
    """LayerNorm starts with bias 0 and gain 1. Off: both are drawn like weights."""

    whole_batches: bool = False
    """One permutation per epoch, sliced in order.

    Off: a slice of a slice, which makes 31 of every 32 minibatches empty.
    """

    jit_step: bool = False
    """The whole step is compiled. Off: loss and gradient are compiled; the update is Python."""

    adamw: bool = False
    """AdamW updates the parameters. Off: plain gradient descent does."""

    epsilon_in_root: bool = False
    """LayerNorm divides by `sqrt(var + eps)`. Has an effect only if `norm_epsilon` is on."""

    bias_before_norm: bool = False
    """LayerNorm's input is `W x + c`; c starts at 0 and is learned. Off: the input is `W x`."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, bool):
                raise ValueError(f"{field.name} must be True or False, got {value!r}")


SWITCHES = tuple(field.name for field in fields(Fixes))
"""The names of all switches, in the order of the post."""

NUMERIC_SWITCHES = tuple(name for name in SWITCHES if name != "jit_step")
"""The switches that change the numbers of a run; `jit_step` changes only its time."""

_PATH = {
    "v1": (),
    "keys": ("split_keys",),
    "norm": ("norm_epsilon", "norm_init"),
    "batches": ("whole_batches",),
    "jit": ("jit_step",),
    "final": ("adamw",),
    "beyond": ("epsilon_in_root", "bias_before_norm"),
}


def _stages() -> dict[str, Fixes]:
    """Returns the fixes of each stage: its own and those of all earlier stages."""
    stages, fixes = {}, Fixes()
    for stage, added in _PATH.items():
        fixes = replace(fixes, **dict.fromkeys(added, True))
        stages[stage] = fixes
    return stages


STAGES = _stages()
"""The post's stages in order, name -> Fixes; the last one, `beyond`, goes beyond the post."""

STAGED = tuple(name for name in SWITCHES if getattr(STAGES["beyond"], name))
"""The switches that are on in the last stage. The Detective and the debuggers use only these."""

REPORTED_VAL_LOSS = {"v1": 5.64, "norm": 2.86, "batches": 0.82, "final": 0.57}
"""The validation losses with seed 42 that the post's text states; some stages have none.

Source: "Learning JAX, good ol' MLP" (2025-09-30).
"""
