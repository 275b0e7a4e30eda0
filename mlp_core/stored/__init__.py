"""The data files that ship with the package, and functions that read and write tables."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent


def write_table(path: Path, table: "pd.DataFrame") -> None:
    """Writes a Parquet file. An existing file is replaced atomically, never read half-written."""
    unfinished = path.with_name(path.name + ".writing")
    table.to_parquet(unfinished, index=False, compression="zstd", write_page_checksum=True)
    unfinished.replace(path)


def read_table(path: Path) -> "pd.DataFrame":
    """Reads a Parquet file and verifies its checksums, so that damaged data raise an error.

    Raises:
      OSError: if the file is missing or damaged.
      ValueError: if the file is not a Parquet file.
    """
    import pandas as pd

    return pd.read_parquet(path, page_checksum_verification=True)


def versions() -> dict[str, str]:
    """Returns the versions of Python and of the packages in use, name -> version."""
    packages = {name: version(name) for name in ("jax", "jaxlib", "optax", "numpy")}
    return {"python": platform.python_version()} | packages
