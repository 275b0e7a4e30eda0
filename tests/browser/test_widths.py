"""Each page at the widths of phones, half windows, and large screens."""

import pytest
from playwright.sync_api import Page

from tests.browser.checks import layout_problems
from tests.browser.waiting import settled

WIDTHS = (360, 390, 768, 960, 1200, 1440, 1920)
LINKS = {
    "lab": "/?jit_step=true&watch=true",
    "story": "/story?jit_step=true",
    "seeds": "/seeds?with_beyond=true",
    "diagnosis": "/diagnosis?jit_step=true",
    "speed": "/speed",
    "code": "/code?jit_step=true",
    "detective": "/detective",
}


@pytest.mark.parametrize("name", LINKS)
def test_nothing_overlaps_or_is_cut_off_at_any_width(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(LINKS[name])
    settled(page)

    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = layout_problems(settled(page))

    assert {width: problems for width, problems in found.items() if problems} == {}
