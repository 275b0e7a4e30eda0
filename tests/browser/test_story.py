"""The Story in a real browser."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.waiting import chart_lines, chart_marks, settled


def test_the_slider_moves_the_input_and_the_switch_makes_the_prediction_follow(page: Page) -> None:
    page.goto("/story?scale=4.0")
    settled(page)
    chart = page.get_by_test_id("stVegaLiteChart").last
    expect(page.get_by_text("The prediction ignores the length")).to_be_visible()
    before = {mark["line"]: mark["value"] for mark in chart_marks(chart, "symbol")}

    page.get_by_test_id("stMain").get_by_text("Bias before LayerNorm", exact=True).click()

    expect(page.get_by_text("The prediction depends on the length")).to_be_visible()
    settled(page)
    after = {mark["line"]: mark["value"] for mark in chart_marks(chart, "symbol")}
    assert after["true"] == before["true"]
    assert abs(after["predicted"] - after["true"]) < abs(before["predicted"] - before["true"]) / 2
    assert "wall_bias=true" in page.url


def test_the_charts_of_the_wall_end_level(page: Page) -> None:
    page.goto("/story")
    settled(page)

    residuals, scaled = (
        page.locator(f".st-key-twin_{key}").bounding_box()
        for key in ("wall_residuals", "scaled_input")
    )

    assert residuals
    assert scaled
    assert residuals["y"] == scaled["y"]


def test_a_stage_is_drawn_over_the_one_before_and_opens_in_the_lab(page: Page) -> None:
    page.goto("/story")
    settled(page)
    first, second = chart_lines(page.get_by_test_id("stVegaLiteChart").first)
    assert (first[0]["line"], second[0]["line"]) == ("v1", "keys")
    assert round(first[-1]["loss"], 2) == 5.64

    page.get_by_test_id("stMain").get_by_role("button", name="Open in the Lab").last.click()

    expect(page.get_by_text("What does each fix do?")).to_be_visible()
    settled(page)
    expect(page.get_by_role("radio", name="final")).to_be_checked()
    assert re.search(r"/\?.*adamw=true", page.url)


def test_runs_open_in_the_lab_one_after_the_other(page: Page) -> None:
    page.goto("/story")

    for place, stage in ((0, "v1"), (1, "keys"), (2, "norm")):
        settled(page)
        page.get_by_test_id("stMain").get_by_role("button", name="Open in the Lab").nth(
            place
        ).click()
        expect(page.get_by_text("What does each fix do?")).to_be_visible()
        settled(page)
        expect(page.get_by_role("radio", name=stage)).to_be_checked()
        page.get_by_role("link", name="Story").click()
        expect(page.get_by_text("How did the post get")).to_be_visible()


def test_the_details_of_a_stage_are_folded_on_a_phone_and_open(
    browser: Browser, server: str
) -> None:
    agent = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0 Mobile Safari/537.36"
    with browser.new_context(base_url=server, user_agent=agent) as phone:
        page = phone.new_page()
        page.goto("/story")
        settled(page)
        code = page.locator(".st-key-details_keys code").first
        expect(code).to_be_hidden()

        page.locator(".st-key-details_keys").get_by_text("Code, curve, and seeds").click()

        expect(code).to_be_visible()
        first, second = chart_lines(page.get_by_test_id("stVegaLiteChart").first)
        assert (first[0]["line"], second[0]["line"]) == ("v1", "keys")
