"""What each stage of the post mends: the bug in two sentences, and the lines that change."""

from typing import NamedTuple

from mlp_core import STAGES, Fixes, Settings


class Stage(NamedTuple):
    """One stop on the post's path."""

    name: str
    title: str
    bug: str
    """With `{batch}` for the batch size and `{starved}` for the steps without rows."""
    before: str
    after: str
    reported: str
    """What the post reports where it gives no loss for the stage."""

    @property
    def fixes(self) -> Fixes:
        """The switches that are on."""
        return STAGES[self.name]

    @property
    def previous(self) -> str:
        """The name of the stage before."""
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
        """Returns the bug as it is under these settings."""
        steps = settings.steps_per_epoch
        starved = (
            f"The first of {steps} steps gets rows, the rest train on nothing."
            if steps > 1
            else "Here a batch is all rows, so each step gets them."
        )
        return self.bug.format(batch=settings.batch_size, starved=starved)


START = (
    "A small network with LayerNorm, trained with five mistakes. Here they are mended in the "
    "post's order, each on top of those before."
)
"""What v1 is."""

PATH = (
    Stage(
        "keys",
        "Split the random keys",
        "JAX's random numbers follow from a key, and one key draws a layer's weights, bias and "
        "gain. So a layer's bias and gain start out equal, number for number.",
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
        "Mend LayerNorm",
        "LayerNorm divides by a standard deviation that may be 0, and its gain and bias are drawn "
        "at random, like weights. A gain that is negative or tiny turns or silences its unit "
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
        "Fill the batches",
        "Every step draws a new order, keeps only its first {batch} rows, and slices these at an "
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
        "Only the loss and its gradient are compiled; the update runs in Python, a small call for "
        "each array. Compiling the step changes the time and no loss: the Lab and Speed measure "
        "the time. The curves here come from this app's engine, which compiles the whole loop.",
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
        "Take AdamW",
        "Plain gradient descent moves every weight by the same rate times its slope. AdamW adds "
        "momentum, a step size for each weight, and weight decay.",
        """moves = [-rate * s for s in slopes]

params = apply_updates(params, moves)""",
        """moves, state = adamw.update(
    slopes, state, params)
params = apply_updates(params, moves)""",
        "",
    ),
)
"""The stages after v1, in the post's order. The code is the gist, in our words."""
