"""Charts that only the Diagnosis page uses. `dashboard.evidence.charts` has the shared ones."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.draw.marks import by_place, color


@cache
def tools() -> dict[str, Any]:
    """Returns the matrix of tools and bugs. Table: `cells`."""
    bugs = by_place(alt.X("bug:N"), "bug_place").title(None)
    names = by_place(alt.Y("tool:N")).title(None)
    plain: dict[str, Any] = {"ticks": False, "domain": False, "labelFontSize": 12}
    # On a phone the columns are too narrow for horizontal names.
    angle, align = (alt.ExprRef(f"width < 450 ? {way}") for way in ("-90 : 0", "'left' : 'center'"))
    return (
        alt.Chart(alt.NamedData("cells"))
        .mark_text(fontSize=17, aria=False)
        .encode(
            bugs.axis(
                **plain,
                orient="top",
                grid=False,
                labelAngle=angle,
                labelAlign=align,
                labelOverlap=False,
            ),
            names.axis(**plain, grid=True, labelLimit=230),
            text="symbol:N",
            color=color(),
            tooltip=[
                alt.Tooltip("tool:N"),
                alt.Tooltip("bug:N"),
                alt.Tooltip("outcome:N"),
                alt.Tooltip("said:N", title="message"),
            ],
        )
        .properties(height=400)
        .to_dict()
    )
