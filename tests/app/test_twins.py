"""Every chart has a table, whose rows are made and sent only while the table is open."""

from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard.draw import twin
from mlp_core import STAGES, Settings, train
from tests.app.conftest import opened_at, run_until

SHORT = {"steps": "60", "jit_step": "true"}
LONG = SHORT | {"steps": "5000"}
PAGES: dict[str, tuple[str | None, dict[str, str]]] = {
    "the Lab": (None, LONG),
    "the Story": ("story", SHORT | {"task": "length"}),
    "the Story with the stored grid": ("story", {}),
    "the Seeds page": ("seeds", {}),
    "the Seeds page's step": ("seeds", {"view": "One step"}),
    "the Seeds page's numbers": ("seeds", {"view": "Numbers"}),
    "the Evidence": ("diagnosis", SHORT),
    "the Speed": ("speed", {}),
    "the Detective": ("detective", {}),
}
"""A link to each page, and to each part of a page with its own charts."""


def drawn(page: str | None, link: dict[str, str]) -> AppTest:
    """Returns the page at a link after its charts have been drawn."""
    app = opened_at(page, **link)
    return run_until(app, lambda: app.get("vega_lite_chart") and not app.get("progress"))


def twins(app: AppTest) -> dict[str, Block]:
    """Returns the controls that open a table, by the chart's key."""
    marked = {block.proto.id.rpartition("-twin_")[2]: block for block in app.main.expander}
    return {key: block for key, block in marked.items() if key}


def open_all(app: AppTest) -> dict[str, Block]:
    """Opens every table on the page."""
    for key in twins(app):
        app.session_state[f"twin_{key}"] = True
    app.run()
    return twins(app)


@pytest.mark.parametrize("place", PAGES)
def test_every_chart_has_a_table_of_its_own(place: str) -> None:
    app = drawn(*PAGES[place])
    charts, tables = len(app.get("vega_lite_chart")), len(app.dataframe)
    buttons = twins(app)

    opened = open_all(app)

    assert len(buttons) == charts > 0
    assert len(app.dataframe) == tables + charts
    for key, block in opened.items():
        (table,) = (frame.value for frame in block.dataframe)
        assert len(table), f"{key} is empty"
        assert len(table.columns) >= 2, f"{key} says nothing of its rows"
        assert not [title for title in table if "_" in title], f"{key} has names of the code"


def test_rows_are_sent_only_to_an_open_table_which_has_every_recorded_update() -> None:
    app = drawn(*PAGES["the Lab"])
    closed = twins(app)

    opened = open_all(app)

    labels = {block.proto.label for block in closed.values()}
    (table,) = (frame.value for frame in opened["loss_curves"].dataframe)
    run = train(Settings(steps=int(LONG["steps"])), replace(STAGES["v1"], jit_step=True))
    assert [len(block.children) for block in closed.values()] == [0] * 4
    assert "Table *of loss curves*" in labels
    assert len(labels) == 4
    assert list(table) == ["updates", "train loss", "val loss", "val loss of v1"]
    assert list(table["updates"]) == list(run.updates)  # the chart has fewer rows
    assert table["val loss"].iloc[-1] == pytest.approx(run.final_val_loss, rel=1e-4)


def test_a_column_has_the_title_of_its_axis_and_what_places_marks_is_left_out() -> None:
    table = twin.readable(
        {"layer": [{"encoding": {"x": {"field": "update", "title": "updates, log scale"}}}]},
        pd.DataFrame({"update": [1], "line": ["val"], "series": ["val"], "place": [0]}),
    )

    assert table.to_dict("list") == {"updates": [1], "line": ["val"]}
