"""What each probe shows: the Evidence page's pictures, with nothing in them marked as wrong."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.evidence import charts, tables
from dashboard.evidence.pictures import PICTURES, Picture

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence

_UNMARKED = "val"
"""The series of everything, where the Evidence page gives what is wrong another one."""


def _unmarked(finding: str) -> Callable[["Evidence"], Picture]:
    """Returns what draws the picture of a finding with everything in one colour."""

    def drawn(evidence: "Evidence") -> Picture:
        picture = PICTURES[finding](evidence)
        rows = {
            name: table.assign(series=_UNMARKED) if "series" in table else table
            for name, table in picture.tables.items()
        }
        return Picture(picture.spec, rows, "")

    return drawn


def _gradients(evidence: "Evidence") -> Picture:
    updates, norms = evidence.losses.updates[:-1], evidence.steps.gradient_norm
    lines = tables.layer_lines(updates, norms, positive=True)
    lines["line"] = lines["line"].replace(f"layer {tables.num_layers(evidence) + 1}", "head")
    spec = charts.layers("norm of the gradient, log scale", logarithmic=True)
    return Picture(spec, {"lines": lines, "ends": tables.ends(lines)}, "")


def _direction(evidence: "Evidence") -> Picture:
    cosines = evidence.steps.alignment[:, None]
    lines = tables.layer_lines(evidence.losses.updates[:-1], cosines, positive=False)
    spec = charts.layers("cosine with straight down", logarithmic=False)
    return Picture(spec, {"lines": lines, "ends": lines.head(0)}, "")


def _start(evidence: "Evidence") -> Picture | None:
    """Returns nothing where all units are alike: one dot is no picture."""
    picture = _unmarked("drawn_norm")(evidence)
    return picture if picture.tables["units"]["x"].nunique() > 1 else None


PICTURES_OF: dict[str, Callable[["Evidence"], Picture | None]] = {
    "baselines": PICTURES["least_squares"],
    "rows": _unmarked("empty_batches"),
    "ledger": _unmarked("reused_keys"),
    "start": _start,
    "direction": _direction,
    "scaled": _unmarked("wall"),
    "gradients": _gradients,
    "dead_units": PICTURES["dead_layer"],
    "one_batch": PICTURES["one_batch"],
}
"""The picture of each probe that has more to show than its sentence."""
