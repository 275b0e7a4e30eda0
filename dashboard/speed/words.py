"""The Speed page's sentences, all made from what was measured."""

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
"""The name of each form of the training."""

SHORT = {
    "nothing": "nothing",
    "gradient": "gradient",
    "step": "step",
    "loop": "loop",
    "sweep": "sweep",
}
"""What is compiled in each form, in a word, for the ends of lines."""

SERIES = {"nothing": "train", "gradient": "pinned", "step": "v1", "loop": "val", "sweep": "text"}
"""The color and dash of each form, see `dashboard.draw.palette`."""

OTHERS = " They are of the post's final version, as it is; your choice differs: measure it."
"""What follows where stored figures come from, if they are of another training."""

WAYS = {
    "as it is": "As it is",
    "padded": "Filled up, the filling masked",
    "dropped": "Left out",
}
"""What one can do with a batch that is not whole."""

SENT = (
    "Sent to the device is all that a step asks for, its keys and the slicing of its batch "
    "included; Diagnosis counts the update alone."
)
"""What the table's column counts."""

EXPLAINED = """
- **Trace:** JAX runs your Python function once, with placeholders instead of numbers, and writes
  down which operations it asks for.
- **Compile:** XLA turns this list into machine code, joining operations where it can. Both happen
  again for every new shape of the inputs.
- **First call:** the rest of the first step, or of the first run of the loop and the sweep. The
  machine code runs for the first time and still has to get memory.
- **Send:** Python hands one piece of machine code to the device. That takes some microseconds,
  however little there is to compute. Where nothing is compiled, each addition is one such piece.
- **Nothing compiled** means that the program has no `jax.jit`. JAX then compiles each kind of
  operation on its own, at its first use.
"""


def answer(measurement: Measurement) -> str:
    """Returns what compiling buys, in one sentence."""
    nothing, gradient, step, loop, sweep = measurement.figures
    return (
        f"Compiling loss and gradient makes a step **{_change(nothing, gradient)}**, compiling all "
        f"of it (fix 4) **{_change(gradient, step)}** again, the whole loop (this app's engine) "
        f"**{_change(step, loop)}** again, and a sweep of many runs **{_change(loop, sweep)}** per "
        "run."
    )


def _change(before: Figures, after: Figures) -> str:
    return faster(before.each.median, after.each.median)


def made_by(stored: "Stored") -> str:
    """Returns where stored figures come from."""
    versions = stored.versions
    return (
        f"Measured on {stored.cores} cores of {stored.machine}, on {stored.date}, with JAX "
        f"{versions.get('jax', '?')}: **not on the server that runs this app.**"
    )


def made_here(measurement: Measurement) -> str:
    """Returns what figures measured here are of."""
    devices = counted(measurement.devices, "device")
    return (
        f"Measured on the server that runs this app, with {devices}, in runs of "
        f"{counted(measurement.settings.steps, 'step')}."
    )


def spread(measurement: Measurement) -> str:
    """Returns what bars and lines show, and that all forms train the same."""
    rounds = len(measurement.figures[0].step_ms)
    return (
        f"Bars: the median of {rounds} rounds in which the forms took turns; the thin line is the "
        f"middle half of them. {_same(measurement)}"
    )


def _same(measurement: Measurement) -> str:
    """Returns how far the losses of all forms agree."""
    worst = max(measurement.figures, key=lambda figures: figures.difference)
    fewest = min(figures.compared for figures in measurement.figures if figures.form != "sweep")
    if worst.difference == 0:
        return "All forms gave the same losses to the last digit."
    percent = 100 * worst.difference
    digits = max(0, -math.floor(math.log10(percent)))
    return (
        f"All forms trained alike: of at least {fewest} losses each, none is further than "
        f"{percent:.{digits}f}% from the compiled loop's."
    )


def pays(measurement: Measurement) -> str:
    """Returns after how many steps each form has paid for what it compiles."""
    found = [figures for figures in measurement.figures if figures.form != "sweep"]
    sentences = [_pays(before, after) for before, after in pairwise(found)]
    nothing = found[0]
    note = (
        f"Nothing compiled is not free of compiling: JAX made {nothing.programs} small programs, "
        f"one for each kind of operation, in {duration(nothing.start_ms)}."
    )
    return "\n".join(f"- {sentence}" for sentence in [*sentences, note])


def _pays(before: Figures, after: Figures) -> str:
    after_steps = pays_after(before, after)
    forms = f"**{NAMES[after.form]}** against {NAMES[before.form].lower()}"
    if after_steps is None:
        return f"{forms}: never pays, it saves nothing per step."
    if after_steps == 0:
        return f"{forms}: pays at once, it is ready sooner as well."
    return f"{forms}: pays after **{counted(after_steps, 'step')}**."


def growth() -> str:
    """Returns how to read the small charts."""
    return (
        "One thing grows, all else stays. While a line is flat, a step costs what it takes to send "
        "it; where it climbs, the device has real work, and the lines draw closer."
    )


def shapes_seen(settings: Settings, shapes: tuple[tuple[int, ...], ...], updates: int) -> str:
    """Returns which batches the loop has, and how often that makes JAX compile."""
    named = " and ".join(shape(each) for each in shapes)
    if len(shapes) == 1:
        return f"In {counted(updates, 'update')} every batch is {named}: JAX compiles once."
    return (
        f"In {counted(updates, 'update')} the batches are {named}: for each shape JAX traces and "
        f"compiles anew, {len(shapes)} times in all. {_why(settings, shapes)}"
    )


def _why(settings: Settings, shapes: tuple[tuple[int, ...], ...]) -> str:
    if any(rows == 0 for rows, *_ in shapes):
        return "An empty batch is the batching bug: the list of shapes gives it away."
    whole, rest = divmod(settings.num_train, settings.batch_size)
    return f"{settings.num_train:,} rows are {whole} × {settings.batch_size} and a rest of {rest}."


def shape(of: tuple[int, ...]) -> str:
    """Returns a shape as it is said."""
    return " × ".join(f"{size:,}" for size in of)


def rests(found: tuple[Rest, ...], fixes: Fixes, are_own: bool) -> str:
    """Returns what filling up or leaving out the smaller batch does.

    Args:
      are_own: whether they are of the reader's own run.
    """
    as_it_is, padded, dropped = found
    if len(as_it_is.shapes) == 1:
        return "All batches have one shape here: there is no rest to fill up or to leave out."
    whose = "" if fixes.whole_batches else "With batches mended (fix 3): "
    if not are_own:
        whose = "What to do about a smaller batch, tried with the post's final version: "
    saved = as_it_is.compile_ms - padded.compile_ms
    return (
        f"{whose}**Filling up** the smaller batch, and masking what was filled in, leaves one "
        f"shape to compile{_saves(saved)}; the val loss stays {loss_in_words(padded.val_loss)} "
        f"(as it is: {loss_in_words(as_it_is.val_loss)}). **Leaving it out** does too, yet trains "
        f"on other rows: {loss_in_words(dropped.val_loss)}."
    )


def _saves(milliseconds: float) -> str:
    return f" and saves {duration(milliseconds)} before the first step" if milliseconds > 0 else ""
