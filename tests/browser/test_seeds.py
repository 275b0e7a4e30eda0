"""The Seeds page in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.waiting import axis_names, chart_marks, settled

TINY = "hidden=2&steps=20&examples=100&batch_size=8"
VALUES, PAIRS, COMBINATIONS, WATERFALL, CREDITS = (
    0,
    1,
    2,
    3,
    4,
)  # positions of these charts on the page
SLOPES, DIFFERENCES = 3, 4
SHORT = ["keys", "epsilon", "init", "batches", "AdamW"]


def flip(page: Page, switch: str) -> None:
    """Clicks a switch in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_text(switch, exact=True).click()


def test_a_click_at_a_row_opens_its_run_in_the_lab(page: Page) -> None:
    page.goto("/seeds?jit_step=true&seed=7&sort=switches&adamw=true")
    settled(page)
    chart = page.get_by_test_id("stVegaLiteChart").nth(COMBINATIONS)
    page.wait_for_timeout(1000)  # `settled` does not notice that a canvas is drawn
    box = chart.bounding_box()
    assert box is not None

    # Sorted by switches, the last row has all five fixes on; the axis is below it.
    chart.click(position={"x": 60, "y": box["height"] - 83})

    expect(page.get_by_text("What does each fix do?")).to_be_visible()
    settled(page)
    on = {"split_keys", "norm_epsilon", "norm_init", "whole_batches", "adamw"}
    assert all(f"{name}=true" in page.url for name in on)
    assert "seed=7" in page.url
    expect(page.get_by_role("radio", name="final")).to_be_checked()


def test_a_click_at_a_seed_of_a_step_opens_its_run_in_the_lab(page: Page) -> None:
    page.goto("/seeds?jit_step=true&view=One+step&base=keys&add=AdamW")
    settled(page)
    dot = (
        page.get_by_test_id("stVegaLiteChart").nth(DIFFERENCES).locator(".mark-symbol path").nth(9)
    )
    seed = dot.evaluate("dot => dot.__data__.datum.seed")

    dot.click(force=True)

    expect(page.get_by_text("What does each fix do?")).to_be_visible()
    settled(page)
    shown = "split_keys=true&jit_step=true&adamw=true" + (f"&seed={seed}" if seed != 42 else "")
    shown += "&view=One+step&base=keys&add=AdamW"  # the view to which Back and the menu return
    assert page.url.partition("?")[2] == shown


def test_the_order_is_changed_with_the_keyboard_and_survives_a_reload(page: Page) -> None:
    page.goto("/seeds")
    settled(page)

    page.get_by_role("button", name="Move AdamW up", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("order=keys.epsilon.init.AdamW.batches"))
    settled(page)
    page.keyboard.press("Enter")  # the focus has followed

    expect(page).to_have_url(re.compile("order=keys.epsilon.AdamW.init.batches"))
    page.reload()
    settled(page)
    marks = chart_marks(page.get_by_test_id("stVegaLiteChart").nth(WATERFALL), "rect")
    bars = marks[: len(SHORT)]  # the ticks at their ends follow
    assert [bar["step"] for bar in bars] == ["keys", "epsilon", "AdamW", "init", "batches"]

    page.get_by_role("button", name="Move LayerNorm epsilon up", exact=True).focus()
    for _ in range(2):  # the second press finds no button, because the fix is at the top
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("order=epsilon.keys.AdamW.init.batches"))
        settled(page)
    expect(page).to_have_url(re.compile("order=epsilon.keys.AdamW.init.batches"))


def test_the_rows_of_the_charts_follow_the_order_at_once(page: Page) -> None:
    page.goto("/seeds")
    settled(page)

    page.get_by_role("button", name="Reverse").click()

    expect(page).to_have_url(re.compile("order=AdamW.batches.init.epsilon.keys"))
    settled(page)
    for chart in (WATERFALL, CREDITS):
        names = page.get_by_test_id("stVegaLiteChart").nth(chart).locator(".mark-text text")
        heights = {name.text_content(): name.bounding_box() for name in names.all()}
        rows = {name: box["y"] for name, box in heights.items() if box and name in SHORT}
        assert sorted(rows, key=rows.__getitem__) == SHORT[::-1]


def test_columns_are_stacked_beside_a_sidebar_on_a_small_laptop(page: Page) -> None:
    page.set_viewport_size({"width": 1100, "height": 900})
    page.goto("/seeds")
    settled(page)

    columns = page.get_by_test_id("stMain").get_by_test_id("stColumn").all()
    boxes = [box for column in columns if (box := column.bounding_box())]
    assert len({box["x"] for box in boxes}) == 1
    assert min(box["width"] for box in boxes) > 600


def test_fixes_that_join_the_charts_stand_where_the_sidebar_has_them(page: Page) -> None:
    page.goto("/seeds?view=One+step&base=keys&add=AdamW")
    settled(page)

    flip(page, "5 · AdamW")
    page.get_by_text("Include fixes beyond the post").click()

    expect(page.get_by_text("over all 5,040 orders")).to_be_visible()
    settled(page)
    charts = page.get_by_test_id("stVegaLiteChart")
    every = [*SHORT, "root", "bias"]
    assert axis_names(charts.nth(PAIRS), "Y") == every[1:]
    assert axis_names(charts.nth(PAIRS), "X") == every[:-1]
    assert axis_names(charts.nth(SLOPES), "X") == ["before", "after"]
    values = chart_marks(charts.nth(VALUES), "symbol")
    assert [value["fix"] for value in sorted(values, key=lambda value: value["place"])] == every


def test_flipping_a_switch_keeps_the_charts_and_their_numbers(page: Page) -> None:
    page.goto("/seeds")
    settled(page)
    charts = page.get_by_test_id("stVegaLiteChart").locator("svg, canvas")
    count = charts.count()
    before = chart_marks(page.get_by_test_id("stVegaLiteChart").nth(VALUES), "symbol")
    charts.evaluate_all("charts => charts.forEach(chart => chart.setAttribute('data-old', ''))")

    flip(page, "5 · AdamW")

    settled(page)
    assert page.locator("[data-old]").count() == count  # a rebuilt chart is a new element
    assert chart_marks(page.get_by_test_id("stVegaLiteChart").nth(VALUES), "symbol") == before


def test_a_grid_is_computed_here(page: Page) -> None:
    page.goto(f"/seeds?{TINY}&seeds=8")
    page.get_by_role("button", name="Compute it for my settings").click()

    page.get_by_role("button", name=re.compile("Compute 256 runs")).click()

    expect(page.get_by_text("All 8 seeds are computed.")).to_be_visible(timeout=120_000)
    settled(page)
    expect(page.get_by_text("over all 120 orders and 8 seeds")).to_be_visible()
