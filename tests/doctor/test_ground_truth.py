"""The doctor reports nothing in correct programs, and the bug first after one bug is planted.

DOCTOR=all checks every program and every bug, which needs Flax and Equinox. The default is a sample
that needs neither.
"""

import os
from pathlib import Path

import pytest

from mlp_core.diagnosis import SEVERITIES
from mlp_core.doctor import KINDS
from tests.doctor.cases import CASES, PROGRAMS, Case
from tests.doctor.watched import reports

SAMPLE = (
    "early_stopping",
    "fori_loop_logistic",
    "linear_adam",
    "reinforce_bandit",
    "sgd_regression",
    "while_loop_convergence",
)

MISSED: dict[str, str] = {
    "grad_accumulation-gradient_never_reset": "the loss grows slowly and stays below the mean's",
    "shard_map_data_parallel-inputs_shuffled_without_their_targets": (
        "the inside of a shard_map is not examined"
    ),
}
"""Names of cases whose bug is not the top finding, each with the reason."""

REQUIRED_SHARE = 22 / 25

ALL_PROGRAMS = sorted(path.stem for path in PROGRAMS.glob("*.py"))


def _is_wanted(program: str) -> bool:
    return os.environ.get("DOCTOR") == "all" or program in SAMPLE


def _wanted_cases() -> list[Case]:
    """Returns all cases, or the first of each program of the sample."""
    wanted = [case for case in CASES if _is_wanted(case.program)]
    if os.environ.get("DOCTOR") != "all":
        wanted = list({case.program: case for case in reversed(wanted)}.values())
    return wanted


WANTED = [name for name in ALL_PROGRAMS if _is_wanted(name)]
WANTED_CASES = _wanted_cases()


@pytest.fixture(scope="module")
def in_correct() -> dict[str, list[dict]]:
    """Returns the findings in each correct program, worst first."""
    return _findings({name: PROGRAMS / f"{name}.py" for name in WANTED})


@pytest.fixture(scope="module")
def in_planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """Returns the findings in each program with a planted bug, worst first."""
    folder = tmp_path_factory.mktemp("planted")
    paths = {case.name: folder / f"{case.name}.py" for case in WANTED_CASES}
    for case in WANTED_CASES:
        paths[case.name].write_text(case.planted())
    return _findings(paths)


def _findings(paths: dict[str, Path]) -> dict[str, list[dict]]:
    """Runs all programs in one process."""
    ended = dict(zip(paths, reports(list(paths.values())), strict=True))
    assert {report["exit"] for report in ended.values()} == {"finished"}
    return {name: report["findings"] for name, report in ended.items()}


def _summary(findings: list[dict]) -> str:
    return "\n".join(f"{f['severity']} {f['kind']} {f['line']}: {f['message']}" for f in findings)


@pytest.mark.parametrize("program", WANTED)
def test_a_correct_program_has_no_finding_above_cost(program, in_correct):
    findings = in_correct[program]

    assert all(finding["severity"] == SEVERITIES[-1] for finding in findings), _summary(findings)


@pytest.mark.parametrize("case", WANTED_CASES, ids=lambda case: case.name)
def test_the_planted_bug_is_the_top_finding(case, in_planted, request):
    if case.name in MISSED:
        request.applymarker(pytest.mark.xfail(reason=MISSED[case.name], strict=True))

    findings = in_planted[case.name]

    assert findings, f"nothing found; planted: {case.bug}, line {case.line()}"
    assert findings[0]["kind"] in case.kinds, f"line {case.line()}\n{_summary(findings)}"


def test_enough_bugs_are_found():
    known = {case.name for case in CASES}

    assert set(MISSED) <= known
    assert 1 - len(MISSED) / len(CASES) >= REQUIRED_SHARE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_replaced_text_occurs_once(case):
    assert [case.correct().count(old) for old, _ in case.replacements] == [1] * len(
        case.replacements
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_bug_has_a_line_and_kinds_of_finding(case):
    source = case.planted()
    compile(source, case.name, "exec")

    assert sum(case.marker in line for line in source.splitlines()) == 1
    assert case.kinds
    assert set(case.kinds) <= set(KINDS)


def test_every_program_has_a_bug_and_every_kind_a_case():
    assert len(ALL_PROGRAMS) >= 25
    assert {case.program for case in CASES} == set(ALL_PROGRAMS)
    assert {kind for case in CASES for kind in case.kinds} == set(KINDS)
    assert len({case.name for case in CASES}) == len(CASES)
