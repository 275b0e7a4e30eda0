"""Recomputes the shipped grid on an accelerator, and compares it with the original from a CPU.

python -m benchmarks.accelerator [--seeds SEEDS] [--at-once NUMBER ...]

Prints, for each number of seeds at once, the runs per second including drawing, the share of the
time that drawing takes, and the additional time of the first call, which compiles. Then prints the
cells that differ from the shipped grid.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from mlp_core import sweep
from mlp_core.analysis import grid_file
from mlp_core.engine import seeds_at_once, sweeps
from mlp_core.engine.grid import Grid
from mlp_core.engine.model import drawing_of
from mlp_core.numerics import posts_numerics

T = TypeVar("T")

DIFFERENT = 1e-3
MOST_PRINTED = 40


def main() -> None:
    """Prints the figures of each number of seeds at once, then the cells that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--at-once", type=int, nargs="+", default=[seeds_at_once.MOST])
    parsed = parser.parse_args()
    device = jax.local_devices()[0]
    print(f"{len(jax.local_devices())} x {device.device_kind}, JAX {jax.__version__}")
    if device.platform == "cpu":
        print("No accelerator was found, so this CPU runs the sweep in the way of an accelerator.")
        sweeps.is_accelerated = lambda mesh: True
    stored = grid_file.post_grid().grid
    stored = stored.of_seeds(stored.seeds[: parsed.seeds])
    runs = len(stored.combinations) * len(stored.seeds)
    for seeds_at_once.MOST in parsed.at_once:
        first, _ = _timed(lambda: _swept(stored))
        seconds, grid = _timed(lambda: _swept(stored))
        drawing, _ = _timed(lambda: _drawn(stored))
        print(f"{seeds_at_once.MOST} seeds at once: {runs:,} runs in {seconds:.1f} s")
        print(f"  {runs / seconds:,.0f} runs/s, of which drawing takes {drawing / seconds:.0%}")
        print(f"  the first call took {first - seconds:.1f} s longer", flush=True)
    _print_differences(grid, stored)


def _swept(of: Grid) -> Grid:
    return sweep(of.settings, of.combinations, of.seeds)


@posts_numerics
def _drawn(of: Grid) -> None:
    """Draws the examples and initial parameters of all seeds, as the sweep does."""
    mesh = sweeps.device_mesh(of.settings, len(of.seeds))
    sharding = NamedSharding(mesh, PartitionSpec(sweeps.RUNS))
    drawings = [drawing_of(fixes) for fixes in of.combinations]
    chunk = seeds_at_once.MOST * mesh.size
    for first in range(0, len(of.seeds), chunk):
        seeds = of.seeds[first : first + chunk]
        of_seed = [replace(of.settings, seed=seed) for seed in seeds]
        of_seed += of_seed[-1:] * (-len(seeds) % mesh.size)
        jax.block_until_ready(seeds_at_once.drawn(of_seed, drawings, sharding))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Returns the seconds that the work took, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _print_differences(mine: Grid, stored: Grid) -> None:
    """Prints the cells that differ from the shipped ones by more than rounding."""
    one_nan = np.isnan(mine.val_loss) != np.isnan(stored.val_loss)
    print(f"{one_nan.sum()} of {one_nan.size} cells are NaN in only one of the two")
    with np.errstate(invalid="ignore"):
        differs = np.abs(mine.val_loss / stored.val_loss - 1) > DIFFERENT
    print(f"{differs.mean():.2%} of the cells differ by more than {DIFFERENT}:")
    for row, column in np.argwhere(differs)[:MOST_PRINTED]:
        on = [name for name, value in vars(stored.combinations[row]).items() if value]
        pair = f"{mine.val_loss[row, column]:.6f}, shipped {stored.val_loss[row, column]:.6f}"
        print(f"  seed {stored.seeds[column]}, {'+'.join(on) or 'v1'}: {pair}")


if __name__ == "__main__":
    main()
