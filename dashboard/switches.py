"""All text about the switches: one record for each."""

from dataclasses import dataclass

from mlp_core.switches import SWITCHES, Fixes


@dataclass(frozen=True)
class Switch:
    """The text about one switch of `mlp_core.Fixes`."""

    label: str
    """The label of the control. A leading number is the number of the fix in the post."""
    short: str
    """A one-word name, for links and for places where space is limited."""
    help: str
    """What the program does with the switch off and with the switch on."""
    bug: str
    """What is wrong without the fix: the name of the suspect in the Detective."""
    probe: str
    """The Detective's probe that shows the bug."""
    part: str = ""
    """The part of the program that the Detective offers to show. Empty if another switch has a part
    with the same lines."""
    on: str = ""
    """Replaces `short` in the names of runs where `short` is also the name of a stage."""
    is_beyond: bool = False
    """Whether the post does not have this fix."""
    why: str = ""
    """Why the changed lines of the program matter, in one or two sentences."""
    needs: str = ""
    """The switch without which this one has no effect."""

    def idle(self, fixes: Fixes) -> str:
        """Returns a sentence on why this switch has no effect beside `fixes`; empty if it has."""
        if not self.needs or getattr(fixes, self.needs):
            return ""
        return f"It has an effect only while **{SWITCH[self.needs].label}** is on."

    @property
    def name(self) -> str:
        """The label without the post's number."""
        return self.label.rpartition(" · ")[2]


SWITCH = {
    "split_keys": Switch(
        "1 · Split keys",
        "keys",
        "Off: one random key draws a layer's weights, bias, and gain, so the bias equals the gain. "
        "On: every array has its own key.",
        "Random keys are reused",
        "ledger",
        "Drawing the weights",
        on="split keys",
        why="A key always gives the same numbers, so arrays that share a key are equal.",
    ),
    "norm_epsilon": Switch(
        "2a · LayerNorm epsilon",
        "epsilon",
        "Off: LayerNorm divides by the standard deviation, which can be 0. "
        "On: it divides by the standard deviation plus 0.00001.",
        "LayerNorm has no epsilon",
        "zero_variance",
        "LayerNorm's division",
        why="If all units of a layer are equal, their standard deviation is 0, and 0 / 0 is NaN.",
    ),
    "norm_init": Switch(
        "2b · LayerNorm init",
        "init",
        "Off: LayerNorm's bias and gain start at random values, like weights. "
        "On: they start at 0 and 1, which leaves the normalized values unchanged.",
        "LayerNorm's bias and gain are drawn at random",
        "start",
        "LayerNorm's initial values",
        why="A gain near 0 or a negative bias can silence a unit before it learns anything.",
    ),
    "whole_batches": Switch(
        "3 · Whole batches",
        "batches",
        "Off: each step slices a minibatch out of another minibatch, so every step of an epoch but "
        "the first gets no rows. On: the rows are shuffled once per epoch and sliced in turn.",
        "Minibatches are sliced twice",
        "rows",
        "Selecting a minibatch",
        on="whole batches",
        why="If the shuffled order is first cut to one minibatch, later slices find no rows.",
    ),
    "jit_step": Switch(
        "4 · Compile the step",
        "jit",
        "Off: only the loss and its gradient are compiled, and Python updates each array in turn. "
        "On: the whole step is compiled. This changes the time but not the losses.",
        "The update is not compiled",
        "profiler",
        "What is compiled",
        on="compiled step",
        why="Outside `jax.jit`, each operation is dispatched to the device separately, "
        "which takes longer than the arithmetic.",
    ),
    "adamw": Switch(
        "5 · AdamW",
        "AdamW",
        "Off: plain gradient descent. On: AdamW, which adds momentum, a step size for each "
        "weight, and weight decay.",
        "Plain gradient descent instead of AdamW",
        "direction",
        "The update",
        why="Gradient descent has one step size for all weights. "
        "AdamW adapts the step size of each weight to its past gradients.",
    ),
    "epsilon_in_root": Switch(
        "Epsilon in the root",
        "root",
        "LayerNorm divides by √(variance + epsilon), whose gradient is finite even if the "
        "variance is 0. It has an effect only while 2a is on.",
        "LayerNorm's epsilon is outside the square root",
        "zero_variance",
        is_beyond=True,
        why="The derivative of the square root at 0 is infinite. With epsilon, it is finite.",
        needs="norm_epsilon",
    ),
    "bias_before_norm": Switch(
        "Bias before LayerNorm",
        "bias",
        "LayerNorm normalizes W x + c instead of W x, where c is learned. "
        "Without c, the predictions do not depend on the length of x.",
        "No bias before LayerNorm",
        "scaled",
        "The input of LayerNorm",
        is_beyond=True,
        why="LayerNorm of W x depends only on the direction of x. "
        "With a bias, it also depends on the length.",
    ),
}
"""The record of each switch, in the order of `Fixes`."""

BEYOND = tuple(name for name in SWITCHES if SWITCH[name].is_beyond)
OF_THE_POST = tuple(name for name in SWITCHES if not SWITCH[name].is_beyond)
