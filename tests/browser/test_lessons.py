"""A chart's table and a lesson, in a real browser and by keyboard."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.waiting import settled


def test_the_keyboard_opens_a_table_beside_a_chart_that_stays(page: Page) -> None:
    page.goto("/?jit_step=true")
    settled(page)
    charts = page.get_by_test_id("stVegaLiteChart").locator("svg, canvas")
    count = charts.count()
    charts.evaluate_all("charts => charts.forEach(chart => chart.setAttribute('data-old', ''))")

    page.locator("summary", has_text="of loss curves").focus()
    page.keyboard.press("Enter")

    table = page.get_by_test_id("stExpander").get_by_test_id("stDataFrame")
    expect(table).to_have_count(1)
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[class*=st-key-twin_loss]') !== null")
    assert page.locator("[data-old]").count() == count  # a rebuilt chart is a new element


def test_the_keyboard_makes_a_lesson(page: Page) -> None:
    page.goto("/seeds?steps=500")
    settled(page)

    page.get_by_role("button", name="More").press("Enter")
    page.get_by_role("menuitem", name="Make a lesson").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_focused()
    press_until_focused(page, dialog.get_by_role("textbox", name="Task"))
    page.keyboard.type("Say why")
    press_until_focused(page, dialog.get_by_role("button", name="Stage of the post"))
    page.keyboard.press("Space")

    expect(dialog.get_by_test_id("stCode")).to_contain_text("lesson=Say+why&hide=stage")
    press_until_focused(page, dialog.get_by_role("button", name="Copy to clipboard"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="More")).to_be_focused()


def press_until_focused(page: Page, target: Locator, most: int = 5) -> None:
    """Presses the Tab key until an element has the focus, or fails."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    expect(target).to_be_focused()


def test_a_lesson_stays_on_every_page_until_it_is_left(page: Page) -> None:
    page.goto("/seeds?steps=500&hide=experiment&lesson=Say+**why**&adamw=true")
    settled(page)
    page.get_by_test_id("stSidebar").get_by_text("Bias before LayerNorm", exact=True).click()
    expect(page).to_have_url(re.compile("bias_before_norm=true"))

    page.get_by_role("link", name="Diagnosis").click()
    expect(page).to_have_url(re.compile("/diagnosis"))
    settled(page)

    expect(page.get_by_text("Say **why**", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text("Experiment")).to_be_hidden()
    for parameter in ("steps=500", "hide=experiment", "lesson=Say", "bias_before_norm=true"):
        assert parameter in page.url

    page.get_by_role("button", name="Leave the lesson").click()

    page.get_by_test_id("stSidebar").get_by_text("Experiment").click()
    expect(page.get_by_label("Steps", exact=True)).to_have_value("500")
    assert "lesson" not in page.url
    assert "steps=500" in page.url
