"""Fixtures and functions that open the app without a browser."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.work import memory, runs
from dashboard.work.jobs import Job

ENTRY = Path(__file__).parents[2] / "streamlit_app.py"
SETTLES_WITHIN_SECONDS = 120

Open = Callable[..., AppTest]


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Empties the caches, which belong to the process, not to a test."""
    _forget_everything()
    yield
    _forget_everything()


@pytest.fixture(autouse=True)
def compiled_programs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables the memory limit, because the tests use more memory than a server does."""
    monkeypatch.setattr(memory, "_used_mb", lambda: 0.0)


@pytest.fixture
def open_app(fresh_caches: None) -> Open:
    """Returns a function that opens the Lab at a link and waits until its run is trained."""
    return lambda **parameters: settled(opened_at(None, **parameters))


@pytest.fixture
def nothing_trained(monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> None:
    """Makes all background work fail at once, so that many links can be tested quickly."""

    def fails(job: Job[object]) -> None:
        job.done, job.error = True, ValueError("nothing is trained here")

    monkeypatch.setattr(Job, "advance", fails)


def opened_at(page: str | None, **parameters: str) -> AppTest:
    """Returns a page at a link, drawn once, as the first request of a session.

    Args:
      page: the name of its file; None opens the app without naming a page.
    """
    app = AppTest.from_file(ENTRY, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    return (app.switch_page(f"pages/{page}.py") if page else app).run()


def run_until(app: AppTest, there: Callable[[], object]) -> AppTest:
    """Reruns the app, which has no timers here, until a condition holds or an error is shown."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not (there() or app.exception or app.error):
        assert time.monotonic() < deadline, "It did not come in time."
        time.sleep(0.1)
        app.run()
    return app


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits until a condition outside the page holds."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "It did not come in time."
        time.sleep(0.01)


def settled(app: AppTest) -> AppTest:
    """Returns the Lab after its run has been trained."""
    return run_until(app, lambda: any(choice.key == "tab" for choice in app.segmented_control))


def sentence(app: AppTest) -> str:
    """Returns the answer above the charts."""
    texts = [text.value for text in app.main.markdown if "**" in text.value]
    return next((text for text in texts if text.startswith(("**Val loss", "**:red["))), texts[0])


def mirror(controls: Iterable[Any], name: str) -> Any:
    """Returns the control whose key is a name, or a name and a number (see `shell.mirror`)."""
    return next(
        control for control in controls if re.fullmatch(rf"{name}(_\d+)?", control.key or "")
    )


def metric(app: AppTest, label: str) -> str:
    """Returns the value of the metric with a label."""
    return next(metric.value for metric in app.metric if metric.label == label)


def val_loss(app: AppTest) -> str:
    """Returns the val loss in the Lab's answer."""
    said = sentence(app)
    found = re.match(r"\*\*Val loss (\S+)\*\*", said)
    return found[1] if found else "NaN" if "The loss is NaN" in said else ""


def choose(app: AppTest, label: str) -> AppTest:
    """Returns the app after a choice in the menu of actions."""
    return app.menu_button(key="more").click(label).run()


def text(app: AppTest) -> str:
    """Returns all sentences of the page."""
    return "\n".join(markdown.value for markdown in app.main.markdown)


def copied_link(app: AppTest) -> str:
    """Returns the link in the dialog of what can be shared, which stays open."""
    choose(app, "Share")
    texts = [str(code.value) for code in app.code]
    return texts[next(place for place, text in enumerate(texts) if "<iframe" in text) - 1]


def table(app: AppTest, chart: int, name: str) -> list[dict[str, object]]:
    """Returns the rows of one named data set of a chart on the page."""
    datasets = app.get("vega_lite_chart")[chart].proto.datasets
    found = {dataset.name: dataset.data.data for dataset in datasets}
    assert name in found, f"chart {chart} of the page has the tables {list(found)}, not {name!r}"
    return pa.ipc.open_stream(found[name]).read_all().to_pylist()


def _forget_everything() -> None:
    # Caches belong to the process: a run of one test must not be cached already in the next.
    st.cache_data.clear()
    st.cache_resource.clear()
    for kept in (runs.stored_curves, runs.baselines, runs.target_scale, runs.wall):
        kept.cache_clear()
