"""The text of each check: its finding, why that hurts, and what is true without a finding.

Every sentence must hold for any data: `found` states what was measured in the run, and `why` what
follows from it in general.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboard.draw.words import counted, listed, loss, percent
from dashboard.evidence.tables import array_place
from mlp_core.engine.outcome import described

if TYPE_CHECKING:
    from mlp_core.diagnosis import Finding
    from mlp_core.diagnosis.checks import learning, network, rows_and_keys


class Text(NamedTuple):
    """The text of a finding."""

    title: str
    found: str
    """One or two sentences with the numbers of this run."""
    why: str
    """Why it hurts, in two sentences."""


def text(finding: "Finding") -> Text:
    """Returns the text of a finding."""
    return TEXTS[finding.name](finding.measured)


def signed(value: float) -> str:
    """Returns a number that may be negative, with two decimals and without a negative zero."""
    return f"{value:z.2f}".replace("-", "−")


def by_layer(dead: Sequence[float]) -> str:
    """Returns a sentence with the initial share of dead units in each layer."""
    shares = ", ".join(map(percent, dead))
    return f"Share of units that are 0 for every training row at the start, by layer: {shares}."


def shapes(seen: Sequence[tuple[int, ...]]) -> str:
    """Returns shapes as a list, such as `(256, 5) and (0, 5)`."""
    return listed([str(shape) for shape in seen])


def _empty_batches(seen: "rows_and_keys.EmptyBatches") -> Text:
    return Text(
        title="Most minibatches are empty"
        if seen.empty > seen.minibatches / 2
        else "Some minibatches are empty",
        found=f"{seen.empty:,} of {seen.minibatches:,} minibatches have no rows. In the first "
        f"{seen.shapes_updates} updates JAX compiles the loss for minibatches of shape "
        f"{shapes(seen.shapes)}.",
        why="The mean over no rows is NaN and its gradient is 0, so the update learns nothing from "
        "the data. No error is raised: an empty slice is a valid array.",
    )


def _never_seen(seen: "rows_and_keys.NeverSeen") -> Text:
    times = seen.minibatches * seen.batch_size / seen.num_train
    return Text(
        title="Part of the training set is never seen",
        found=f"{seen.rows:,} of the {seen.num_train:,} training rows are in no minibatch, "
        f"although {seen.minibatches:,} minibatches of {seen.batch_size:,} have room for "
        f"{times:.3g} times the training set.",
        why="The run learns nothing from a row that is in no minibatch. The train loss does not "
        "show this because it is computed over all rows.",
    )


def _moved_on_nothing(seen: "rows_and_keys.MovedOnNothing") -> Text:
    return Text(
        title="The parameters move on empty minibatches",
        found=f"{percent(seen.share)} of the length of the parameters' path comes from the "
        f"{seen.updates:,} updates without rows.",
        why="Momentum repeats earlier gradients, and weight decay needs no gradient. The loss can "
        "keep falling, which hides that the minibatches are empty.",
    )


def _reused_keys(seen: "rows_and_keys.ReusedKeys") -> Text:
    groups = "; ".join(map(_arrays, seen.shared))
    return Text(
        title="Random keys are used more than once",
        found=f"{seen.draws} random draws use {counted(seen.keys, 'key')}. These arrays share "
        f"a key: {groups}.",
        why="A key determines its random numbers: a second draw returns the same numbers. "
        "Arrays that should be independent then start as copies of each other.",
    )


def _copied_numbers(seen: "rows_and_keys.CopiedNumbers") -> Text:
    pairs = "pair of arrays starts" if seen.pairs == 1 else "pairs of arrays start"
    copy = seen.clearest
    same = "equal" if copy.is_equal else "equal up to a factor"
    layers = {array_place(array)[0] for array in (copy.first, copy.second)}
    arrays = [_arrays([copy.first, copy.second])]
    if len(layers) > 1:
        arrays = [_arrays([copy.first]), _arrays([copy.second])]
    return Text(
        title="Initial parameters are copies of each other",
        found=f"{seen.pairs} {pairs} with the same numbers. The first {copy.numbers} numbers of "
        f"{listed(arrays)} are {same}.",
        why="Copied parameters do not vary independently of each other. A unit whose "
        "gain equals its bias is either large and shifted up, or flipped and shifted down.",
    )


def _drawn_norm(seen: "network.DrawnNorm") -> Text:
    from mlp_core.diagnosis.checks.network import TINY_GAIN

    least, greatest = map(signed, seen.biases)
    return Text(
        title="LayerNorm starts with random gains and biases",
        found=f"Of {seen.gains} gains, {seen.negative} start negative and {seen.tiny} start within "
        f"{TINY_GAIN} of 0; biases start between {least} and {greatest}. {by_layer(seen.dead)}",
        why="A negative gain flips a unit, and a small one with a negative bias keeps it at 0. If "
        "all units of a layer are 0 for a row, that row has no variance in the next layer.",
    )


def _undefined_output(seen: "network.NoVariance") -> Text:
    return Text(
        title="LayerNorm divides by zero where a layer's units are equal",
        found="For a row whose units are all equal, LayerNorm computes 0 / 0, which is NaN. "
        f"{_met(seen)}",
        why="One such row makes the minibatch's loss and its gradient NaN, and then every "
        "parameter. A small epsilon keeps the division defined.",
    )


def _undefined_gradient(seen: "network.NoVariance") -> Text:
    return Text(
        title="LayerNorm has no gradient where a layer's units are equal",
        found=f"For a row whose units are all equal, the loss is {loss(seen.loss)} but its "
        f"gradient is NaN. {_met(seen)}",
        why="The square root in the std has an infinite derivative at 0, and adding epsilon to the "
        "root does not change that. Epsilon inside the root, as in sqrt(var + epsilon), does.",
    )


def _met(seen: "network.NoVariance") -> str:
    least = f"the smallest std over a row's units is {loss(seen.smallest_std)}"
    where = f"{least}, in layer {seen.layer}."
    if not seen.is_met:
        return f"This run has no such row: {where}"
    return f"This run has such a row: {where} {described(seen.outcome)}".strip()


def _dead_layer(seen: "network.MostlyDead") -> Text:
    from mlp_core.diagnosis.checks.network import DEAD_SHARE

    first, last = seen.updates
    return Text(
        title="Most of a layer is dead",
        found=f"From update {first:,} to {last:,}, at least {percent(DEAD_SHARE)} of the units of "
        f"layer {seen.layer} are 0 for every training row; at the end, {seen.dead} of "
        f"{seen.units}.",
        why="A unit that is 0 for every row has a gradient of 0, so its weights learn nothing "
        "until earlier layers change its input. If all units of a layer are dead, every "
        "prediction is the same.",
    )


def _plain_descent(seen: "learning.PlainDescent") -> Text:
    ratio = seen.gradient_ratio
    sizes = f" The largest gradient norm of a layer is {ratio:.1f}x the smallest." if ratio else ""
    return Text(
        title="Plain gradient descent is slower than AdamW",
        found=f"The updates follow the gradient (median cosine {seen.cosine:.3f}). On the first "
        f"minibatch alone, {seen.updates} of them reach a loss of {loss(seen.loss)}, and the same "
        f"number of AdamW updates at the same learning rate reaches {loss(seen.adamw_loss)}."
        f"{sizes}",
        why="With one learning rate for all parameters, the steepest direction limits the learning "
        "rate, and flat directions learn slowly. AdamW divides each parameter's update by the "
        "typical size of its gradient.",
    )


def _wall(seen: "network.UnseenLength") -> Text:
    least, greatest = seen.scales
    return Text(
        title="The predictions ignore the length of the input",
        found=f"Scaling the inputs by {least:g} to {greatest:g} changes the predictions by "
        f"{percent(seen.response)} of their spread. On the validation rows, the length of x "
        f"explains {percent(seen.gain)} of the remaining error (val loss {loss(seen.val_loss)}).",
        why="LayerNorm divides W x by its standard deviation, so without a bias before LayerNorm "
        "x and 2 x give every later layer the same values. Training cannot change that.",
    )


def _diverged(seen: "learning.Diverged") -> Text:
    values = [each.value for each in seen.outcome.lasting]
    title = "The run diverged"
    found = (
        f"The train loss was lowest, {loss(seen.lowest)}, after "
        f"{counted(seen.lowest_at, 'update')}. It ended at {loss(seen.final)}."
    )
    if values:
        title = f"The loss is {values[0] if len(set(values)) == 1 else 'not finite'}"
        found = described(seen.outcome)
    return Text(
        title=title,
        found=found,
        why="A parameter that is NaN makes every prediction NaN, and no later update can change "
        "that. A parameter that grows without bound becomes NaN as well.",
    )


def _start_loss(seen: "learning.StartLoss") -> Text:
    return Text(
        title="The train loss starts too high",
        found=f"The train loss starts at {loss(seen.loss)}. A start with scaled weights and unit "
        f"gains averages {loss(seen.sound)} on these targets.",
        why="Initial predictions should be small, so that the first updates learn the target. Here "
        "the first updates have to undo the initial predictions instead.",
    )


def _one_batch(seen: "learning.BatchFit") -> Text:
    return Text(
        title="The run fits one minibatch poorly",
        found=f"On the first minibatch alone, {seen.updates} updates of this run end at a loss of "
        f"{loss(seen.loss)}. The same number of default AdamW updates reaches {loss(seen.sound)} "
        "on a network of the same widths with every fix; predicting the mean gives "
        f"{loss(seen.predict_mean)}.",
        why="Both fits use the same rows, so the data cannot explain the difference. The cause is "
        "the network, its initialization, or its updates, including the learning rate.",
    )


def _least_squares(seen: "learning.LinearFit") -> Text:
    return Text(
        title="A linear fit does better",
        found=f"The train loss ends at {loss(seen.train)} and the val loss at {loss(seen.val)}. A "
        f"linear least-squares fit to the training rows gives {loss(seen.linear_train)} and "
        f"{loss(seen.linear_val)}.",
        why="A linear fit is better on the same rows that the network was trained on. The network "
        "has not learned what a linear model can learn from them.",
    )


def _gap(seen: "learning.Gap") -> Text:
    return Text(
        title="The val loss is above the train loss",
        found=f"The train loss ends at {loss(seen.train)}, the val loss at {loss(seen.val)}. The "
        f"difference is {seen.errors:,.0f} standard errors.",
        why="What the network has learned from the training rows holds only in part for new rows. "
        "More rows, fewer parameters, or fewer updates narrow the gap.",
    )


def _eager_step(seen: "learning.EagerStep") -> Text:
    return Text(
        title="The update is not compiled",
        found=f"One update dispatches about {seen.operations} separate operations to the device. A "
        "compiled update dispatches 1.",
        why="Each operation has a fixed dispatch cost, which dominates the time for small arrays. "
        "A compiled update computes the same numbers, up to rounding.",
    )


TEXTS: dict[str, Callable[[Any], Text]] = {
    "empty_batches": _empty_batches,
    "never_seen": _never_seen,
    "moved_on_nothing": _moved_on_nothing,
    "reused_keys": _reused_keys,
    "copied_numbers": _copied_numbers,
    "drawn_norm": _drawn_norm,
    "undefined_output": _undefined_output,
    "undefined_gradient": _undefined_gradient,
    "dead_layer": _dead_layer,
    "plain_descent": _plain_descent,
    "wall": _wall,
    "diverged": _diverged,
    "start_loss": _start_loss,
    "one_batch": _one_batch,
    "least_squares": _least_squares,
    "gap": _gap,
    "eager_step": _eager_step,
}
"""The function that returns the text of each check's measurement, by the name of the check."""


def checked() -> dict[str, str]:
    """Returns what is true if a check finds nothing, as a sentence, by the name of the check."""
    from mlp_core.diagnosis.checks import learning, network, rows_and_keys

    return {
        "empty_batches": "Every minibatch has rows.",
        "never_seen": f"Less than {percent(rows_and_keys.NEVER_SEEN)} of the training rows are in "
        "no minibatch, provided that the minibatches have room for all rows.",
        "moved_on_nothing": f"Less than {percent(rows_and_keys.MOVED_ON_NOTHING)} of the length of "
        "the parameters' path comes from empty minibatches.",
        "reused_keys": "Every random draw of the initialization has its own key.",
        "copied_numbers": "No initial array starts with the numbers of another array.",
        "drawn_norm": f"No LayerNorm gain starts negative or within {network.TINY_GAIN} of 0.",
        "undefined_output": "The loss is finite for a row whose units are all equal.",
        "undefined_gradient": "The gradient of the loss is finite for a row whose units are all "
        "equal.",
        "dead_layer": f"No layer ends with {percent(network.DEAD_SHARE)} or more of its units "
        "dead.",
        "plain_descent": "If the updates only follow the gradient, AdamW at the same learning rate "
        f"does not reach less than 1/{learning.SLOWER:g} of their loss on one minibatch.",
        "wall": "Predictions change with the length of the input if the target does.",
        "diverged": "The losses stay finite, and the train loss does not end above "
        f"{learning.WORSE:g} times the larger of its initial value and the loss of predicting the "
        "mean.",
        "start_loss": f"The train loss starts below {learning.START:g} times the average of "
        "correct starts.",
        "one_batch": f"The loss on one minibatch falls to {percent(learning.FITTED)} of the loss "
        f"of predicting its mean, or to {learning.UNLIKE_SOUND:g} times that of a network with "
        "every fix.",
        "least_squares": "The train loss ends above least squares by less than "
        f"{percent(learning.LINEAR)} of the loss of predicting the mean.",
        "gap": f"The val loss ends less than {percent(learning.GAP_RATIO - 1)} or "
        f"{learning.GAP_ERRORS:g} standard errors above the train loss.",
        "eager_step": f"An update dispatches fewer than {learning.MANY_OPERATIONS} operations.",
    }


_LETTERS = {"weight": "W", "bias": "b", "gain": "g", "pre_bias": "c"}


def _arrays(names: Sequence[str]) -> str:
    """Returns arrays as text, such as `W, b, and g of layer 1 with W of the head`."""
    layers = groupby(map(array_place, names), lambda place: place[0])
    return " with ".join(
        f"{listed([_LETTERS[array] for _, array in group])} of {layer}" for layer, group in layers
    )
