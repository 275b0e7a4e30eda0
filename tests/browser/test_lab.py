"""The Lab in a real browser."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from mlp_core import STAGES, Fixes, Settings, train
from tests.browser.checks import layout_problems
from tests.browser.waiting import axis_names, chart_lines, settled


def curves(page: Page) -> Locator:
    """Returns the chart of the losses."""
    return page.get_by_test_id("stVegaLiteChart").nth(0)


def ends(page: Page) -> dict[str, str]:
    """Returns the number written at each dot of the comparison."""
    chart = page.get_by_test_id("stVegaLiteChart").nth(1)
    rows = chart.locator(".mark-text text").evaluate_all(
        "texts => texts.map(text => text.__data__.datum)"
    )
    return {row["label"]: row["text"] for row in rows if "text" in row}


def last_losses(page: Page) -> dict[str, float]:
    """Returns where each line of the loss chart ends."""
    lines = [line for line in chart_lines(curves(page)) if line and "line" in line[0]]
    return {line[-1]["line"]: line[-1]["loss"] for line in lines}


def flip(page: Page, switch: str) -> None:
    """Clicks a switch in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_text(switch, exact=True).click()


def test_flipping_a_switch_changes_the_curves_and_the_dot(page: Page) -> None:
    page.goto("/?jit_step=true")
    expect(page.get_by_text("Val loss 5.64")).to_be_visible(timeout=60_000)

    flip(page, "3 · Whole batches")

    expect(page.get_by_text("No minibatch is empty.")).to_be_visible()
    settled(page)
    run = train(Settings(), Fixes(whole_batches=True, jit_step=True))
    losses = last_losses(page)
    assert losses["val"] == pytest.approx(run.final_val_loss, rel=1e-3)
    assert losses["train"] == pytest.approx(run.final_train_loss, rel=1e-3)
    assert losses["v1"] == pytest.approx(5.637690, rel=1e-3)
    assert ends(page)["yours"] == f"{run.final_val_loss:.2f}"
    assert ends(page)["v1"] == "5.64"


def test_the_dots_keep_the_order_of_the_stages_whatever_is_flipped(page: Page) -> None:
    page.goto("/?jit_step=true")
    settled(page)

    rows = {}
    for stage in ("keys", "norm"):
        page.get_by_role("radio", name=stage, exact=True).click()
        rows[stage] = axis_names(settled(page).get_by_test_id("stVegaLiteChart").nth(1), "Y")
    flip(page, "5 · AdamW")
    rows["own"] = axis_names(settled(page).get_by_test_id("stVegaLiteChart").nth(1), "Y")

    for stage in ("keys", "norm"):
        assert rows[stage] == [f"{name} (yours)" if name == stage else name for name in STAGES]
    assert rows["own"][: len(STAGES)] == list(STAGES)
    assert len(rows["own"]) == len(STAGES) + 1


def test_the_app_opens_at_the_first_version_and_times_its_loop(page: Page) -> None:
    page.goto("/")

    expect(page.get_by_text("Val loss 5.64")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Measure").click()
    # The measuring process first imports JAX and compiles three forms.
    expect(page.get_by_text(re.compile(r"Timing, round \d of 5"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Stopped before it was done.")).to_be_visible(timeout=30_000)
    assert ends(page)["v1 (yours)"] == "5.64"


def test_a_copied_link_restores_the_view(page: Page) -> None:
    page.goto("/?jit_step=true&norm_init=true&seed=7")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Pin this run").click()
    settled(page).get_by_role("radio", name="Numbers").click()
    flip(page, "3 · Whole batches")
    settled(page)
    seen = (last_losses(page), ends(page))
    pinned = "v1 + init + compiled step, seed 7"

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    settled(page)

    assert (last_losses(page), ends(page)) == seen
    assert seen[0].keys() == {"val", "train", "batch", "v1", pinned}
    expect(page.get_by_role("radio", name="Numbers")).to_have_attribute("aria-checked", "true")


def test_a_reload_keeps_the_view(page: Page) -> None:
    page.goto("/?jit_step=true")
    flip(page, "5 · AdamW")
    settled(page)
    before = ends(page)

    page.reload()

    assert ends(settled(page)) == before


def test_a_long_run_grows_and_can_be_stopped(page: Page) -> None:
    page.goto("/?jit_step=true&norm_init=true&whole_batches=true&steps=10000&hidden=64,64,64,64")
    expect(page.get_by_text(re.compile(r"Training: [\d,]+ of 10,000 updates"))).to_be_visible(
        timeout=60_000
    )
    chart = page.get_by_test_id("stVegaLiteChart").locator("svg").first.element_handle()

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text(re.compile(r"Train on from [\d,]+ of 10,000"))).to_be_visible()
    # The run of v1 may be added later, with a legend entry, which rebuilds the chart.
    assert chart.evaluate("chart => chart.isConnected"), "the chart is kept, not built anew"
    assert settled(page).get_by_test_id("stMetric").count() == 3


def test_a_run_that_ended_in_nan_shows_where(page: Page) -> None:
    page.goto("/?jit_step=true&split_keys=true&whole_batches=true&seed=11")
    settled(page)

    run = train(Settings(seed=11), Fixes(split_keys=True, whole_batches=True, jit_step=True))
    mark = f"NaN from update {run.outcome.since} on"
    expect(page.get_by_text(f"The loss is {mark}.")).to_be_visible()
    assert mark in curves(page).locator(".mark-text text").all_text_contents()


def test_all_that_matters_stands_above_the_fold(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/?jit_step=true")
    settled(page)

    charts = page.get_by_test_id("stVegaLiteChart")
    loss, comparison = charts.nth(0).bounding_box(), charts.nth(1).bounding_box()

    assert loss is not None
    assert comparison is not None
    assert loss["y"] + loss["height"] <= 900
    assert comparison["y"] + comparison["height"] <= 900
    assert loss["width"] == pytest.approx(2 * comparison["width"], rel=0.1)


def test_the_mark_of_a_late_nan_fits_a_phone(phone: Page) -> None:
    phone.goto("/?seed=16&steps=300&split_keys=true&adamw=true")

    expect(settled(phone).get_by_text("NaN from update 180 on").first).to_be_visible()
    assert not layout_problems(phone)
