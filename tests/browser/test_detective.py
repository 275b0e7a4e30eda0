"""The Detective in a real browser, with cases played to the end."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.detective import words
from dashboard.switches import SWITCH
from mlp_core.game import COSTS, POINTS, case
from tests.browser.waiting import chart_lines, chart_marks, settled

MEDIUM = case("medium", 9)
"""A case with the bugs `whole_batches` and `adamw`."""
LINK = "/detective?level=medium&case=9"
LONGEST_TAB = 60


def opened(page: Page) -> None:
    """Opens the case and waits for its evidence, which a fresh server must compile."""
    page.goto(LINK)
    expect(page.get_by_role("heading", name="Look closer")).to_be_visible(timeout=240_000)
    settled(page)


def tab_to(page: Page, name: str) -> None:
    """Moves the focus with the Tab key to the control with a name."""
    for _ in range(LONGEST_TAB):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const at = document.activeElement;"
            " if (!['BUTTON', 'INPUT'].includes(at.tagName)) return '';"
            " return at.getAttribute('aria-label') || at.closest('label')?.innerText"
            " || at.innerText; })()"
        )
        if name in (focused or ""):
            return
    pytest.fail(f"The Tab key does not come to {name!r}.")


def ends(page: Page) -> dict[str, float]:
    """Returns where each line of the losses ends."""
    lines = chart_lines(page.get_by_test_id("stVegaLiteChart").first)
    return {line[-1]["line"]: line[-1]["loss"] for line in lines if line and "line" in line[0]}


def test_a_case_is_solved_by_keyboard_alone_and_fixed(page: Page) -> None:
    opened(page)

    tab_to(page, words.PROBE["direction"])
    page.keyboard.press("Enter")
    left = POINTS - COSTS["direction"]
    expect(page.get_by_text(f"{left} points left.")).to_be_visible()
    settled(page)
    for switch in MEDIUM.bugs:
        tab_to(page, SWITCH[switch].bug)
        page.keyboard.press("Space")
        expect(page.get_by_role("checkbox", name=SWITCH[switch].bug)).to_be_checked()
        settled(page)
    tab_to(page, "Accuse")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(
        "Correct: you accused every bug and no innocent suspect."
    )
    expect(page.get_by_text(f"Case 9, medium: solved. {left} points.")).to_be_visible()
    settled(page)
    to_share = page.get_by_test_id("stCode").last
    expect(to_share).to_contain_text(f"{page.url.partition('?')[0]}?level=medium&case=9")
    losses = page.get_by_test_id("stVegaLiteChart").first
    assert [mark["text"] for mark in chart_marks(losses, "rect")] == ["updates 1 to 999"]
    broken = ends(page)["val"]
    for switch in MEDIUM.bugs:
        page.get_by_test_id("stMain").get_by_role("switch").or_(
            page.get_by_test_id("stMain").get_by_role("checkbox")
        ).nth(MEDIUM.bugs.index(switch)).press("Space")
        settled(page)
    expect(page.get_by_text("With every bug fixed")).to_be_visible()
    settled(page)
    assert ends(page)["fixed"] < broken / 100


def test_a_wrong_accusation_costs_and_the_next_case_is_in_the_link(page: Page) -> None:
    opened(page)

    page.get_by_text(SWITCH["split_keys"].bug, exact=True).click()
    settled(page)
    page.get_by_role("button", name="Accuse", exact=True).click()

    expect(page.get_by_role("alert")).to_have_text("0 of 2 bugs found, 1 innocent suspect accused.")
    expect(page.get_by_text("Case 9, medium: closed. 0 points.")).to_be_visible()
    page.get_by_role("button", name="Next case").click()
    expect(page.get_by_text("Case 10, medium: two bugs are hidden.")).to_be_visible()
    settled(page)
    assert "case=10" in page.url
    assert "level=medium" in page.url


def test_the_readers_own_switches_are_out_of_sight_and_stay_in_the_link(page: Page) -> None:
    page.goto(f"{LINK}&adamw=true&jit_step=true")
    settled(page)

    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Your switches are hidden on this page")).to_be_visible()
    expect(sidebar.get_by_text("5 · AdamW", exact=True)).not_to_be_visible()
    assert "adamw=true" in page.url
    page.get_by_role("link", name="Lab").click()
    expect(page.get_by_text("What does each fix do?")).to_be_visible()
    settled(page)
    expect(sidebar.get_by_text("5 · AdamW", exact=True)).to_be_visible()
    assert "adamw=true" in page.url
    assert "jit_step=true" in page.url
