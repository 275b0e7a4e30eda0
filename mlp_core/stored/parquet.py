"""Tables in Parquet files with a checksum: what a disk has damaged is refused, not shown."""

from pathlib import Path

import pandas as pd


def write(path: Path, table: pd.DataFrame) -> None:
    """Writes a table. A file that is there is replaced at once: a reader never sees half of one."""
    unfinished = path.with_name(path.name + ".writing")
    table.to_parquet(unfinished, index=False, compression="zstd", write_page_checksum=True)
    unfinished.replace(path)


def read(path: Path) -> pd.DataFrame:
    """Reads a table.

    Raises:
      OSError: if the file is missing or damaged.
      ValueError: if it is no such file.
    """
    return pd.read_parquet(path, page_checksum_verification=True)
