"""Findings of the checks: each bug alone, none in a sound run, and each check by itself."""

from dataclasses import replace
from functools import cache
from importlib import import_module

import numpy as np
import pytest

from mlp_core import STAGES, Settings
from mlp_core.data.table import Table, opened
from mlp_core.diagnosis import CHECKS, SEVERITIES, collect, findings
from mlp_core.diagnosis.checks.network import length_gain, scale_response
from mlp_core.diagnosis.checks.rows_and_keys import copies, reuses
from mlp_core.switches import STAGED, SWITCHES

SEEDS = range(8)
BEYOND, FINAL = STAGES["beyond"], STAGES["final"]
HARMFUL_IN_FINAL = ("split_keys", "norm_init", "whole_batches", "adamw")


@pytest.fixture(scope="module", params=SEEDS)
def seed(request):
    """Returns a seed. Tests of one seed run together, because its rows may be evicted later."""
    return request.param


@cache
def evidence(fixes, seed=0):
    return collect(Settings(seed=seed), fixes)


def found(fixes, seed=0):
    return findings(evidence(fixes, seed))


def finding(name, changed):
    """Returns the finding of a check for evidence that was changed by hand."""
    return CHECKS[name](changed)


def without(switch, fixes=BEYOND):
    return replace(fixes, **{switch: False})


def table_of(x, y):
    """Returns the task of a table of 400 rows; the columns that x lacks of five are constant."""
    columns = np.zeros((len(x), 5))
    columns[:, : x.shape[1]] = x
    return opened(Table(("a", "b", "c", "d", "e"), "y", columns, y))


def coin_table(generator):
    """Returns a table with a two-valued input that is independent of the target."""
    return table_of(generator.integers(0, 2, (400, 1)), generator.normal(size=400))


def noise_table(generator):
    """Returns a table with inputs that are independent of the target."""
    return table_of(generator.normal(size=(400, 5)), generator.normal(size=400))


def repeated_table(generator):
    """Returns a table with a hundred inputs, each with four targets."""
    x = np.repeat(generator.normal(size=(100, 5)), 4, axis=0)
    return table_of(x, x[:, 0] + generator.normal(size=400))


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize(
    ("task", "noise"), [("sum", 1), ("sum", 3), ("product", 3), ("length", 0), ("length", 1)]
)
def test_nothing_is_found_in_a_sound_run_however_noisy_its_targets(task, noise, seed):
    noisy = collect(Settings(task=task, noise=noise, seed=seed), BEYOND)

    assert findings(noisy) == ()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("stage", ["final", "beyond"])
@pytest.mark.parametrize("table", [coin_table, noise_table, repeated_table])
def test_only_what_is_true_is_found_in_a_small_table(table, stage, seed):
    """Memorized noise is a gap, and the final version's gradient is undefined at zero variance."""
    task = table(np.random.default_rng(seed))

    run = collect(Settings(task=task, seed=seed), STAGES[stage])

    allowed = {"gap"} if table is not coin_table else set()
    allowed |= {"undefined_gradient"} if stage == "final" else set()
    assert {each.name for each in findings(run)} <= allowed


@pytest.mark.parametrize("bug", STAGED)
def test_the_top_finding_names_the_bug_that_is_alone(bug, seed):
    top, *others = found(without(bug), seed)

    assert top.fix == bug
    assert {other.fix for other in others} <= {bug, None}


def test_nothing_is_left_beyond_the_post(seed):
    assert found(BEYOND, seed) == ()


def test_the_posts_final_program_has_the_wall_on_top(seed):
    top, *others = found(FINAL, seed)

    assert (top.name, top.fix) == ("wall", "bias_before_norm")
    assert {other.fix for other in others} == {None, "epsilon_in_root"}


@pytest.mark.parametrize("seed", SEEDS[:3], indirect=True, scope="module")
@pytest.mark.parametrize("bug", HARMFUL_IN_FINAL)
def test_a_bug_put_back_into_the_final_program_is_worse_than_the_wall(bug, seed):
    assert found(without(bug, FINAL), seed)[0].fix == bug


@pytest.mark.parametrize("bug", sorted(set(SWITCHES[:6]) - {*HARMFUL_IN_FINAL}))
def test_a_bug_without_harm_is_listed_below_the_wall(bug):
    fixes = [each.fix for each in found(without(bug, FINAL))]

    assert fixes[0] == "bias_before_norm"
    assert bug in fixes


def test_the_first_version_names_its_bugs_at_once(seed):
    fixes = {each.fix for each in found(STAGES["v1"], seed)}

    assert {"split_keys", "norm_epsilon", "norm_init", "whole_batches", "jit_step"} <= fixes


def test_findings_are_worst_first():
    ranks = [SEVERITIES.index(each.severity) for each in found(STAGES["v1"], 2)]

    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 2


def test_findings_point_at_switches_and_updates_that_exist():
    every = [each for seed in SEEDS for each in found(STAGES["v1"], seed)]
    every += [each for bug in STAGED for each in found(without(bug))]
    assert len({each.name for each in every}) >= 12
    for each in every:
        assert each.fix is None or each.fix in SWITCHES
        assert each.name in CHECKS
        first, last = each.updates
        assert 0 <= first <= last <= 1000


def test_reused_keys_are_grouped():
    shared = reuses(evidence(STAGES["v1"]).draws)

    assert [len(same) for same in shared] == [3, 3, 5]
    layer, head = ("weight", "bias", "gain"), ("weight", "bias")
    last = *(f"layers[2].{name}" for name in layer), *(f"head.{name}" for name in head)
    assert found_named("reused_keys").measured.shared[-1] == last
    assert found_named("reused_keys").measured[:2] == (11, 3)
    assert reuses(evidence(BEYOND).draws) == []


def found_named(name, fixes=STAGES["v1"], seed=0):
    return next(each for each in found(fixes, seed) if each.name == name)


def test_copies_are_seen_in_the_numbers_alone():
    start = evidence(STAGES["v1"]).start
    pairs = {(copy.first, copy.second): copy for copy in copies(start)}

    for layer in ("layers[0]", "layers[1]", "layers[2]"):
        assert pairs[f"{layer}.bias", f"{layer}.gain"].is_equal
        assert pairs[f"{layer}.weight", f"{layer}.bias"].is_equal
    head = pairs["layers[2].weight", "head.weight"]
    assert (head.is_equal, head.numbers) == (True, 6)
    assert copies(evidence(BEYOND).start) == []


def test_random_gains_are_counted():
    gains = np.concatenate(
        [array for name, array in evidence(without("norm_init")).start.items() if "gain" in name]
    )
    measured = found_named("drawn_norm", without("norm_init")).measured

    assert measured[:2] == (20, (gains < 0).sum())
    assert measured.tiny == (abs(gains) < 0.1).sum()


def test_nan_from_zero_variance_on_is_fatal_and_dated():
    fatal = found_named("undefined_gradient", without("norm_init", FINAL), 0)
    hazard = found_named("undefined_gradient", without("norm_init", FINAL), 1)

    since = evidence(without("norm_init", FINAL), 0).losses.outcome.since
    assert fatal.severity == "fatal"
    assert fatal.updates == (since, since)
    assert fatal.measured.is_met
    assert hazard.severity == "hazard"
    units = evidence(without("norm_init", FINAL), 1).units
    record = units.smallest_std.min(axis=1).argmin()
    assert hazard.updates == (evidence(BEYOND).losses.updates[record],) * 2


def test_empty_batches_are_counted_and_marked():
    empty = found_named("empty_batches")

    assert empty.measured == (968, 1000, ((256, 5), (0, 5)), 33)
    assert empty.updates == (1, 999)


def test_adamw_moves_on_empty_batches_and_descent_does_not():
    names = [
        {each.name for each in found(without("whole_batches", replace(BEYOND, adamw=adamw)))}
        for adamw in (True, False)
    ]

    assert "moved_on_nothing" in names[0]
    assert "moved_on_nothing" not in names[1]


def test_a_short_run_is_not_blamed_for_rows_it_cannot_show():
    rows = evidence(BEYOND).rows

    short = replace(rows, seen=rows.seen[:10], never_seen=0.7)

    assert finding("never_seen", replace(evidence(BEYOND), rows=short)) is None
    missed = replace(rows, never_seen=0.7)
    assert finding("never_seen", replace(evidence(BEYOND), rows=missed)) is not None


def test_descent_that_is_as_fast_as_adamw_is_no_finding():
    slow = evidence(without("adamw"))

    own = slow.probes.one_batch[-1]
    fast = replace(slow, probes=replace(slow.probes, one_batch_adamw=np.array([own])))
    tiny = replace(
        slow, probes=replace(slow.probes, one_batch=[1e-5], one_batch_adamw=np.array([1e-7]))
    )

    assert finding("plain_descent", slow) is not None
    assert finding("plain_descent", fast) is None
    assert finding("plain_descent", tiny) is None  # both fits reach the minibatch's targets


def test_the_wall_needs_a_target_that_depends_on_the_length():
    blind = evidence(FINAL)

    direction = blind.probes.target / blind.probes.length
    other = replace(blind, probes=replace(blind.probes, target=direction))

    assert finding("wall", blind) is not None
    assert finding("wall", other) is None
    assert scale_response(evidence(BEYOND).probes) > 0.5


def test_the_length_explains_what_is_left_of_a_product():
    generator = np.random.default_rng(0)
    length, direction = generator.chisquare(5, 1000) ** 0.5, generator.normal(size=1000)
    probes = replace(
        evidence(FINAL).probes,
        scaled=np.tile(direction, (5, 1)),
        length=length,
        target=direction * length,
    )

    assert length_gain(probes) == pytest.approx(1)
    assert abs(length_gain(replace(probes, target=generator.normal(size=1000)))) < 0.01


def test_a_layer_that_is_mostly_dead_is_found():
    units = evidence(BEYOND).units
    dead, recovered = units.dead.copy(), units.dead.copy()
    dead[10:, 1] = 5 / 6
    recovered[10:-1, 1] = 5 / 6

    of = finding("dead_layer", replace(evidence(BEYOND), units=replace(units, dead=dead)))

    assert of.measured == (2, (10, 1000), 5, 6)
    assert of.updates == (10, 1000)
    assert of.fix is None
    for sound in (units, replace(units, dead=recovered)):
        assert finding("dead_layer", replace(evidence(BEYOND), units=sound)) is None


def test_a_layer_that_is_dead_from_the_start_is_not_blamed_on_gains_of_one():
    units = evidence(BEYOND).units

    dead = replace(units, dead=np.ones_like(units.dead))

    assert finding("dead_layer", replace(evidence(BEYOND), units=dead)).fix is None
    drawn = finding("dead_layer", replace(evidence(without("norm_init")), units=dead))
    assert drawn.fix == "norm_init"


def test_a_run_that_grows_is_found_and_dated():
    losses = evidence(BEYOND).losses
    train = losses.train.copy()
    train[100:] = 1e3

    changed = replace(evidence(BEYOND), losses=replace(losses, train=train))

    of = finding("diverged", changed)
    assert of.severity == "fatal"
    assert of.updates == (losses.updates[:100][train[:100].argmin()], 1000)
    assert finding("diverged", evidence(STAGES["v1"])) is None


def test_a_run_that_ends_in_nan_is_dated():
    fixes = without("norm_init", FINAL)

    since = evidence(fixes).losses.outcome.since

    assert found_named("diverged", fixes).updates == (since, 1000)


@pytest.mark.parametrize(
    ("name", "part", "change"),
    [
        ("start_loss", "losses", lambda losses: {"train": np.r_[40.0, losses.train[1:]]}),
        ("one_batch", "probes", lambda probes: {"one_batch": np.array([7.0, 1.0])}),
        ("one_batch", "probes", lambda probes: {"one_batch": np.array([7.0, np.nan])}),
        (
            "least_squares",
            "losses",
            lambda losses: {"train": losses.train + 0.2, "val": losses.val + 0.2},
        ),
        ("gap", "losses", lambda losses: {"val": losses.val + 0.2}),
        ("eager_step", "probes", lambda probes: {"operations": 29}),
    ],
    ids=["start", "batch not fitted", "batch NaN", "least squares", "gap", "eager"],
)
def test_a_sign_of_bad_health_is_found(name, part, change):
    sound = evidence(BEYOND)
    record = getattr(sound, part)

    ill = replace(sound, **{part: replace(record, **change(record))})

    assert finding(name, sound) is None
    assert finding(name, ill).name == name


def test_a_minibatch_is_compared_with_what_a_sound_network_reaches():
    probes = evidence(FINAL).probes

    def found_with(own, sound):
        fits = {"one_batch": np.array([7.0, own]), "one_batch_sound": np.array([7.0, sound])}
        return finding("one_batch", replace(evidence(FINAL), probes=replace(probes, **fits)))

    assert found_with(own=2.0, sound=0.1) is not None
    assert found_with(own=2.0, sound=0.1).measured[1:3] == (2.0, 0.1)
    assert found_with(own=2.0, sound=1.0) is None  # noise, or too many rows for the parameters
    assert found_with(own=0.01, sound=1e-6) is None  # both fits succeed
    assert found_with(own=2.0, sound=np.nan) is None  # nothing to compare with
    assert found_with(own=np.nan, sound=np.nan) is None


def test_noise_that_was_fitted_does_not_make_a_straight_line_better():
    losses = evidence(BEYOND).losses

    noisy = replace(
        losses, train=losses.train + 8.0, val=losses.val + 10.0, least_squares_train=8.9,
        least_squares=9.1,
    )  # fmt: skip

    assert finding("least_squares", replace(evidence(BEYOND), losses=noisy)) is None


def with_gap(rows, gap):
    """Returns evidence in which the squared errors of the validation rows are 0 and 2: std 1."""
    target = np.sqrt(2 * (np.arange(rows) % 2))
    probes = replace(evidence(BEYOND).probes, scaled=np.zeros((5, rows)), target=target)
    losses = replace(evidence(BEYOND).losses, train=np.array([1.0]), val=np.array([1.0 + gap]))
    return replace(evidence(BEYOND), probes=probes, losses=losses)


@pytest.mark.parametrize(
    ("rows", "gap", "is_found"),
    [
        (100, 0.29, False),  # 3 sqrt(1 / 100 + 1 / 8000) = 0.302
        (100, 0.32, True),
        (1000, 0.19, False),  # less than 20% above the training loss, although significant
        (16, 5.0, False),
    ],
)
def test_a_gap_is_more_than_the_choice_of_the_rows_explains(rows, gap, is_found):
    assert (finding("gap", with_gap(rows, gap)) is not None) == is_found


@pytest.mark.parametrize("rows", [20, 200])
def test_chance_is_no_wall(rows):
    """Explaining a third of the error can be chance with 20 rows, but not with 200."""
    generator = np.random.default_rng(0)
    length, direction = generator.chisquare(5, rows) ** 0.5, generator.normal(size=rows)
    noise = generator.normal(size=rows)
    noise -= np.polyval(np.polyfit(length, noise, 1), length)
    target = direction + 0.75 * (length - length.mean()) / length.std() * noise.std() + noise
    probes = replace(
        evidence(FINAL).probes, scaled=np.tile(direction, (5, 1)), length=length, target=target
    )

    assert length_gain(probes) > 0.2
    of = finding("wall", replace(evidence(FINAL), probes=probes))
    assert (of is not None) == (rows == 200)


def test_a_network_that_has_not_moved_yet_is_not_called_blind():
    steps = evidence(FINAL).steps

    unmoved = replace(evidence(FINAL), steps=replace(steps, distance=0.01 * steps.distance))

    assert finding("wall", unmoved) is None


def test_four_numbers_that_are_alike_by_chance_are_no_copy():
    first = np.array([1.0, -2.0, 0.5, 3.0])
    second = first + 1e-3 * np.array([1.0, 1.0, -1.0, 0.0])
    assert np.corrcoef(first, second)[0, 1] > 1 - 1e-5

    assert copies({"layers[0].weight": first, "layers[1].weight": second}) == []
    (copy,) = copies({"layers[0].weight": first, "layers[1].weight": np.float32(0.7 * first)})
    assert (copy.numbers, copy.is_equal) == (4, False)


def test_a_run_that_its_learning_rate_ended_is_not_blamed_on_layernorm():
    dead = evidence(without("norm_init", FINAL))
    assert finding("drawn_norm", dead).severity == "fatal"

    sound_norm = replace(dead, probes=replace(dead.probes, zero_variance_gradient=1.0))
    far = replace(dead.units, smallest_std=np.where(dead.units.smallest_std < 1e-6, 1e-3, 1.0))
    elsewhere = replace(dead, units=far)

    assert finding("drawn_norm", sound_norm).severity == "fault"
    assert finding("drawn_norm", elsewhere).severity == "fault"
    assert finding("undefined_gradient", elsewhere).severity == "hazard"


def test_every_check_states_its_precondition():
    for name, check in CHECKS.items():
        assert "Precondition:" in check.__doc__, name


def test_no_check_knows_the_switches():
    modules = {import_module(check.__module__) for check in CHECKS.values()}

    assert len(modules) == 3
    assert not any({"Fixes", "fixes", "Settings"} & vars(module).keys() for module in modules)
