"""Runs encoded as short codes in links."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.choice import LETTERS, Choice
from mlp_core import BOUNDS, Fixes, Settings
from mlp_core.settings import SCHEDULES

UNRESERVED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.~")

any_fixes = st.builds(Fixes, **{field.name: st.booleans() for field in fields(Fixes)})
any_settings = st.builds(
    Settings,
    seed=st.integers(0, int(BOUNDS["seed"].high)),
    hidden=st.lists(st.integers(2, 64), min_size=1, max_size=4).map(tuple),
    steps=st.integers(1, 10_000),
    batch_size=st.integers(1, 300),
    learning_rate=st.floats(1e-5, 1.0).map(lambda rate: float(f"{rate:.4g}")),
    schedule=st.sampled_from(SCHEDULES),
    clip_norm=st.none() | st.floats(0.01, 100).map(lambda norm: float(f"{norm:.4g}")),
)


def test_the_first_version_has_its_name() -> None:
    assert Choice().code == "v1"


def test_a_code_names_what_is_changed() -> None:
    choice = Choice(Fixes(split_keys=True, adamw=True), Settings(seed=7, hidden=(8, 4)))

    assert choice.code == "keys.AdamW~s7~h8-4"


@given(any_fixes, any_settings)
def test_a_code_gives_back_its_run(fixes: Fixes, settings: Settings) -> None:
    choice = Choice(fixes, settings)

    assert Choice.of_code(choice.code) == choice


@given(any_fixes, any_settings)
def test_a_code_needs_no_escapes_in_a_link(fixes: Fixes, settings: Settings) -> None:
    assert set(Choice(fixes, settings).code) <= UNRESERVED


@given(st.text(max_size=200))
def test_a_text_is_a_code_or_a_value_error(text: str) -> None:
    try:
        choice = Choice.of_code(text)
    except ValueError:
        return
    assert Choice.of_code(choice.code) == choice


@pytest.mark.parametrize(
    "text", ["", "100", "keys.", "v1~", "v1~q1", "v1~s-1", "v1~rnan", "v1~h", "v1.keys", "0" * 400]
)
def test_a_wrong_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Choice.of_code(text)


def test_every_setting_has_a_letter_of_its_own() -> None:
    assert set(LETTERS) == {field.name for field in fields(Settings)}
    assert len(set(LETTERS.values())) == len(LETTERS)
