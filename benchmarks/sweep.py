"""Measures the cost of a run in a sweep, against the post's loop, PyTorch, and hand-written C.

python -m benchmarks.sweep [SEEDS]
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlp_core import set_up_cpu

set_up_cpu()  # must precede the import of JAX

from benchmarks import post_loop, torch_loop  # noqa: E402
from mlp_core import Settings, sweep  # noqa: E402
from mlp_core.engine.sweeps import all_combinations  # noqa: E402

POST_FIXES = ("split_keys", "norm_epsilon", "norm_init", "whole_batches", "adamw")
ROUNDS = 3


def _floor(folder: str) -> float:
    """Returns the time of a run in C on one core, in milliseconds."""
    program = Path(folder) / "floor"
    source = Path(__file__).with_name("floor.c")
    compiler = ["cc", "-O3", "-march=native", "-ffast-math"]
    subprocess.run([*compiler, str(source), "-o", str(program), "-lm"], check=True)
    printed = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    found = re.match(r"[\d.]+", printed)
    assert found is not None, printed
    return float(found[0])


def _timed(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Returns the milliseconds per run: wall-clock time, and CPU time summed over the cores."""
    clock, cores = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - clock) / runs, 1e3 * (time.process_time() - cores) / runs


def main() -> None:
    """Prints the costs and their ratios for each round."""
    num_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    settings, combinations = Settings(), all_combinations(POST_FIXES)
    runs = len(combinations) * num_seeds
    sweep(settings, combinations, range(2))
    post_loop.train(settings)
    torch_loop.train(settings)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            floor = _floor(folder)
            post, _ = _timed(lambda: post_loop.train(settings), 1)
            pytorch, _ = _timed(lambda: torch_loop.train(settings), 1)
            clock, cores = _timed(lambda: sweep(settings, combinations, range(num_seeds)), runs)
            ratios.append((post / clock, pytorch / clock, cores / floor))
            print(
                f"  per run: {clock:.1f} ms wall-clock, {cores:.1f} core-ms; the post's loop "
                f"{post:.0f} ms, PyTorch {pytorch:.0f} ms, C {floor:.1f} core-ms"
            )
    of_post, of_pytorch, of_floor = map(statistics.median, zip(*ratios, strict=True))
    print(f"median 1/{of_post:.0f} of the post's loop (goal 1/150)")
    print(f"median 1/{of_pytorch:.0f} of the PyTorch loop (goal 1/60)")
    print(f"median {of_floor:.1f} times the C program's core-time (goal 3)")


if __name__ == "__main__":
    main()
