"""A reader's own CSV file in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import accessibility_problems
from tests.browser.waiting import chart_lines, settled

DIABETES = Path(__file__).parents[2] / "mlp_core" / "stored" / "diabetes.csv"
LINK = "/?task=csv&steps=60&norm_init=true&whole_batches=true&jit_step=true"


def choose(page: Page, file: Path) -> None:
    """Uploads a file in the sidebar."""
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def val_losses(page: Page) -> list[float]:
    """Returns the validation losses of the Lab's curve."""
    lines = chart_lines(page.get_by_test_id("stVegaLiteChart").first)
    return [row["loss"] for line in lines for row in line if row["line"] == "val"]


def test_a_file_is_trained_on_and_so_it_is_on_the_other_pages(page: Page) -> None:
    page.goto(LINK)
    expect(page.get_by_text("This run needs a CSV file")).to_be_visible()

    choose(page, DIABETES)

    expect(page.get_by_text("In units of progression")).to_be_visible()
    settled(page)
    assert len(val_losses(page)) > 2
    assert "csv-" not in page.url
    page.get_by_role("link", name="Story").click()
    expect(page.get_by_text("The NaN that epsilon does not prevent")).to_be_visible()
    settled(page)


def test_the_same_data_give_the_same_losses_from_the_file_and_from_the_package(page: Page) -> None:
    page.goto(LINK.replace("task=csv", "task=diabetes"))
    settled(page)
    expected = val_losses(page)

    page.goto(LINK)
    choose(page, DIABETES)

    expect(page.get_by_text("In units of progression")).to_be_visible()
    settled(page)
    assert val_losses(page) == pytest.approx(expected)


def test_another_session_does_not_see_the_file(page: Page, browser: Browser, server: str) -> None:
    page.goto(LINK)
    choose(page, DIABETES)
    expect(page.get_by_text("In units of progression")).to_be_visible()

    with browser.new_context(base_url=server) as stranger:
        other = stranger.new_page()
        other.goto(page.url.removeprefix(server))

        expect(other.get_by_text("This run needs a CSV file")).to_be_visible()


def test_a_file_that_is_none_is_told_so_and_another_takes_its_place(
    page: Page, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("no table at all")
    page.goto(LINK)

    choose(page, broken)

    expect(page.get_by_text("The lines have only one column").first).to_be_visible()
    choose(page, DIABETES)
    expect(page.get_by_text("In units of progression")).to_be_visible()
    settled(page)


def test_the_chosen_file_brings_no_accessibility_findings(page: Page) -> None:
    page.goto(LINK)
    settled(page)

    assert accessibility_problems(page) == {}
