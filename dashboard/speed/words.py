"""The sentences of the Speed page, computed from the measurements."""

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from dashboard.draw.words import counted, duration, faster
from dashboard.draw.words import loss as loss_in_words
from mlp_core import Fixes, Settings
from mlp_core.timing.figures import Figures, Measurement, Rest, pays_after

if TYPE_CHECKING:
    from mlp_core.timing.figures import Stored

NAMES = {
    "nothing": "Nothing compiled",
    "gradient": "Loss and gradient compiled",
    "step": "The step compiled",
    "loop": "The loop compiled (this app's engine)",
    "sweep": "A sweep, per run",
}
"""The name of each form of the training loop."""

SHORT = {
    "nothing": "nothing",
    "gradient": "gradient",
    "step": "step",
    "loop": "loop",
    "sweep": "sweep",
}
"""A one-word name of what each form compiles, for line labels."""

SERIES = {"nothing": "train", "gradient": "pinned", "step": "v1", "loop": "val", "sweep": "text"}
"""The series of each form, which determines its color and dash (see `dashboard.draw.marks`)."""

OTHERS = " They are for the post's final version, not for your choice, which you can measure below."
"""The sentence after the source of stored figures if the reader's choice differs."""

WAYS = {
    "as it is": "As it is",
    "padded": "Padded and masked",
    "dropped": "Dropped",
}
"""The ways to handle a minibatch with fewer rows than the others."""

SENT = (
    "The dispatches of a step include its random keys and the slicing of its minibatch. The "
    "Diagnosis page counts only those of the update."
)
"""What the column of dispatches counts."""

EXPLAINED = """
- **Trace:** JAX runs your Python function once, with placeholders instead of numbers, and records
  the operations.
- **Compile:** XLA turns these operations into machine code and fuses some of them. JAX traces and
  compiles again for every new input shape.
- **First call:** the rest of the first step, or of the first run of the loop or the sweep. The
  machine code runs for the first time and has to allocate memory.
- **Dispatch:** Python sends a compiled program to the device. A dispatch takes some microseconds,
  however little the program computes. Without `jax.jit`, every addition is a dispatch.
- **Nothing compiled** means that the program does not use `jax.jit`. JAX then compiles each kind of
  operation separately when it is first used.
"""


def answer(measurement: Measurement) -> str:
    """Returns how much faster each level of compilation is, in one sentence."""
    nothing, gradient, step, loop, sweep = measurement.figures
    return (
        f"Compiling the loss and gradient makes a step **{_change(nothing, gradient)}**. Compared "
        f"with that, compiling the whole step (fix 4) is **{_change(gradient, step)}**. Compiling "
        f"the whole loop (this app's engine) is **{_change(step, loop)}** than that, and a sweep "
        f"of many runs **{_change(loop, sweep)}** per run."
    )


def _change(before: Figures, after: Figures) -> str:
    return faster(before.each.median, after.each.median)


def made_by(stored: "Stored") -> str:
    """Returns where, when, and with which version stored figures were measured."""
    versions = stored.versions
    return (
        f"Measured on {stored.cores} cores of {stored.machine}, on {stored.date}, with JAX "
        f"{versions.get('jax', '?')}: **not on the server that runs this app.**"
    )


def made_here(measurement: Measurement) -> str:
    """Returns how figures were measured on this server."""
    devices = counted(measurement.devices, "device")
    return (
        f"Measured on the server that runs this app, on {devices}, in runs of "
        f"{counted(measurement.settings.steps, 'step')}."
    )


def spread(measurement: Measurement) -> str:
    """Returns what bars and lines show, and how closely the losses of all forms agree."""
    rounds = len(measurement.figures[0].step_ms)
    return (
        f"Each bar is the median of {rounds} rounds in which the forms took turns. The thin line "
        f"is the middle half of the rounds. {_same(measurement)}"
    )


def _same(measurement: Measurement) -> str:
    """Returns how closely the losses of all forms agree."""
    worst = max(measurement.figures, key=lambda figures: figures.difference)
    fewest = min(figures.compared for figures in measurement.figures if figures.form != "sweep")
    if worst.difference == 0:
        return "The losses of all forms are identical."
    percent = 100 * worst.difference
    digits = max(0, -math.floor(math.log10(percent)))
    return (
        f"All forms train the same way: at least {fewest} losses of each form were compared, and "
        f"none differs from the compiled loop's by more than {percent:.{digits}f}%."
    )


def pays(measurement: Measurement) -> str:
    """Returns after how many steps the compilation of each form pays off."""
    found = [figures for figures in measurement.figures if figures.form != "sweep"]
    sentences = [_pays(before, after) for before, after in pairwise(found)]
    nothing = found[0]
    note = (
        f"Even without `jax.jit`, JAX compiles {nothing.programs} small programs, one for each "
        f"kind of operation. This takes {duration(nothing.start_ms)}."
    )
    return "\n".join(f"- {sentence}" for sentence in [*sentences, note])


def _pays(before: Figures, after: Figures) -> str:
    after_steps = pays_after(before, after)
    forms = f"**{NAMES[after.form]}** compared with {NAMES[before.form].lower()}"
    if after_steps is None:
        return f"{forms}: never pays off because a step is not faster."
    if after_steps == 0:
        return f"{forms}: pays off immediately because it also starts earlier."
    return f"{forms}: pays off after **{counted(after_steps, 'step')}**."


def growth() -> str:
    """Returns how to read the small charts."""
    return (
        "In each chart one size grows and all others stay constant. Where a line is flat, dispatch "
        "dominates the time of a step. Where a line rises, computation dominates, and the lines "
        "get closer."
    )


def shapes_seen(settings: Settings, shapes: tuple[tuple[int, ...], ...], updates: int) -> str:
    """Returns the shapes of the minibatches, and how often JAX compiles for them."""
    named = " and ".join(shape(each) for each in shapes)
    if len(shapes) == 1:
        return f"In {counted(updates, 'update')}, every minibatch is {named}, so JAX compiles once."
    return (
        f"In {counted(updates, 'update')}, the minibatches are {named}. JAX traces and compiles "
        f"for each shape, {len(shapes)} times in total. {_why(settings, shapes)}"
    )


def _why(settings: Settings, shapes: tuple[tuple[int, ...], ...]) -> str:
    if any(rows == 0 for rows, *_ in shapes):
        return "The empty minibatch is the batching bug, which the list of shapes reveals."
    whole, rest = divmod(settings.num_train, settings.batch_size)
    return f"{settings.num_train:,} rows are {whole} × {settings.batch_size} plus {rest}."


def shape(of: tuple[int, ...]) -> str:
    """Returns a shape as text, such as `256 × 5`."""
    return " × ".join(f"{size:,}" for size in of)


def rests(found: tuple[Rest, ...], fixes: Fixes, are_own: bool) -> str:
    """Returns what padding or dropping the smaller minibatch does.

    Args:
      are_own: whether the measurements are of the reader's run.
    """
    as_it_is, padded, dropped = found
    if len(as_it_is.shapes) == 1:
        return "All minibatches have the same shape here, so there is none to pad or to drop."
    whose = "" if fixes.whole_batches else "With whole batches (fix 3): "
    if not are_own:
        whose = "Ways to handle a smaller minibatch, tested with the post's final version: "
    saved = as_it_is.compile_ms - padded.compile_ms
    return (
        f"{whose}**Padding** the smaller minibatch and masking the padding leaves one shape to "
        f"compile{_saves(saved)}; the val loss is {loss_in_words(padded.val_loss)} (as it is: "
        f"{loss_in_words(as_it_is.val_loss)}). **Dropping** it also leaves one shape, but trains "
        f"on other rows: the val loss is {loss_in_words(dropped.val_loss)}."
    )


def _saves(milliseconds: float) -> str:
    return f" and saves {duration(milliseconds)} before the first step" if milliseconds > 0 else ""
