"""The location of JAX's persistent compilation cache."""

import os
from pathlib import Path

import pytest

from mlp_core.engine import setup

FOLDER = "JAX_COMPILATION_CACHE_DIR"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder for the user, in an environment without other settings."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(FOLDER, "")
    monkeypatch.delenv(FOLDER)
    return tmp_path


def test_each_kind_of_cpu_has_a_folder_of_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.keep_compiled()

    kept = Path(os.environ[FOLDER])
    assert kept.is_dir()
    assert kept.is_relative_to(home)

    monkeypatch.delenv(FOLDER)
    monkeypatch.setattr(setup, "_cpu", lambda: "another")
    setup.keep_compiled()

    assert Path(os.environ[FOLDER]) == kept.with_name("another")


def test_what_the_environment_says_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "elsewhere")

    setup.keep_compiled()

    assert os.environ[FOLDER] == "elsewhere"
    assert list(home.iterdir()) == []


def test_without_a_place_to_write_nothing_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))

    setup.keep_compiled()

    assert FOLDER not in os.environ


def test_the_oldest_files_make_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.keep_compiled()
    kept = Path(os.environ[FOLDER])
    for age in range(5):
        (kept / str(age)).write_text("")
        os.utime(kept / str(age), (1e9 - age, 1e9 - age))
    monkeypatch.delenv(FOLDER)
    monkeypatch.setattr(setup, "MOST_FILES", 3)

    setup.keep_compiled()

    assert sorted(file.name for file in kept.iterdir()) == ["0", "1", "2"]


def test_a_folder_that_the_environment_names_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "MOST_FILES", 0)
    monkeypatch.setenv(FOLDER, str(home))
    (home / "file").write_text("")

    setup.keep_compiled()

    assert (home / "file").exists()
