"""A full disk keeps JAX from caching compiled programs, but does not end the run."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# A limit on file size simulates a full disk: a write fails halfway, also for root.
TRAINED_WITHOUT_ROOM = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

from mlp_core.engine import setup
setup.keep_compiled()
from mlp_core import Fixes, Settings, train

run = train(Settings(steps=20, examples=100, batch_size=8), Fixes(jit_step=True))
print(run.final_val_loss)
"""


def test_a_run_is_trained_though_nothing_can_be_kept(tmp_path: Path) -> None:
    kept = {"XDG_CACHE_HOME": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    environment = os.environ | kept
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)

    done = subprocess.run(
        [sys.executable, "-c", TRAINED_WITHOUT_ROOM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0
    assert "File too large" in done.stderr
    assert all(file.stat().st_size <= 4096 for file in files)
