"""Every combination of fixes with every seed: many runs, laid out over all devices.

Seeds are spread over the devices, chunk after chunk, so memory is bounded by the chunk. All
combinations of a seed share its data and its batches, which are drawn once.

An accelerator trains the combinations of a seed side by side. A CPU core trains them one after the
other, with exactly the operations of a single run: side by side they take twice as long there, and
round differently, which moves the runs that sit on a knife edge.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from mlp_core.data.dataset import baselines
from mlp_core.engine import compiled, starts
from mlp_core.engine.compiled import Plan, State, Stretch, jitted
from mlp_core.engine.grid import Grid
from mlp_core.engine.model import Norm, is_small
from mlp_core.engine.setup import warn_of_idle_cores
from mlp_core.engine.starts import Examples
from mlp_core.engine.stretches import seconds_in_a_sweep
from mlp_core.engine.update import Unravel
from mlp_core.numerics import posts_numerics
from mlp_core.settings import MAX_INPUTS, Settings
from mlp_core.switches import STAGES, Fixes

RUNS = "runs"


def all_combinations(switches: Sequence[str], base: Fixes = STAGES["v1"]) -> tuple[Fixes, ...]:
    """Returns the 2^K combinations of K switches on top of `base`, the first switch slowest."""
    values = product([False, True], repeat=len(switches))
    return tuple(replace(base, **dict(zip(switches, on, strict=True))) for on in values)


def sweep(settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int]) -> Grid:
    """Returns the final losses of every combination with every seed, always compiled.

    Args:
      settings: shared by all runs; its seed does not matter.

    Raises:
      ValueError: if there is no combination or no seed, or one of them twice.
    """
    *_, grid = sweep_chunks(settings, combinations, seeds)
    return grid


def sweep_chunks(
    settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int]
) -> Iterator[Grid]:
    """Yields the grid of the seeds done so far, one more for each of this process's devices.

    Raises:
      ValueError: as `sweep`.
    """
    pieces = sweep_pieces(settings, combinations, seeds, piece_seconds=math.inf)
    return (grid for grid in pieces if grid is not None)


@posts_numerics
def sweep_pieces(
    settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int], piece_seconds: float
) -> Iterator[Grid | None]:
    """Yields as `sweep_chunks`, and None in between so often that a caller can soon stop.

    Args:
      piece_seconds: about how long to work between two yields; one run is never cut.

    Raises:
      ValueError: as `sweep`.
    """
    _check("combination", combinations)
    _check("seed", seeds)
    mesh = device_mesh(settings, len(seeds))
    pieces = _even_pieces(tuple(combinations), piece_seconds / seconds_in_a_sweep(settings))
    plans = [_plan(settings, piece) for piece in pieces]
    grid = None
    for first in range(0, len(seeds), mesh.size):
        own = tuple(seeds[first : first + mesh.size])
        of_seed = [replace(settings, seed=seed) for seed in own]
        means = np.array([baselines(one).predict_mean for one in of_seed])
        # Where seeds are fewer than devices, the last one is repeated.
        filled = of_seed + of_seed[-1:] * (mesh.size - len(own))
        examples = _on_devices(filled, mesh)
        losses: list[np.ndarray] = []  # [2, seeds, F] of each piece
        for piece, plan in zip(pieces, plans, strict=True):
            if losses:
                yield None
            arguments = _arguments(piece, filled, examples, plan, mesh)
            losses.append(np.stack(compiled_losses[is_small(settings)](*arguments)))
        train_loss, val_loss = np.concatenate(losses, axis=2)[:, : len(own)].swapaxes(1, 2)
        part = Grid(settings, tuple(combinations), own, train_loss, val_loss, means)
        grid = part if grid is None else grid.joined(part)
        yield grid


def device_mesh(settings: Settings, num_seeds: int) -> Mesh:
    """Returns this process's devices, no more than there are seeds.

    Nor more cores of a CPU than one memory can hold the batches of: each trains another seed.
    """
    devices = jax.local_devices()
    warn_of_idle_cores(devices[0].platform, len(devices))
    if devices[0].platform == "cpu":
        num_seeds = min(num_seeds, max(1, MAX_INPUTS // settings.num_inputs))
    return Mesh(devices[:num_seeds], RUNS)


def _even_pieces(combinations: tuple[Fixes, ...], most: float) -> list[tuple[Fixes, ...]]:
    """Returns the combinations in pieces of one size, at most `most` or 1: one program for all."""
    number = len(combinations)
    size = max(each for each in range(1, number + 1) if number % each == 0 and each <= max(1, most))
    return [combinations[first : first + size] for first in range(0, number, size)]


def _check(what: str, values: Sequence[object]) -> None:
    if not values or len(set(values)) < len(values):
        raise ValueError(f"a sweep needs at least one {what}, and each only once, got {values}")


def _plan(settings: Settings, combinations: Sequence[Fixes]) -> Plan:
    """Returns one plan for all combinations, stacked where a fix makes a difference."""
    last = np.array([settings.steps])
    plans = [compiled.plan(settings, fixes, last) for fixes in combinations]
    norm, adamw, rows_seen = _stacked(
        (plan.norm, plan.hyper.adamw, plan.rows_seen) for plan in plans
    )
    hyper = plans[0].hyper._replace(adamw=adamw)
    return plans[0]._replace(norm=norm, hyper=hyper, rows_seen=rows_seen)


def arguments(settings: Settings, combinations: Sequence[Fixes]) -> tuple[Any, ...]:
    """Returns what `final_losses` is to be called with for one seed on each device."""
    mesh = device_mesh(settings, len(jax.local_devices()))
    of_seed = [settings] * mesh.size
    examples, plan = _on_devices(of_seed, mesh), _plan(settings, combinations)
    return _arguments(tuple(combinations), of_seed, examples, plan, mesh)


def _arguments(
    combinations: tuple[Fixes, ...],
    of_seed: list[Settings],
    examples: Examples,
    plan: Plan,
    mesh: Mesh,
) -> tuple[Any, ...]:
    """Returns what `final_losses` is to be called with, one seed on each device."""
    settings = of_seed[0]

    def start(seeded: Settings, fixes: Fixes) -> State:
        return compiled.start(starts.initial(seeded, fixes).flat, settings.shape, 1)

    states = _stacked(_stacked(start(one, fixes) for fixes in combinations) for one in of_seed)
    states = jax.device_put(states, NamedSharding(mesh, PartitionSpec(RUNS)))
    stretch = Stretch(0, settings.steps, 0, 1)
    unravel = starts.initial(settings, combinations[0]).unravel
    return states, examples, plan, stretch, unravel, mesh


def _on_devices(of_seed: list[Settings], mesh: Mesh) -> Examples:
    """Returns the examples of all seeds, each on its device; nothing large is copied."""
    examples = map(starts.draw_examples, of_seed)
    per_device = NamedSharding(mesh, PartitionSpec(RUNS))
    devices = list(mesh.devices.flat)

    def together(*leaves: jax.Array) -> jax.Array:
        parts = [
            jax.device_put(np.asarray(leaf)[None], device)
            for leaf, device in zip(leaves, devices, strict=True)
        ]
        shape = (len(leaves), *leaves[0].shape)
        return jax.make_array_from_single_device_arrays(shape, per_device, parts)

    return jax.tree.map(together, *examples)


def _stacked(trees: Iterable[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def final_losses(
    states: State, examples: Examples, plan: Plan, stretch: Stretch, unravel: Unravel, mesh: Mesh
) -> tuple[jax.Array, jax.Array]:
    """Returns the final train and val losses, `[seeds, F]` each."""
    num_combinations = plan.rows_seen.shape[0]
    side_by_side = None if mesh.devices.flat[0].platform == "cpu" else num_combinations

    def of_device(states: State, examples: Examples, plan: Plan, stretch: Stretch) -> Any:
        states, examples = jax.tree.map(lambda leaf: jnp.squeeze(leaf, 0), (states, examples))

        def of_run(run: tuple[State, Norm, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            state, norm, adamw, rows_seen = run
            hyper = plan.hyper._replace(adamw=adamw)
            own = plan._replace(norm=norm, hyper=hyper, rows_seen=rows_seen)
            state = compiled.advance(state, examples, own, stretch, unravel)
            losses: tuple[jax.Array, jax.Array] = state.records
            return losses

        runs = (states, plan.norm, plan.hyper.adamw, plan.rows_seen)
        losses = jax.lax.map(of_run, runs, batch_size=side_by_side)
        return jax.tree.map(lambda loss: loss.T, losses)

    runs, shared = PartitionSpec(RUNS), PartitionSpec()
    laid_out = jax.shard_map(
        of_device, mesh=mesh, in_specs=(runs, runs, shared, shared), out_specs=runs, check_vma=False
    )
    losses: tuple[jax.Array, jax.Array] = laid_out(states, examples, plan, stretch)
    return losses


compiled_losses = jitted(final_losses, static=("unravel", "mesh"))
