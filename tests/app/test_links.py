"""Each part of a link is read or ignored if invalid; no valid part is lost."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.choice import Choice
from dashboard.shell import grammar, pins, setting_controls
from dashboard.work import runs
from mlp_core import Fixes, Settings, settings
from mlp_core.settings import hidden_sizes
from tests.app.conftest import opened_at
from tests.app.links import OF_THE_READERS_RUN, PAGES, Link, links

PARSED, ON_PAGES, ON_FULL_PAGES = 5000, 84, 14
NAMES = {*grammar.PARAMETERS, grammar.STAGE}
TINY = {"hidden": "2", "steps": "20", "examples": "100", "batch_size": "8", "norm_init": "true"}


def written(link: Link) -> str:
    """Returns the query of a link as a browser writes it."""
    return urlencode(link, doseq=True)


def shared(app: AppTest) -> tuple[int | None, bool]:
    """Returns the sidebar's values for the seed and for the switch of the keys."""
    return app.number_input(key="seed").value, app.toggle(key="split_keys").value


def test_what_a_link_holds_is_read_as_runs_or_refused() -> None:
    for link in links(NAMES, PARSED):
        for values in parse_qs(written(link), keep_blank_values=True).values():
            text = values[-1]
            pinned = pins.read(text)[0]

            assert len(pinned) <= pins.MOST, link
            assert [Choice.of_code(code).code for code in pinned] == pinned, link
            assert _hidden(text), link


def _hidden(text: str) -> bool:
    """Returns whether a text yields settings within their bounds or a one-line message."""
    try:
        made = Settings(hidden=hidden_sizes(text[:40]))
    except ValueError as error:
        return len(str(error)) < 300
    widths = made.hidden
    return len(widths) <= settings.DEPTH.high and max(widths) <= settings.WIDTH.high


@pytest.mark.usefixtures("nothing_trained")
@pytest.mark.parametrize("page", PAGES)
def test_no_link_breaks_a_page(page: str) -> None:
    names = NAMES - {"seed", "split_keys"}
    for link in links(names, ON_PAGES // len(PAGES), seed=PAGES.index(page)):
        app = opened_at(page, **link, seed="7", split_keys="true")

        assert not app.exception, link
        assert shared(app) == (7, True), link


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize("page", PAGES)
def test_no_link_breaks_a_page_that_has_its_runs(page: str) -> None:
    names = NAMES - {*vars(Fixes()), *setting_controls.NAMES, "pins"}
    for link in links(names, ON_FULL_PAGES // len(PAGES), seed=PAGES.index(page)):
        app = opened_at(page, **link, **TINY)

        assert not app.exception, link
        assert app.main.markdown, link


def _sizes() -> Iterator[tuple[str, str]]:
    for name, bounds in settings.BOUNDS.items():
        if name in setting_controls.NAMES:
            yield name, f"{bounds.high * 10:.0f}"
            yield name, "-1"


@pytest.mark.usefixtures("nothing_trained")
def test_no_link_asks_for_more_than_the_bounds() -> None:
    app = opened_at("lab", **dict(_sizes()))

    found = {name: app.number_input(key=name).value for name, _ in _sizes()}

    assert not app.exception
    assert all(
        value is None or settings.BOUNDS[name].low <= value <= settings.BOUNDS[name].high
        for name, value in found.items()
    )


@pytest.mark.usefixtures("nothing_trained")
def test_a_run_too_large_is_refused_before_it_begins() -> None:
    app = opened_at("lab", steps="10000", batch_size="1024")

    assert "Steps times batch size must be at most" in app.error[0].value
    assert runs.known(Choice()) is None


@pytest.mark.usefixtures("nothing_trained")
@pytest.mark.parametrize("page", OF_THE_READERS_RUN)
def test_a_link_brings_no_markdown_onto_a_page(page: str) -> None:
    app = opened_at(page, hidden="![x](//a.example/b.png)")

    assert app.error, f"dashboard.shell.menu says that the settings affect {page}"
    said = app.error[0].value
    assert "//a.example/b.png" in said.replace("\\", "")
    assert "![" not in said
    assert "](" not in said
