"""Measures the speedup of a compiled run over the post's final loop, in the same process.

python -m benchmarks.engine
"""

import statistics
import time
from collections.abc import Callable

from mlp_core import set_up_cpu

set_up_cpu()  # must precede the import of JAX

from benchmarks import post_loop  # noqa: E402
from mlp_core import STAGES, Settings, train  # noqa: E402

ROUNDS = 7
RUNS_A_ROUND = 10
GOAL = 40


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Returns the mean time of some work in seconds, repeated `times` times."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def main() -> None:
    """Prints the time of 1000 steps in both programs, and their ratio, for each round."""
    settings, fixes = Settings(), STAGES["final"]
    loop_losses = post_loop.train(settings)
    run = train(settings, fixes)
    print(f"post's final loop: train {loop_losses[0]:.6f}, val {loop_losses[1]:.6f}")
    print(f"compiled run:      train {run.final_train_loss:.6f}, val {run.final_val_loss:.6f}")

    ratios = []
    for _ in range(ROUNDS):
        loop = seconds(lambda: post_loop.train(settings))
        compiled = seconds(lambda: train(settings, fixes).final_val_loss, RUNS_A_ROUND)
        ratios.append(loop / compiled)
        print(f"  loop {1e3 * loop:7.0f} ms, compiled {1e3 * compiled:5.1f} ms: 1/{ratios[-1]:.0f}")
    print(f"median 1/{statistics.median(ratios):.0f}, goal at most 1/{GOAL}")


if __name__ == "__main__":
    main()
