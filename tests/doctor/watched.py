"""Runs scripts under `mlp_core.watch` in one process: `python -m tests.doctor.watched PATH...`.

Prints the report of each script as a JSON line. JAX is imported only once, because that is slow.
"""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


def reports(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Returns the report of each script, as `python -m mlp_core check --json` writes it."""
    names = ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiling takes most of the time
    done = subprocess.run(
        [sys.executable, "-m", "tests.doctor.watched", *map(str, paths)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _main(paths: Sequence[str]) -> None:
    import jax

    from mlp_core import watch

    flags = dict(jax.config.values)
    for path in paths:
        for name, value in flags.items():
            jax.config.update(name, value)
        sys.argv, report = [path], None
        with redirect_stdout(StringIO()):
            try:
                with watch() as report:
                    runpy.run_path(path, run_name="__main__")
            except Exception:
                assert report is not None
                assert report.exit == "crashed"
        print(json.dumps(report.as_json()), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1:])
