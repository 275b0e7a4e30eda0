"""Opens the app without a browser."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ENTRY = Path(__file__).parents[2] / "streamlit_app.py"
SETTLES_WITHIN_SECONDS = 120

Open = Callable[..., AppTest]


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Empties the caches: they belong to the process, not to a test."""
    _forget_everything()
    yield
    _forget_everything()


@pytest.fixture
def open_app(fresh_caches: None) -> Open:
    """Returns a function that opens the app at a link and waits until its run is trained."""
    return _opened


def settled(app: AppTest) -> AppTest:
    """Returns the app once nothing trains: no timer polls here, so it runs again itself."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not app.tabs and not app.exception and not app.error:
        assert time.monotonic() < deadline, "The run was not trained in time."
        time.sleep(0.1)
        app.run()
    return app


def sentence(app: AppTest) -> str:
    """Returns the answer above the metrics."""
    return next(text.value for text in app.main.markdown if "**" in text.value)


def metric(app: AppTest, label: str) -> str:
    """Returns the value that stands under a label."""
    return next(metric.value for metric in app.metric if metric.label == label)


def _opened(**parameters: str) -> AppTest:
    app = AppTest.from_file(ENTRY, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    return settled(app.run())


def _forget_everything() -> None:
    # Caches belong to the process: a run of one test must not be there already in the next.
    st.cache_data.clear()
    st.cache_resource.clear()
