"""What can be shared, the bar on a phone, and the terms."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from dashboard.choice import Choice
from dashboard.shell import glossary, picture
from dashboard.switches import SWITCH
from mlp_core import STAGES, Fixes, Settings, train
from tests.app.conftest import Open, choose, settled, val_loss

SHORT = Settings(steps=40, examples=100, batch_size=16)


def lines(svg: str) -> list[list[float]]:
    """Returns the heights of each line's points."""
    points = re.findall(r'<polyline points="([^"]+)"', svg)
    return [[float(point.partition(",")[2]) for point in each.split()] for each in points]


def test_the_picture_has_both_losses_both_lines_and_the_switches() -> None:
    first, final = train(SHORT, Fixes()), train(SHORT, STAGES["final"])

    svg = picture.svg(Choice(STAGES["final"], SHORT), final, first)

    ElementTree.fromstring(svg)
    assert f"v1 {first.final_val_loss:.2f} → {final.final_val_loss:.2f}" in svg
    assert all(SWITCH[name].label in svg for name in SWITCH)
    assert svg.count('fill="#0072b2"') == 6
    before, after = lines(svg)
    assert before[-1] < after[-1], "a larger loss stands higher, so nearer to 0"


def test_the_picture_of_a_run_without_a_finite_loss_says_so() -> None:
    run = train(SHORT, Fixes())
    lost = replace(run, val_loss=np.full_like(run.val_loss, np.nan))

    svg = picture.svg(Choice(Fixes(), SHORT), lost, None)

    ElementTree.fromstring(svg)
    assert "No val loss was ever finite." in svg
    assert not lines(svg)


def test_v1_that_ended_in_nan_is_compared_with_only_by_another_run() -> None:
    run = train(SHORT, Fixes())
    lost = replace(run, val_loss=np.full_like(run.val_loss, np.nan))

    assert "→" not in picture.svg(Choice(Fixes(), SHORT), lost, lost)
    assert "v1 NaN →" in picture.svg(Choice(STAGES["final"], SHORT), run, lost)


def test_the_code_to_embed_keeps_the_view(open_app: Open) -> None:
    app = choose(open_app(adamw="true", steps="40"), "Share")

    frame = next(code.value for code in app.code if code.value.startswith("<iframe"))
    assert "adamw=true" in frame
    assert "&amp;embed=true" in frame


def test_the_bar_on_a_phone_flips_the_switches(open_app: Open) -> None:
    app = open_app()

    app.pills(key="bar_switches").set_value(["whole_batches", "adamw"]).run()

    settled(app)
    assert app.toggle(key="whole_batches").value
    assert app.toggle(key="adamw").value
    assert not app.toggle(key="split_keys").value
    assert f"Val loss: **{val_loss(app)}**" in [each.value for each in app.markdown]


@pytest.mark.parametrize("term", ["NaN", "PRNG key", "Shapley value"])
def test_a_term_can_be_looked_up(open_app: Open, term: str) -> None:
    app = choose(open_app(), "Look up a term")

    assert any(each.value.startswith(f"**{term}:**") for each in app.markdown)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("**Val loss 0.83**. No minibatch is empty.", ["Validation loss (val loss)", "Minibatch"]),
        ("Compiling pays off.", ["JIT"]),
        ("Nothing to define here.", []),
    ],
)
def test_a_sentence_defines_the_terms_that_it_uses(text: str, terms: list[str]) -> None:
    found = glossary.of(text) or ""

    assert re.findall(r"^\*\*(.+?):\*\*", found, re.MULTILINE) == terms
