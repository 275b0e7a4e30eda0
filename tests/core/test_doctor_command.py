"""`python -m mlp_core check`, and `mlp_core.watch`."""

import json
import os
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import optax
import pytest

import mlp_core
from mlp_core.cli.main import main
from mlp_core.doctor import records

REUSED = """
import sys
import jax

key = jax.random.key(0)
W = jax.random.normal(key, (3, 2))
b = jax.random.normal(key, (2,))
print("arguments", *sys.argv[1:])
"""
LOOP = """
import jax
import jax.numpy as jnp

grad = jax.jit(jax.grad(lambda w, x: jnp.mean((x @ w) ** 2)))
w, x = jnp.ones(3), jnp.ones((8, 3))
while True:
    w = w - 0.1 * grad(w, x)
    print("step", flush=True)
"""


@pytest.fixture
def script(tmp_path):
    def written(text):
        path = tmp_path / "train.py"
        path.write_text(text)
        return path

    return written


def test_a_fault_is_printed_and_ends_in_status_1(script, tmp_path, capfd):
    path, out = script(REUSED), tmp_path / "report.json"

    with pytest.raises(SystemExit) as end:
        main(["check", str(path), "--json", str(out), "--", "--depth", "3"])

    printed, report = capfd.readouterr().out, json.loads(out.read_text())
    assert end.value.code == 1
    assert "arguments --depth 3" in printed
    assert "The same key is used for draws on lines 6 and 7." in printed
    assert [one["kind"] for one in report["findings"]] == ["key_reused"]
    assert report["findings"][0]["file"] == str(path)
    assert "\x1b" not in printed


def test_a_group_that_is_not_asked_for_is_not_reported(script, capfd):
    main(["check", str(script(REUSED)), "--only", "batches,program"])

    assert "No findings" in capfd.readouterr().out


def test_a_crash_is_reported_with_its_line_and_what_was_found_before(script, capfd):
    with pytest.raises(SystemExit) as end:
        main(["check", str(script(REUSED + "raise ValueError('lost')\n"))])

    out, err = capfd.readouterr()
    assert end.value.code == 1
    assert "train.py:9" in out
    assert "key_reused" in out
    assert err.splitlines()[-1] == "ValueError: lost"
    assert "mlp_core" not in err


def test_a_loop_is_stopped_after_so_many_calls(script, capfd):
    main(["check", str(script(LOOP)), "--steps", "5"])

    out = capfd.readouterr().out
    assert out.count("step\n") == 5
    assert "stopped after" in out


@pytest.fixture
def interruptible():
    """Lets processes that a test starts be interrupted.

    A shell that runs the tests in the background ignores interrupts, which its processes inherit.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_prints_what_was_found(script):
    command = [sys.executable, "-m", "mlp_core", "check", str(script(LOOP))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, process_group=0, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "step\n"
        time.sleep(0.2)

        os.killpg(child.pid, signal.SIGINT)
        out, _ = child.communicate(timeout=60)

    assert "The script was interrupted" in out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["no_such.py"], "the script must be a file, got 'no_such.py'"),
        (
            [__file__, "--only", "magic"],
            "--only must be in keys, batches, compilation, numerics, program",
        ),
        ([__file__, "--steps", "0"], "--steps must be at least 1, got 0"),
    ],
)
def test_a_wrong_argument_is_told(arguments, reason, capsys):
    with pytest.raises(SystemExit) as end:
        main(["check", *arguments])

    assert end.value.code == 2
    assert reason in capsys.readouterr().err


def test_a_block_of_a_notebook_is_watched_and_everything_is_restored():
    before = jax.jit, jax.grad, jax.vmap, jax.lax.scan, jax.random.normal, optax.apply_updates

    with mlp_core.watch() as report:
        key = jax.random.key(1)
        a = jax.random.uniform(key, (4,))
        b = jax.random.uniform(key, (4,))

    assert [finding.kind for finding in report.findings] == ["key_reused"]
    assert report.findings[0].file == __file__
    assert report.is_bad
    assert "key_reused" in str(report)
    assert jnp.array_equal(a, b)
    after = jax.jit, jax.grad, jax.vmap, jax.lax.scan, jax.random.normal, optax.apply_updates
    assert after == before


def test_a_group_of_checks_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="only must be in keys"), mlp_core.watch(only=["magic"]):
        pass


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"findings": 3}', '{"findings": [{"kind": "magic"}]}', "[" * 100_000],
)
def test_a_file_that_is_no_report_is_refused(content):
    with pytest.raises(ValueError, match="must be a report of"):
        records.opened(content)


def test_a_report_with_another_kind_is_refused():
    finding = '{"kind": "magic", "severity": "cost", "file": "", "line": 1, "message": ""}'

    with pytest.raises(ValueError, match="must come from this version"):
        records.opened('{"findings": [' + finding + "]}")


def test_watching_changes_no_number():
    def trained():
        @jax.jit
        def step(w, x):
            loss, grad = jax.value_and_grad(lambda w: jnp.mean((x @ w - 1) ** 2))(w)
            return w - 0.1 * grad, loss

        w, x = jnp.zeros(3), jax.random.normal(jax.random.key(0), (16, 3))
        for _ in range(20):
            w, loss = step(w, x)
        return w, loss

    plain = trained()
    with mlp_core.watch() as report:
        watched = trained()

    assert report.findings == []
    assert report.seen["training_steps"] == 20
    for one, other in zip(plain, watched, strict=True):
        assert jnp.array_equal(one, other)


def test_reading_a_value_in_every_step_is_told_however_it_is_read():
    @jax.jit
    def step(w, x):
        loss, grad = jax.value_and_grad(lambda w: jnp.mean((x @ w - 1) ** 2))(w)
        return w - 0.1 * grad, loss

    step_of = {"item": lambda loss: loss.item(), "float": float, "text": lambda loss: f"{loss:.2f}"}
    for read in step_of.values():
        w, x = jnp.zeros(3), jax.random.normal(jax.random.key(0), (16, 3))
        with mlp_core.watch() as report:
            watched = jax.jit(step.__wrapped__)
            for _ in range(40):
                w, loss = watched(w, x)
                read(loss)

        assert [finding.kind for finding in report.findings] == ["read_back_every_step"]


def trained(step_of, key_of, steps=12):
    """Returns the kinds of faults found in a loop whose step draws with `key_of(step)`."""
    with mlp_core.watch() as report:
        step = step_of()
        w, x = jnp.zeros(3), jnp.arange(48.0).reshape(16, 3) / 48
        for number in range(steps):
            w = step(w, x, key_of(number))
    return [finding.kind for finding in report.findings if finding.severity == "fault"]


def noisy_step():
    @jax.jit
    def step(w, x, key):
        noise = jax.random.normal(key, (16,))
        return w - 0.1 * jax.grad(lambda w: jnp.mean((x @ w - 1 + noise) ** 2))(w)

    return step


KEY = jax.random.key(5)


@pytest.mark.parametrize(
    ("key_of", "expected"),
    [(lambda _: KEY, ["same_key_every_step"]), (lambda step: jax.random.fold_in(KEY, step), [])],
    ids=["one key", "a key for each step"],
)
def test_a_compiled_step_may_not_draw_with_the_same_key_again(key_of, expected):
    assert trained(noisy_step, key_of) == expected


def test_an_evaluation_may_draw_with_the_same_key_in_every_step():
    def step_and_evaluation():
        step = noisy_step()
        evaluate = jax.jit(lambda w, key: w.sum() + jax.random.normal(key))

        def both(w, x, key):
            evaluate(w, KEY)
            return step(w, x, key)

        return both

    assert trained(step_and_evaluation, lambda step: jax.random.fold_in(KEY, step + 1)) == []


def test_a_rematerialization_is_no_second_draw():
    def rematerialized():
        @jax.jit
        def step(w, x, key):
            @jax.checkpoint
            def loss(w):
                return jnp.mean((x @ w - 1 + jax.random.normal(key, (16,))) ** 2)

            return w - 0.1 * jax.grad(loss)(w)

        return step

    assert trained(rematerialized, lambda step: jax.random.fold_in(KEY, step)) == []


def test_a_network_that_is_copied_by_the_same_calls_is_no_reuse():
    def init(key):
        first, second = jax.random.split(key)
        return jax.random.normal(first, (3, 4)), jax.random.normal(second, (4, 1))

    with mlp_core.watch() as report:
        key = jax.random.key(3)
        params = init(key)
        target = init(key)

    assert report.findings == []
    assert jnp.array_equal(params[0], target[0])


def test_all_pairs_written_with_an_index_are_no_broadcasting_bug():
    def contrastive():
        @jax.jit
        def step(w, x, key):
            def loss(w):
                score = x @ (w + 1)
                return jnp.mean((score[:, None] - score[None, :]) ** 2) + jnp.sum(w**2)

            return w - 0.1 * jax.grad(loss)(w)

        return step

    assert trained(contrastive, lambda step: KEY) == []
