"""Grids with losses chosen by a test."""

from itertools import combinations

import numpy as np

from mlp_core import Fixes, Settings
from mlp_core.engine.grid import Grid

NUMERIC = tuple(switch for switch in vars(Fixes()) if switch != "jit_step")


def fixes_of(on, base=None):
    """The combination with these switches on, in addition to those of a base."""
    return Fixes(**{**vars(base or Fixes()), **dict.fromkeys(on, True)})


def subsets(switches):
    """All subsets of the switches."""
    return [
        frozenset(on) for size in range(len(switches) + 1) for on in combinations(switches, size)
    ]


def grid_of(val_loss, seeds=None, predict_mean=5.0, base=None):
    """A grid from the losses `[S]` of each set of switches, with one predict-the-mean loss."""
    losses = np.array(list(val_loss.values()), float)
    seeds = tuple(range(losses.shape[1])) if seeds is None else tuple(seeds)
    return Grid(
        settings=Settings(),
        combinations=tuple(fixes_of(on, base) for on in val_loss),
        seeds=seeds,
        train_loss=losses + 100,
        val_loss=losses,
        predict_mean=np.broadcast_to(np.asarray(predict_mean, float), len(seeds)).copy(),
    )


def random_grid(switches, num_seeds, random_seed=0):
    """A grid of random losses, in which one run in eight ended in NaN."""
    generator = np.random.default_rng(random_seed)
    sets = subsets(switches)
    losses = generator.lognormal(size=(len(sets), num_seeds))
    losses[generator.random(losses.shape) < 1 / 8] = np.nan
    mean_losses = generator.uniform(4, 6, num_seeds)
    return grid_of(dict(zip(sets, losses, strict=True)), predict_mean=mean_losses)


def reordered(grid, rows, columns):
    """The same runs in a different order."""
    rows, columns = list(rows), list(columns)
    return Grid(
        settings=grid.settings,
        combinations=tuple(grid.combinations[r] for r in rows),
        seeds=tuple(grid.seeds[c] for c in columns),
        train_loss=grid.train_loss[np.ix_(rows, columns)],
        val_loss=grid.val_loss[np.ix_(rows, columns)],
        predict_mean=grid.predict_mean[columns],
    )
