"""The data for the player's script: the snapshots, with names and scales."""

from itertools import pairwise
from typing import Any

import numpy as np

from dashboard.choice import Choice
from dashboard.player.tables import by_layer
from dashboard.work import runs
from mlp_core.data.table import table_of
from mlp_core.diagnosis.compact import Compact, Numbers, decoded

_COMMON = 0.95
"""The share of weights drawn to scale. The few largest weights would make all others too thin."""

_MOST_TICKS = 6
_LEGEND_TILES = (
    "Units: the stronger the color, the larger the mean over the validation rows. A hollow unit "
    "with a dotted outline is dead: 0 for every validation row. × is NaN."
)
_LEGEND = (
    f"Edges: weights, dashed if negative, pale while nothing moves. {_LEGEND_TILES} Beside a unit: "
    "LayerNorm's gain above, its bias below."
)


def payload(choice: Choice, compact: Compact) -> dict[str, Any]:
    """Returns the data for the player's script, ready for JSON."""
    numbers, scale = decoded(compact), runs.target_scale(choice.settings)
    inputs, target = names(choice)
    weights, norms = _sizes(compact, numbers)
    return compact._asdict() | {
        "id": choice.compiled.code,
        "inputs": inputs,
        "target": target,
        "mean": scale.mean,
        "unit": scale.unit,
        "ticks": _ticks(numbers.val_loss),
        "layers": _layout(compact),
        "largest_weight": weights,
        "largest_norm": norms,
        "legend": _LEGEND if compact.params else _LEGEND_TILES,
    }


def names(choice: Choice) -> tuple[list[str], str]:
    """Returns the names of the inputs and of the prediction."""
    table = table_of(choice.settings.task)
    if table is not None:
        return list(table.features), f"predicted {table.target}"
    return [f"x{place}" for place in range(1, choice.settings.num_features + 1)], "prediction"


def _layout(compact: Compact) -> list[dict[str, int]]:
    """Returns each layer's inputs and outputs, and the offsets of its raveled parameters."""
    pairs = list(pairwise([*compact.widths, 1]))
    num_params = sum(outputs * (inputs + 3) for inputs, outputs in pairs)  # more than there are
    places = by_layer(compact.widths, np.arange(num_params)[None])
    unused = () if compact.norm[2] else ("pre",)
    return [
        {"inputs": inputs, "outputs": outputs}
        | {part: int(at[0, 0]) for part, at in layer.items() if part not in unused}
        for (inputs, outputs), layer in zip(pairs, places, strict=True)
    ]


def _sizes(compact: Compact, numbers: Numbers) -> tuple[float, float]:
    """Returns the absolute values of a weight, and of a gain or bias, that are drawn full size."""
    if numbers.params is None:
        return 1.0, 1.0
    *layers, head = by_layer(compact.widths, numbers.params)
    weights = [layer["weight"] for layer in (*layers, head)]
    norms = [layer[part] for layer in layers for part in ("bias", "gain")]
    return _common(weights), _common(norms)


def _common(parts: list[np.ndarray]) -> float:
    sizes = np.abs(np.concatenate(parts, axis=1))
    sizes = sizes[np.isfinite(sizes)]
    return float(np.quantile(sizes, _COMMON)) or 1.0 if len(sizes) else 1.0


def _ticks(losses: np.ndarray) -> list[float]:
    """Returns the ticks of a logarithmic axis for these losses."""
    drawn = losses[np.isfinite(losses) & (losses > 0)]
    if not len(drawn):
        return []
    powers = [digit * 10.0**power for power in range(-12, 39) for digit in (1, 2, 3, 5, 7)]
    low, high = 0.9 * float(drawn.min()), 1.1 * float(drawn.max())
    inside = [float(f"{tick:.0e}") for tick in powers if low < tick < high]
    return inside[:: -(-len(inside) // _MOST_TICKS) or 1]
