"""`python -m mlp_core`, and the modules that importing the package loads."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from mlp_core import STAGES, Settings, train
from mlp_core.cli.main import main

SMALL = ["--examples", "200", "--steps", "120", "--batch-size", "32", "--hidden", "4", "3"]


def test_a_stage_is_trained_and_printed(capsys):
    main(["train", "--stage", "final", "--seed", "1", *SMALL])

    header, *lines = capsys.readouterr().out.splitlines()
    settings = Settings(seed=1, examples=200, steps=120, batch_size=32, hidden=(4, 3))
    run = train(settings, STAGES["final"], record_at=(0, 100, 120))
    expected = zip(run.updates, run.train_loss, run.val_loss, strict=True)
    assert header.split() == ["updates", "train", "loss", "val", "loss"]
    assert [line.split() for line in lines] == [
        [str(update), f"{train_loss:.6f}", f"{val_loss:.6f}"]
        for update, train_loss, val_loss in expected
    ]


def test_switches_are_turned_on_and_off_after_the_stage(capsys):
    main(["train", "--stage", "final", "--off", "adamw", "--on", "epsilon_in_root", *SMALL])
    turned = capsys.readouterr().out
    main(["train", "--stage", "final", *SMALL])

    assert turned != capsys.readouterr().out


def test_a_run_that_ends_in_nan_says_so(capsys):
    main(["train", "--seed", "2", "--on", "jit_step", "--steps", "40"])

    assert "The loss is NaN from update 0 on." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["train", "--stage", "v9"], "invalid choice: 'v9'"),
        (["train", "--seed", "x"], "invalid int value: 'x'"),
        (["train", "--seed", "-1"], "seed must be in 0..2147483647, got -1"),
        (["train", "--hidden", "8", "999"], "a hidden width must be in 2..64, got 999"),
        (["train", "--on", "magic"], "invalid choice: 'magic'"),
        (["debuggers", "--out", "no/such/folder/table.parquet"], "out must be a file in a folder"),
        (["train", "--hidden", "8,x"], "like 8, 6, 6; got '8,x'"),
        (["train", "--on", "adamw", "adamw"], "each fix only once, got adamw adamw"),
        (["train", "--off", "adamw", "--off", "adamw"], "each fix only once, got adamw adamw"),
        (["program", "--on", "adamw", "adamw"], "each fix only once, got adamw adamw"),
        (
            ["sweep", "--out", "x.parquet", "--switches", "adamw", "adamw"],
            "each fix only once, got adamw adamw",
        ),
        ([], "required: command"),
    ],
)
def test_a_wrong_argument_gets_one_line_and_status_2(arguments, reason, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    printed = capsys.readouterr()
    assert exit_.value.code == 2
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


WRITING = ("sweep", "debuggers", "curves", "timing")


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("/proc/x.parquet", "out must be writable, got '/proc/x.parquet': "),
        ("no/such/folder/x", "out must be a file in a folder that exists"),
        (".", "out must be a file in a folder that exists"),
        ("", "out must be a file in a folder that exists"),
        (os.devnull, "out must be a file in a folder that exists"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_work(command, out, reason, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([command, "--out", out])

    printed = capsys.readouterr()
    assert exit_.value.code == 2
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_or_a_folder_without_permission_is_refused(command, tmp_path, capsys):
    kept, closed = tmp_path / "kept", tmp_path / "closed"
    kept.touch(mode=0o400)
    closed.mkdir(mode=0o500)

    for out in (kept, closed / "x"):
        with pytest.raises(SystemExit) as exit_:
            main([command, "--out", str(out)])
        assert exit_.value.code == 2
        assert capsys.readouterr().err.endswith("Permission denied (see --help)\n")


def test_a_column_named_twice_is_one_line(tmp_path, capsys):
    file = tmp_path / "file.csv"
    file.write_text("a,y\n" + "".join(f"{row},{row**2}\n" for row in range(30)))

    with pytest.raises(SystemExit) as exit_:
        main(["train", "--csv", str(file), "--target", "y", "--features", "a,a"])

    assert exit_.value.code == 2
    assert "must name each column only once, got 'a,a'" in capsys.readouterr().err


def test_a_table_that_cannot_be_written_is_one_line(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["program", "--task", "diabetes", "--data", "/proc"])

    printed = capsys.readouterr()
    assert exit_.value.code == 1
    assert printed.err.startswith("python -m mlp_core: [Errno 2] No such file or directory: '/proc")
    assert (printed.err.count("\n"), printed.out) == (1, "")


@contextmanager
def broken_pipe():
    """Replaces the standard output by a pipe whose reader has closed it."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout, redirect_stdout(stdout):
        yield


PRINTING = (
    ["train", *SMALL],
    ["program", "--dress", "scan"],
    ["--help"],
    ["sweep", "--help"],
    ["--version"],
)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_output_that_nobody_reads_any_more_ends_the_program_quietly(arguments, capfd):
    with pytest.raises(SystemExit) as exit_, broken_pipe():
        main(arguments)

    assert exit_.value.code == 128 + signal.SIGPIPE
    assert capfd.readouterr().err == ""


def test_a_sweep_is_stored_though_nobody_reads_that_it_is(tmp_path):
    out = tmp_path / "grid.parquet"

    with pytest.raises(SystemExit) as exit_, broken_pipe():
        main(["sweep", "--out", str(out), "--seeds", "1", "--switches", "adamw", *SMALL])

    assert exit_.value.code == 128 + signal.SIGPIPE
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_process_has_nothing_to_add_at_its_exit():
    reader, writer = os.pipe()
    os.close(reader)

    command = [sys.executable, "-m", "mlp_core", "program"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)

    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("command", ["train", "program"])
def test_a_closed_output_is_one_line(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)

    with pytest.raises(SystemExit) as exit_:
        main([command])

    monkeypatch.undo()
    assert exit_.value.code == 1
    assert capsys.readouterr().err == "python -m mlp_core: the standard output is closed\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_one_line(monkeypatch, capfd):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as exit_:
            main(["program"])

    assert exit_.value.code == 1
    assert "No space left on device" in capfd.readouterr().err


@pytest.mark.parametrize("widths", [["4", "3"], ["4,3"], ["4,", "3"], ["4, 3"]])
def test_widths_are_separated_by_spaces_or_commas(widths, capsys):
    main(["train", *SMALL[:-3], "--hidden", *widths])
    printed = capsys.readouterr().out
    main(["train", *SMALL])

    assert printed == capsys.readouterr().out


def test_an_option_with_a_list_may_be_repeated(capsys):
    main(["program", "--on", "adamw", "jit_step"])
    printed = capsys.readouterr().out
    main(["program", "--on", "adamw", "--on", "jit_step"])

    assert printed == capsys.readouterr().out


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])

    assert exit_.value.code == 0
    assert re.fullmatch(r"mlp_core \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_help_is_there_for_both_levels(capsys):
    for arguments in (["--help"], ["train", "--help"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 0
        assert "usage" in capsys.readouterr().out


def test_choosing_switches_and_settings_does_not_load_jax():
    program = "import sys, mlp_core; mlp_core.Settings(); sys.exit('jax' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
