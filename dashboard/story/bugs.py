"""The stages of the post: for each, the bug in two sentences and the lines that change."""

from typing import NamedTuple

from mlp_core import STAGES, Fixes, Settings


class Stage(NamedTuple):
    """One stage on the post's path."""

    name: str
    title: str
    bug: str
    """A format string; `{batch}` is the batch size, `{starved}` says which steps get no rows."""
    before: str
    after: str
    reported: str
    """What the post reports for the stage if it gives no loss; empty otherwise."""

    @property
    def fixes(self) -> Fixes:
        """The switches that are on in this stage."""
        return STAGES[self.name]

    @property
    def previous(self) -> str:
        """The name of the previous stage."""
        names = list(STAGES)
        return names[names.index(self.name) - 1]

    @property
    def added(self) -> tuple[str, ...]:
        """The switches that this stage turns on."""
        before = STAGES[self.previous]
        return tuple(
            name for name, on in vars(self.fixes).items() if on and not getattr(before, name)
        )

    def told(self, settings: Settings) -> str:
        """Returns the text about the bug, with the numbers of these settings."""
        steps = settings.steps_per_epoch
        starved = (
            f"The first of {steps} steps in an epoch gets rows; the other minibatches are empty."
            if steps > 1
            else "With these settings, one minibatch holds all rows, so every step gets them."
        )
        return self.bug.format(batch=settings.batch_size, starved=starved)


START = (
    "A small network with LayerNorm, before the post's five fixes. The fixes follow in the post's "
    "order, each on top of the earlier ones."
)
"""What v1 is, for readers."""

PATH = (
    Stage(
        "keys",
        "Split the random keys",
        "A key determines JAX's random numbers, and here one key draws a layer's weights, bias, "
        "and gain. A layer's bias and gain therefore start out exactly equal.",
        """key, subkey = split(key)
W = draw(subkey, (out, inputs))
bias = draw(subkey, (out,))
gain = draw(subkey, (out,))""",
        """key, *keys = split(key, 4)
W = draw(keys[0], (out, inputs))
bias = draw(keys[1], (out,))
gain = draw(keys[2], (out,))""",
        "No appreciable decrease",
    ),
    Stage(
        "norm",
        "Fix LayerNorm",
        "LayerNorm divides by a standard deviation that can be 0, and its gain and bias are drawn "
        "at random, like weights. A negative gain flips its unit and a tiny one silences it "
        "before anything is learned.",
        """bias = draw(keys[1], (out,))
gain = draw(keys[2], (out,))

a = gain * (a - mean) / std
hidden = relu(a + bias)""",
        """bias = jnp.zeros(out)
gain = jnp.ones(out)

a = gain * (a - mean) / (1e-5 + std)
hidden = relu(a + bias)""",
        "",
    ),
    Stage(
        "batches",
        "Fill the minibatches",
        "Every step draws a new order, keeps only its first {batch} rows, and slices them at an "
        "offset that advances by {batch}. {starved}",
        """order = permutation(key, n)[:size]

rows = order[start : start + size]
start += size""",
        """if start == 0:
    order = permutation(key, n)
rows = order[start : start + size]
start += size""",
        "",
    ),
    Stage(
        "jit",
        "Compile the whole step",
        "Only the loss and its gradient are compiled; the update runs in Python, with a small call "
        "for each array. Compiling the step changes the time but not the losses. The Lab and Speed "
        "pages measure the time. The losses here come from this app's engine, which compiles the "
        "whole loop.",
        """slope_of = jax.jit(jax.grad(loss))

slopes = slope_of(params, x, y)
for i, slope in enumerate(slopes):
    params[i] -= rate * slope""",
        """@jax.jit
def step(params, x, y):
    slopes = jax.grad(loss)(params, x, y)
    return [p - rate * s for p, s
            in zip(params, slopes)]""",
        "Much faster",
    ),
    Stage(
        "final",
        "Use AdamW",
        "Plain gradient descent changes every weight by the same learning rate times its gradient. "
        "AdamW adds momentum, a step size for each weight, and weight decay.",
        """moves = [-rate * s for s in slopes]

params = apply_updates(params, moves)""",
        """moves, state = adamw.update(
    slopes, state, params)
params = apply_updates(params, moves)""",
        "",
    ),
)
"""The stages after v1, in the post's order. The code is simplified from the post's."""
