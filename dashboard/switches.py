"""All that is said about a switch: one record each."""

from dataclasses import dataclass

from mlp_core.switches import SWITCHES


@dataclass(frozen=True)
class Switch:
    """The words for one switch of `mlp_core.Fixes`."""

    label: str
    """Beside the switch; a number is the post's."""
    short: str
    """One word, where space is short."""
    help: str
    """What the program does without the fix and with it."""
    bug: str
    """What is wrong without the fix, as an accusation in the Detective."""
    probe: str
    """The Detective's probe that shows the bug."""
    part: str = ""
    """The part of the program that the Detective offers to read; empty: shown with another's."""
    on: str = ""
    """In the name of a run that has the fix, where `short` would be the name of a stage."""
    is_beyond: bool = False
    """Whether the post lacks it."""
    why: str = ""
    """Why the program's changed lines matter, in a sentence or two."""

    @property
    def name(self) -> str:
        """The label without the post's number."""
        return self.label.rpartition(" · ")[2]


SWITCH = {
    "split_keys": Switch(
        "1 · Split keys",
        "keys",
        "Off: one random key draws a layer's weights, bias and gain, so bias and gain are equal. "
        "On: every array has its own key.",
        "Random keys are reused",
        "ledger",
        "Drawing the weights",
        on="split keys",
        why="One key gives the same numbers each time, so two arrays that share a key are equal.",
    ),
    "norm_epsilon": Switch(
        "2a · LayerNorm epsilon",
        "epsilon",
        "Off: LayerNorm divides by the standard deviation, which may be 0. "
        "On: it divides by 0.00001 more than that.",
        "LayerNorm has no epsilon",
        "zero_variance",
        "LayerNorm's division",
        why="Where all units of a layer are equal, their deviation is 0, and 0 / 0 is NaN.",
    ),
    "norm_init": Switch(
        "2b · LayerNorm init",
        "init",
        "Off: LayerNorm's bias and gain start at random, like weights. "
        "On: they start at 0 and 1, so that it changes nothing at first.",
        "LayerNorm starts at random",
        "start",
        "LayerNorm's first values",
        why="A gain near 0 or a negative bias can silence a unit before it has learned anything.",
    ),
    "whole_batches": Switch(
        "3 · Whole batches",
        "batches",
        "Off: each step slices a batch out of a batch, and all but the first step of an epoch get "
        "no rows. On: one shuffled order per epoch, sliced in turn.",
        "Batches are sliced twice",
        "rows",
        "Taking a batch",
        on="whole batches",
        why="An order that is cut to one minibatch first has no rows left for the slices after it.",
    ),
    "jit_step": Switch(
        "4 · Compile the step",
        "jit",
        "Off: only loss and gradient are compiled, and Python updates array by array. "
        "On: the whole step is compiled. The losses stay the same, the time does not.",
        "The update is not compiled",
        "profiler",
        "What is compiled",
        on="compiled step",
        why="Outside `jax.jit` each operation is sent to the device on its own. "
        "That takes longer than the arithmetic.",
    ),
    "adamw": Switch(
        "5 · AdamW",
        "AdamW",
        "Off: plain gradient descent. On: AdamW, which adds momentum, a step size for each "
        "weight, and weight decay.",
        "Plain descent in place of AdamW",
        "direction",
        "The update",
        why="Gradient descent has one step size for all weights. "
        "AdamW finds one for each weight from its past gradients.",
    ),
    "epsilon_in_root": Switch(
        "Epsilon in the root",
        "root",
        "LayerNorm divides by √(variance + epsilon), whose gradient is finite even where the "
        "variance is 0. Acts only together with 2a.",
        "LayerNorm's epsilon stands outside the root",
        "zero_variance",
        is_beyond=True,
        why="The slope of a square root is infinite at 0. With epsilon inside it is finite.",
    ),
    "bias_before_norm": Switch(
        "Bias before LayerNorm",
        "bias",
        "LayerNorm sees W x + c instead of W x, with a learned c. "
        "Without it the network cannot see how long x is.",
        "There is no bias before LayerNorm",
        "scaled",
        "Before LayerNorm",
        is_beyond=True,
        why="LayerNorm of W x depends only on the direction of x. A bias lets the length count.",
    ),
}
"""The record of each switch, in the order of `Fixes`."""

BEYOND = tuple(name for name in SWITCHES if SWITCH[name].is_beyond)
OF_THE_POST = tuple(name for name in SWITCHES if not SWITCH[name].is_beyond)
