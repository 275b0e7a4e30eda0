"""The Detective page's charts as Vega-Lite specifications, each built once."""

from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.draw.marks import PLAIN, color, dash, loss_axis
from dashboard.evidence.charts import marked_updates

HEIGHT = 340
_UPDATES = alt.X("update:Q").title("updates").axis(grid=False, tickCount=6)


@lru_cache(2)
def losses(height: int = HEIGHT) -> dict[str, Any]:
    """Returns loss curves. Tables: `curves`, `ends` (labels), and `marked` (updates)."""
    loss = alt.Y("loss:Q").title("mean squared error, log scale")
    loss = loss.scale(type="log", nice=False, padding=12).axis(**loss_axis(1, 2, 5))
    shown = ("val", "train")
    lines = (
        alt.Chart(alt.NamedData("curves"))
        .mark_line(strokeWidth=2.2, **PLAIN)
        .encode(_UPDATES, loss, detail="line:N", color=color(shown), strokeDash=dash(shown))
    )
    names = (
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="right", dy=-8, fontSize=12)
        .encode(_UPDATES, loss, text="line:N", color=color(shown))
    )
    return alt.layer(lines, names, *marked_updates()).properties(height=height).to_dict()
