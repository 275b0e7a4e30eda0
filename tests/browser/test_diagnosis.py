"""The Diagnosis page in a real browser."""

from itertools import pairwise

from playwright.sync_api import Page, expect

from dashboard.switches import SWITCH
from tests.browser.waiting import axis_names, chart_marks, settled

V1 = "/diagnosis?steps=100&jit_step=true"

SHORT = [switch.short for switch in SWITCH.values()]


def test_a_switch_on_a_card_mends_the_run_and_is_the_one_of_the_sidebar(page: Page) -> None:
    page.goto(V1)
    settled(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name="Random keys are used more than once")).to_be_visible()

    main.get_by_text("1 · Split keys", exact=True).first.click()

    expect(main.get_by_role("heading", name="Random keys are used more than once")).to_have_count(0)
    settled(page)
    assert "split_keys=true" in page.url
    seen = page.locator(".st-key-card_never_seen")
    assert axis_names(seen, "Y") == ["in no minibatch", "in a minibatch"]
    tools = page.get_by_test_id("stVegaLiteChart").last
    assert axis_names(tools, "X")[: len(SHORT)] == SHORT


def test_a_click_shows_the_updates_of_a_finding_on_a_curve_in_its_card(page: Page) -> None:
    page.goto(V1)
    settled(page)
    card = page.locator(".st-key-card_reused_keys")

    card.get_by_role("radio", name="On the curve").click()

    settled(page)
    curve = card.get_by_test_id("stVegaLiteChart")
    expect(curve).to_be_in_viewport()
    assert [mark["first"] for mark in chart_marks(curve, "rect")] == [0]


def test_the_names_of_the_bugs_stand_beside_each_other_on_a_phone(phone: Page) -> None:
    phone.goto(V1)
    settled(phone)

    matrix = phone.get_by_test_id("stVegaLiteChart").last
    labels = matrix.locator(".role-axis-label text")
    boxes = [labels.get_by_text(name, exact=True).bounding_box() for name in SHORT]

    assert len(boxes) == len(SHORT)
    for left, right in pairwise(boxes):
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
