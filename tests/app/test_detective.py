"""The Detective, driven without a browser."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.detective import words
from dashboard.detective.pictures import PICTURES_OF
from dashboard.draw.words import NO_CURVE
from dashboard.evidence import check_words
from dashboard.switches import SWITCH
from dashboard.work import needed
from mlp_core import Settings, program, train
from mlp_core.diagnosis import collect
from mlp_core.diagnosis.checks import network
from mlp_core.game import COSTS, INNOCENT, LEVELS, MOST_CASES, POINTS, Case, case, verdicts
from tests.app.conftest import mirror, opened_at, run_until, sentence, table, text

MEDIUM = case("medium", 9)
"""A case with the bugs `whole_batches` and `adamw`."""

SECOND_SEED_CHART = 1
"""The chart's position on the page if it is the first probe that is bought."""


@pytest.fixture(scope="module", autouse=True)
def shared_caches() -> Iterator[None]:
    """Empties the caches once before and after this file, whose tests use the same few cases."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def without_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables the parts of the page below the sentence at the top."""
    monkeypatch.setattr(needed, "trained", lambda choices, patience: None)


def opened(now: Case = MEDIUM, **parameters: str) -> AppTest:
    """Returns the page of a case, as the first request of a session."""
    return settled(opened_at("detective", level=now.level.name, case=str(now.number), **parameters))


def settled(app: AppTest) -> AppTest:
    """Returns the page after the evidence of its case is ready."""
    return run_until(app, lambda: any(title.value == "Look closer" for title in app.header))


def pressed(app: AppTest, key: str) -> AppTest:
    """Returns the page after a click on a button."""
    return settled(app.button(key=key).click().run())


def accused(app: AppTest, *switches: str) -> AppTest:
    """Returns the page after an accusation."""
    for switch in switches:
        mirror(app.checkbox, f"suspect_{switch}").check().run()
    return pressed(app, "accuse")


def outcomes(app: AppTest) -> dict[str, str]:
    """Returns the badge of each verdict, by the accusation."""
    titles = [title.value.strip("*") for title in app.main.markdown]
    badges = [badge for badge in titles if badge.startswith(":") and "-badge[" in badge]
    named = [title for title in titles if title in {switch.bug for switch in SWITCH.values()}]
    return {
        name: badge.partition("[")[2].rstrip("]") for name, badge in zip(named, badges, strict=True)
    }


def test_opens_the_case_of_a_link_with_nothing_looked_at() -> None:
    app = opened()

    assert sentence(app) == "**Case 9, medium: two bugs are hidden.** 100 points left."
    offered = {button.key for button in app.button if (button.key or "").startswith("probe_")}
    assert offered == {f"probe_{name}" for name in set(COSTS) - set(MEDIUM.level.free)}
    boxes = [box.key for box in app.checkbox]
    assert boxes == [f"suspect_{switch}" for switch in MEDIUM.level.suspects]
    assert not any(box.value for box in app.checkbox)
    assert app.button(key="accuse").disabled
    run = train(MEDIUM.settings, replace(MEDIUM.fixes, jit_step=True))
    assert app.code[0].value.endswith(f" {run.final_val_loss:.4g}")
    assert re.search(r"^ +100 +nan +\d", app.code[0].value, re.MULTILINE)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "Case 1, easy"),
        ({"level": "hard"}, "Case 1, hard"),
        ({"level": "xyz", "case": "7"}, "Case 7, easy"),
        ({"level": "medium", "case": "-1"}, "Case 1, medium"),
        ({"level": "medium", "case": "abc"}, "Case 1, medium"),
        ({"level": "hard", "case": "0"}, "Case 1, hard"),
        ({"level": "hard", "case": "²"}, "Case 1, hard"),
        ({"level": "hard", "case": str(MOST_CASES)}, f"Case {MOST_CASES}, hard"),
        ({"level": "hard", "case": str(MOST_CASES + 1)}, "Case 1, hard"),
        ({"level": "hard", "case": "9" * 5000}, "Case 1, hard"),
    ],
    ids=range(10),
)
def test_what_is_no_case_in_a_link_counts_as_none(
    without_runs: None, parameters: dict[str, str], expected: str
) -> None:
    app = opened_at("detective", **parameters)

    assert not app.exception
    assert sentence(app).startswith(f"**{expected}: ")
    level, number = expected.removeprefix("Case ").split(", ")[::-1]
    assert app.query_params.get("level", "easy") == level
    assert app.query_params.get("case", "1") == number


def test_a_look_costs_its_points_and_shows_what_it_reads() -> None:
    app = opened()

    app = pressed(app, "probe_ledger")
    app = pressed(app, "probe_zero_variance")

    left = POINTS - COSTS["ledger"] - COSTS["zero_variance"]
    assert f"{left} points left" in sentence(app)
    readings = words.readings(collect(MEDIUM.settings, MEDIUM.fixes))
    for name in ("ledger", "zero_variance", *MEDIUM.level.free):
        assert readings[name] in text(app)
    assert readings["direction"] not in text(app)
    assert not any(button.key == "probe_ledger" for button in app.button)


def test_a_second_seed_is_trained_and_drawn_beside_the_first() -> None:
    app = pressed(opened(), "probe_second_seed")
    app = run_until(app, lambda: "with another seed" in text(app))

    other = words.second_settings(MEDIUM)
    run = train(other, replace(MEDIUM.fixes, jit_step=True))
    assert other.seed != MEDIUM.seed
    lines = table(app, SECOND_SEED_CHART, "curves")
    ends = {row["line"]: row["loss"] for row in lines}
    assert ends["other seed"] == pytest.approx(run.final_val_loss, rel=1e-3)


def test_lines_of_the_program_are_shown_without_the_comments_that_name_bugs() -> None:
    app = opened()
    app = settled(app.selectbox(key="detective_part").set_value("whole_batches").run())

    app = pressed(app, "probe_lines")

    excerpt = program.excerpt(MEDIUM.settings, MEDIUM.fixes, "whole_batches")
    shown = next(code.value for code in app.code if "permutation" in code.value)
    assert "# Bug 3" in excerpt
    assert "#" not in shown
    assert [line for line in excerpt.splitlines() if "#" not in line] == shown.splitlines()
    assert f"{POINTS - COSTS['lines']} points left" in sentence(app)
    assert SWITCH["whole_batches"].part not in app.selectbox(key="detective_part").options


def test_nothing_in_a_picture_is_marked_as_wrong() -> None:
    v1 = collect(MEDIUM.settings, replace(MEDIUM.fixes, split_keys=False, norm_init=False))

    for name in ("ledger", "start", "rows", "scaled"):
        picture = PICTURES_OF[name](v1)
        assert picture is not None
        assert picture.caption == ""
        for rows in picture.tables.values():
            assert "series" not in rows or set(rows["series"]) == {"val"}
    said = "\n".join(words.readings(v1).values())
    assert set(words.readings(v1)) == set(COSTS) - {"second_seed", "lines"}
    assert not any(sentence in said for sentence in check_words.checked().values())


def test_a_right_accusation_solves_the_case() -> None:
    app = accused(pressed(opened(), "probe_direction"), *MEDIUM.bugs)

    made = POINTS - COSTS["direction"]
    assert sentence(app) == f"**Case 9, medium: solved.** {made} points."
    assert app.success[0].value == "Correct: you accused every bug and no innocent suspect."
    assert outcomes(app) == {SWITCH[switch].bug: "right" for switch in MEDIUM.bugs}
    for verdict in verdicts(MEDIUM, MEDIUM.bugs, collect(MEDIUM.settings, MEDIUM.fixes)):
        if verdict.symptom is not None:
            assert words.reason(verdict, {}) in text(app)
    *result, link = app.code[-1].value.splitlines()
    assert result == [
        f"Fix by Fix, case 9, medium: {made} points 🟩🟩",
        "2 of 2 bugs found, 0 innocent accused, probes paid for: 1, streak 1",
    ]
    assert link.endswith("/?level=medium&case=9")
    assert table(app, 0, "marked")[0]["text"] == "updates 1 to 999"


def test_a_partly_right_accusation_is_graded_bug_by_bug() -> None:
    app = accused(opened(), "whole_batches", "split_keys")

    assert sentence(app) == f"**Case 9, medium: closed.** {POINTS // 2 - INNOCENT} points."
    assert app.warning[0].value == "1 of 2 bugs found, 1 innocent suspect accused."
    assert outcomes(app) == {
        SWITCH["split_keys"].bug: "innocent",
        SWITCH["whole_batches"].bug: "right",
        SWITCH["adamw"].bug: "missed",
    }
    readings = words.readings(collect(MEDIUM.settings, MEDIUM.fixes))
    assert f"**Why it is innocent.** {readings['ledger']}" in text(app)
    assert "🟩⬜🟥" in app.code[-1].value


def test_giving_up_shows_the_bugs_and_makes_no_points() -> None:
    app = pressed(opened(), "give_up")

    assert sentence(app) == "**Case 9, medium: closed.** 0 points."
    assert outcomes(app) == {SWITCH[switch].bug: "missed" for switch in MEDIUM.bugs}
    assert "streak 0" in app.code[-1].value


def test_fixing_a_bug_after_the_verdict_draws_the_fixed_run() -> None:
    app = accused(opened(), *MEDIUM.bugs)

    app.toggle(key="heal_adamw").set_value(True).run()
    run_until(app, lambda: "With AdamW fixed" in text(app))

    run = train(MEDIUM.settings, replace(MEDIUM.fixes, adamw=True))
    ends = {row["line"]: row["loss"] for row in table(app, 0, "curves")}
    assert ends["fixed"] == pytest.approx(run.final_val_loss, rel=1e-3)
    assert "**With AdamW fixed, the final val loss is " in text(app)
    app.toggle(key="heal_whole_batches").set_value(True).run()
    run_until(app, lambda: "every bug fixed" in text(app))
    assert app.toggle(key="heal_adamw").value


def test_the_next_case_begins_anew_and_the_streak_goes_on() -> None:
    app = accused(pressed(opened(), "probe_ledger"), *MEDIUM.bugs)

    app = pressed(app, "next_case")

    assert sentence(app) == "**Case 10, medium: two bugs are hidden.** 100 points left."
    assert not any(box.value for box in app.checkbox)
    assert "One case solved in a row." in text(app)
    assert app.query_params["case"] == "10"
    app = accused(app, *case("medium", 10).bugs)
    assert "streak 2" in app.code[-1].value


def test_leaving_a_case_that_was_looked_into_ends_the_streak() -> None:
    app = accused(opened(), *MEDIUM.bugs)
    app = pressed(pressed(app, "next_case"), "probe_ledger")

    app = settled(app.number_input(key="case").set_value(9).run())

    assert sentence(app) == "**Case 9, medium: two bugs are hidden.** 100 points left."
    assert "in a row" not in text(app)


def test_what_was_done_survives_leaving_and_the_switches_stay_as_they_were() -> None:
    app = opened(adamw="true", seed="7")
    app = pressed(app, "probe_ledger")
    app.checkbox(key="suspect_adamw").check().run()

    app.switch_page("pages/lab.py").run()
    lab = {"adamw": app.toggle(key="adamw").value, "seed": app.number_input(key="seed").value}
    app = settled(app.switch_page("pages/detective.py").run())

    assert lab == {"adamw": True, "seed": 7}
    assert "90 points left" in sentence(app)
    assert mirror(app.checkbox, "suspect_adamw").value
    assert not mirror(app.checkbox, "suspect_split_keys").value
    assert app.session_state["adamw"] is True


def test_a_run_that_is_nan_from_the_start_has_a_log_and_no_curve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = next(
        now
        for number in range(1, 500)
        if {"norm_epsilon", "norm_init"} == set((now := case("medium", number)).bugs)
        and np.isnan(train(now.settings, now.fixes).final_val_loss)
    )

    app = opened(lost)

    assert app.info[0].value == NO_CURVE
    assert app.code[0].value.count("nan") == 2 * 10 + 2
    app = accused(app, *lost.bugs)
    assert app.success[0].value == "Correct: you accused every bug and no innocent suspect."


def test_a_run_that_shows_too_little_gives_way_to_the_next_seeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[object] = []

    def is_one_of_the_first_two(probes: object) -> bool:
        looked_at.append(probes)
        return len(looked_at) <= 2

    monkeypatch.setattr(network, "is_constant", is_one_of_the_first_two)

    app = opened()

    seed = MEDIUM.with_next_seed().with_next_seed().seed
    assert seed not in (MEDIUM.seed, MEDIUM.with_next_seed().seed)
    assert app.code[0].value == words.log(train(Settings(seed=seed), MEDIUM.fixes))
    assert app.query_params["case"] == str(MEDIUM.number)
    assert accused(app, *MEDIUM.bugs).success


def test_every_level_can_be_chosen(without_runs: None) -> None:
    app = opened_at("detective")

    seen = [sentence(app.pills(key="level").set_value(level).run()) for level in LEVELS]

    assert seen == [
        f"**Case 1, {level.name}: {count} hidden.** 100 points left."
        for level, count in zip(
            LEVELS.values(), ("one bug is", "two bugs are", "three bugs are"), strict=True
        )
    ]
