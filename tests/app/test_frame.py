"""What the frame does around every page."""

import time

import pytest

from dashboard import runs
from dashboard.choice import Choice
from mlp_core import Fixes, Settings
from tests.app.conftest import SETTLES_WITHIN_SECONDS, opened_at

SHORT = {"steps": "60", "adamw": "true"}
CHOSEN = Choice(Fixes(adamw=True), Settings(steps=60))


@pytest.mark.usefixtures("fresh_caches")
def test_the_first_page_begins_a_training_though_it_needs_none() -> None:
    opened_at("lattice", **SHORT)

    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while runs.known(CHOSEN) is None:
        assert time.monotonic() < deadline, "No training was begun."
        time.sleep(0.1)


@pytest.mark.usefixtures("fresh_caches")
def test_settings_that_make_no_run_are_told_by_the_page_alone() -> None:
    app = opened_at("lattice", hidden="no numbers", **SHORT)

    assert not app.exception
    assert len(app.error) == 1
