"""The data files that ship with the package, and how a table is stored."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Writes a Parquet file. One that is there is replaced at once: nobody reads half of one."""
    unfinished = path.with_name(path.name + ".writing")
    table.to_parquet(unfinished, index=False, compression="zstd", write_page_checksum=True)
    unfinished.replace(path)


def read_table(path: Path) -> "pd.DataFrame":
    """Reads a Parquet file by its checksums: what a disk has damaged is refused, not shown.

    Raises:
      OSError: if the file is missing or damaged.
      ValueError: if it is no such file.
    """
    import pandas as pd

    return pd.read_parquet(path, page_checksum_verification=True)


def versions() -> dict[str, str]:
    """Returns the programs that a result made here and now is made with, name -> version."""
    packages = {name: version(name) for name in ("jax", "jaxlib", "optax", "numpy")}
    return {"python": platform.python_version()} | packages
