"""If a file that ships is damaged or missing, its page reports that, and the others work."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mlp_core import debuggers
from mlp_core.analysis import curves, grid_file
from mlp_core.data import table
from mlp_core.timing import figures
from tests.app.conftest import opened_at
from tests.app.links import OF_THE_READERS_RUN, PAGES

pytestmark = pytest.mark.usefixtures("nothing_trained")

FILES = {
    "grid": (grid_file, "POST_GRID"),
    "curves": (curves, "POST_CURVES"),
    "detectors": (debuggers, "SHIPPED"),
    "diabetes": (table, "DIABETES"),
    "speed": (figures, "SHIPPED"),
}


@pytest.fixture(params=["missing", "garbage"])
def broken(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes every file that ships missing or invalid, and returns their folder."""
    for name, (module, constant) in FILES.items():
        if request.param == "garbage":
            (tmp_path / name).write_text("no table\nat all")
        monkeypatch.setattr(module, constant, tmp_path / name)
    table.diabetes.cache_clear()
    return tmp_path


def said(app: AppTest) -> str:
    """Returns all messages about problems on a page."""
    return "\n".join(error.value for error in app.error)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks(page: str, broken: Path) -> None:
    app = opened_at(page)

    assert not app.exception
    assert str(broken) not in said(app)


def test_the_seeds_page_offers_to_compute_a_grid_instead(broken: Path) -> None:
    app = opened_at("seeds")

    assert "The stored grid cannot be read" in said(app)
    assert app.button(key="take_own").label == "Compute one here"


def test_the_evidence_goes_on_without_the_table_of_tools(broken: Path) -> None:
    assert "The table of tools cannot be read" in said(opened_at("diagnosis"))


@pytest.mark.parametrize("page", OF_THE_READERS_RUN)
def test_a_task_without_its_data_is_told(page: str, broken: Path) -> None:
    app = opened_at(page, task="diabetes")

    assert not app.exception
    assert "must be the file that ships" in said(app)
