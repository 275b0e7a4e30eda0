"""A damaged stored file is rejected, or its contents are unchanged."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlp_core import Fixes, Settings, dataset, debuggers
from mlp_core.analysis import curves, grid_file
from mlp_core.data import table
from mlp_core.debuggers import SHIPPED
from mlp_core.stored import FOLDER, read_table, write_table

LOADERS: dict[Path, Callable[[Path], object]] = {
    grid_file.POST_GRID: grid_file.load,
    curves.POST_CURVES: lambda path: curves.post_curves(Fixes(), path),
    SHIPPED: debuggers.load,
}
DAMAGES = 20


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Returns a file as it is after a full disk, a bad block, or an interrupted copy."""
    place = dice.randrange(1, len(content))
    flipped = bytes([content[place] ^ 1 << dice.randrange(8)])
    return dice.choice(
        [
            content[:place],
            content[:place] + flipped + content[place + 1 :],
            content[:place] + bytes(len(content[place : place + 200])) + content[place + 200 :],
            content[:place] + content[place + dice.randrange(1, 300) :],
        ]
    )


def test_every_file_that_ships_is_tried() -> None:
    assert set(FOLDER.rglob("*.parquet")) == set(LOADERS)
    assert set(FOLDER.rglob("*.csv")) == {table.DIABETES}


@pytest.mark.parametrize("path", LOADERS, ids=lambda path: path.stem)
def test_what_is_damaged_is_refused_or_the_same(path: Path, tmp_path: Path) -> None:
    whole, dice = pd.read_parquet(path), random.Random(path.stem)
    broken, messages = tmp_path / path.name, []
    for _ in range(DAMAGES):
        broken.write_bytes(damaged(path.read_bytes(), dice))
        try:
            LOADERS[path](broken)
        except ValueError as error:
            messages.append(str(error))
        else:
            pd.testing.assert_frame_equal(read_table(broken), whole)

    assert len(messages) > DAMAGES / 2
    assert {message.partition(" must be")[0] for message in messages} == {path.name}


@pytest.mark.parametrize("path", LOADERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("content", [b"", b"version https://git-lfs", None])
def test_what_is_no_table_is_refused(path: Path, content: bytes | None, tmp_path: Path) -> None:
    broken = tmp_path / path.name
    if content is None:
        pd.DataFrame({"seed": [1.0], "updates": [2.0]}).to_parquet(broken)
    else:
        broken.write_bytes(content)

    with pytest.raises(ValueError, match=f"{path.name} must be"):
        LOADERS[path](broken)


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write_table(path, pd.DataFrame({"a": np.arange(3)}))

    with pytest.raises(Exception, match="Conversion failed"):
        write_table(path, pd.DataFrame({"a": [1, "two"]}))

    assert read_table(path)["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("change", ["missing", "cut", "another number", "garbage"])
def test_the_diabetes_data_are_those_that_ship_or_refused(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = table.DIABETES.read_text()
    contents = {
        "cut": text[:-9],
        "another number": text.replace("32.1", "31.1", 1),
        "garbage": "a,b\nx,y\n",
    }
    path = tmp_path / "diabetes.csv"
    if change in contents:
        path.write_text(contents[change])
    monkeypatch.setattr(table, "DIABETES", path)
    table.diabetes.cache_clear()

    with pytest.raises(ValueError, match=r"diabetes\.csv must be the file that ships"):
        dataset(Settings(task="diabetes", seed=1 + len(change), batch_size=16))
    table.diabetes.cache_clear()
