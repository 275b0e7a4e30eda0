"""The Lab's player in Chromium: it plays, pauses, steps, and follows the slider and the curve."""

import re

from playwright.sync_api import Page, expect

from mlp_core import STAGES, Settings, predict, train
from mlp_core.data.dataset import dataset
from tests.browser.waiting import settled

LINK = "/?jit_step=true&watch=true"


def test_the_player_plays_pauses_steps_and_follows_the_slider(page: Page) -> None:
    page.goto(LINK)
    player = page.get_by_role("region", name="Playback of the run")
    state, slider = player.locator(".state"), player.get_by_role("slider", name="Recorded update")

    player.get_by_role("button", name="Pause").click(timeout=60_000)
    slider.fill("32")
    expect(state).to_contain_text(
        "Update 32 of 1,000, epoch 1, this minibatch: 0 rows. Nothing moves."
    )
    player.get_by_role("button", name="Next recorded update").click()
    expect(state).to_contain_text("Update 33 of 1,000, epoch 2, this minibatch: 256 rows. Val loss")
    expect(player.locator(".strip .fed")).to_have_count(1)
    expect(player.locator(".strip .fed.current")).to_have_count(1)
    player.get_by_role("button", name="Previous recorded update").click()
    expect(slider).to_have_value("32")

    player.get_by_role("button", name="Play").click()
    expect(state).to_contain_text("epoch 2")
    player.get_by_role("button", name="Pause").click()
    paused = slider.input_value()
    page.wait_for_timeout(400)
    assert slider.input_value() == paused

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Look up a term").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More")).to_be_focused()
    settled(page)
    assert slider.input_value() == paused

    curve = player.locator(".curve svg")
    box = curve.bounding_box()
    assert box is not None
    curve.click(position={"x": box["width"] - 10, "y": 60})
    expect(state).to_contain_text(
        re.compile(r"Update 1,000 of 1,000, epoch 32, last \d\d minibatches: [01] with rows\. Val")
    )
    expect(player.get_by_role("button", name="Replay")).to_be_visible()


def test_the_player_shows_that_length_has_no_effect(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/?stage=final&watch=true")

    player = settled(page).get_by_role("region", name="Playback of the run")
    expect(player.locator(".state")).to_contain_text("Update 0 of 1,000")  # starts paused
    player.get_by_role("slider", name="Recorded update").fill("114")
    player.get_by_label("Show").select_option("validation row 3")
    player.get_by_label("Scale its inputs").fill("2")

    third = dataset(Settings()).x_val[2:3]
    params = train(Settings(), STAGES["final"]).params
    predicted = f"{float(predict(params, third, STAGES['final'])[0, 0]):.3g}"
    expect(player.locator(".predicted")).to_contain_text(
        f"Inputs × 4: prediction {predicted}. As it is: {predicted}, true value"
    )
    player.locator(".units circle").nth(5).hover()
    expect(player.locator(".readout")).to_contain_text("unit 1 of layer 1")
