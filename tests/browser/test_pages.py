"""Each page at the widths of phones, half windows, and large screens, and its accessibility."""

import pytest
from playwright.sync_api import Page

from dashboard.shell import menu
from tests.browser.checks import accessibility_problems, layout_problems
from tests.browser.waiting import settled

WIDTHS = (360, 390, 768, 960, 1200, 1440, 1920)
LINKS = {page.name: f"/{page.name}" for page in menu.PAGES} | {
    "lab": "/?jit_step=true&watch=true",
    "story": "/story?jit_step=true",
    "seeds": "/seeds?with_beyond=true",
    "seeds, one step": "/seeds?view=One+step",
    "seeds, numbers": "/seeds?view=Numbers",
    "diagnosis": "/diagnosis?jit_step=true",
    "code": "/code?steps=60&split_keys=true&against=final",
    "detective": "/detective?level=medium&case=9",
    "lesson": "/seeds?hide=experiment&lesson=Say+why",
}


@pytest.mark.parametrize("name", LINKS)
def test_a_page_fits_every_width_and_is_accessible(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    page.goto(LINKS[name])
    settled(page)

    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = layout_problems(settled(page))

    assert {width: problems for width, problems in found.items() if problems} == {}
    assert accessibility_problems(page) == {}
