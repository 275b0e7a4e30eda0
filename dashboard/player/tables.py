"""The numbers of the player, as tables to read."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from mlp_core.diagnosis.compact import Compact, Numbers

NAMES = {"gain": "gain", "bias": "bias", "pre": "bias before LayerNorm"}
"""The names of the parts of a hidden layer, except its weights."""


def by_layer(widths: Sequence[int], params: np.ndarray) -> list[dict[str, np.ndarray]]:
    """Returns raveled parameters `[R, P]` as each layer's arrays, `[R, numbers]`; the head last.

    Args:
      widths: the inputs, then each hidden layer's units.
    """
    layers: list[dict[str, np.ndarray]] = []
    place = 0

    def taken(count: int) -> np.ndarray:
        nonlocal place
        place += count
        return params[:, place - count : place]

    for inputs, outputs in pairwise((*widths, 1)):
        layer = {"weight": taken(inputs * outputs), "bias": taken(outputs)}
        if len(layers) < len(widths) - 1:
            layer |= {"gain": taken(outputs), "pre": taken(outputs)}
        layers.append(layer)
    return layers


def updates(compact: Compact, numbers: Numbers) -> pd.DataFrame:
    """Returns the recorded updates, one a row, with the losses and the dead units."""
    rows = np.repeat(*np.array(compact.rows).T[::-1])
    made = numbers.updates - 1
    first = made < 0
    table = pd.DataFrame(
        {
            "update": numbers.updates,
            "epoch": np.where(first, 1, made // compact.epoch + 1),
            "minibatch": np.where(first, 0, made % compact.epoch + 1),
            "rows": np.where(first, 0, rows[made % compact.epoch]),
            "minibatch loss": numbers.batch_loss,
            "val loss": numbers.val_loss,
        }
    )
    for layer, dead in enumerate(np.split(numbers.zeros == 1, _ends(compact), axis=1), 1):
        table[f"dead units, layer {layer}"] = dead.sum(axis=1)
    return table


def units(compact: Compact, numbers: Numbers, record: int) -> pd.DataFrame:
    """Returns the units at one recorded update, one a row, with LayerNorm's numbers for each."""
    widths = compact.widths[1:]
    table = pd.DataFrame(
        {
            "layer": np.repeat(np.arange(1, len(widths) + 1), widths),
            "unit": np.concatenate([np.arange(1, width + 1) for width in widths]),
            "mean activity": numbers.activity[record],
            "zero for (share of rows)": numbers.zeros[record],
        }
    )
    for title, values in (("", numbers.params), ("gradient of ", numbers.gradients)):
        if values is not None:
            layers = by_layer(compact.widths, values[[record]])[:-1]
            for part, name in NAMES.items():
                table[title + name] = np.concatenate([layer[part][0] for layer in layers])
    return table


def weights(
    compact: Compact, numbers: Numbers, record: int, inputs: Sequence[str]
) -> pd.DataFrame | None:
    """Returns the weights at one recorded update, one a row; None if they are not recorded.

    Args:
      inputs: the names of the inputs.
    """
    if numbers.params is None:
        return None
    tables = []
    columns = {"weight": numbers.params, "gradient": numbers.gradients}
    arrays = {
        title: by_layer(compact.widths, values[[record]])
        for title, values in columns.items()
        if values is not None
    }
    for place, (before, after) in enumerate(pairwise((*compact.widths, 1))):
        sources = inputs if place == 0 else [f"unit {unit}" for unit in range(1, before + 1)]
        is_head = place == len(compact.widths) - 1
        targets = ["output"] if is_head else [f"unit {unit}" for unit in range(1, after + 1)]
        cells = {title: layers[place]["weight"][0] for title, layers in arrays.items()}
        tables.append(
            pd.DataFrame(
                {
                    "layer": "output" if is_head else str(place + 1),
                    "from": list(sources) * after,
                    "to": np.repeat(targets, before),
                    **cells,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _ends(compact: Compact) -> np.ndarray:
    return np.cumsum(compact.widths[1:])[:-1]
