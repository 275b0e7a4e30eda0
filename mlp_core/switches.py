"""The switches, one for each fix, and the path the post takes through them."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Fixes:
    """Which bugs are fixed. Everything off is the post's first version.

    Each field is one fix; off, the program has the bug. All but `jit_step` change numbers only,
    so one compiled program serves every combination of them.

    Source: the post's five numbered fixes, the second one split in two (`norm_epsilon` and
    `norm_init`); the fields after `adamw` go beyond the post.
    """

    split_keys: bool = False
    """Every array draws from its own key. Off: a layer's W, b and g share one, so b equals g."""

    norm_epsilon: bool = False
    """LayerNorm divides by `eps + std`. Off: by `std`."""

    norm_init: bool = False
    """LayerNorm starts with bias 0 and gain 1. Off: both are drawn like weights."""

    whole_batches: bool = False
    """One permutation an epoch, sliced in turn. Off: a slice of a slice, empty 31 times in 32."""

    jit_step: bool = False
    """The whole step is compiled. Off: only loss and gradient are; the update is Python."""

    adamw: bool = False
    """AdamW updates the parameters. Off: plain gradient descent does."""

    epsilon_in_root: bool = False
    """LayerNorm divides by `sqrt(var + eps)`. Acts only together with `norm_epsilon`."""

    bias_before_norm: bool = False
    """LayerNorm sees `W x + c` with c learned from 0. Off: it sees `W x`."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, bool):
                raise ValueError(f"{field.name} must be True or False, got {value!r}")


SWITCHES = tuple(field.name for field in fields(Fixes))
"""The name of every switch, in the order of the post."""

NUMERIC_SWITCHES = tuple(name for name in SWITCHES if name != "jit_step")
"""The switches that change numbers; compiling the step changes only the time."""

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
    """Returns each stage's fixes: its own and those of all stages before it."""
    stages, fixes = {}, Fixes()
    for stage, added in _PATH.items():
        fixes = replace(fixes, **dict.fromkeys(added, True))
        stages[stage] = fixes
    return stages


STAGES = _stages()
"""The post's path in its order, name -> Fixes; `beyond` goes one stage further."""

REPORTED_VAL_LOSS = {"v1": 5.64, "norm": 2.86, "batches": 0.82, "final": 0.57}
"""The val loss that the post's text gives for a stage, seed 42; it gives none for the others.

Source: "Learning JAX, good ol' MLP" (2025-09-30).
"""
