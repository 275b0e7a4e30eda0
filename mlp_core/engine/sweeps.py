"""Sweeps: every combination of fixes with every seed, distributed over all devices.

Seeds are distributed over the devices in chunks, so the chunk size bounds the memory. All
combinations of a seed share its data and its minibatches, which are drawn once.

An accelerator trains many seeds with all their combinations side by side (`vmap`). A CPU core
trains the combinations of one seed one after the other (`lax.map`), with exactly the operations of
a single run. Side by side, they would take twice as long on a CPU and round differently, which
changes the results of unstable runs.
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
from mlp_core.engine import compiled, model, seeds_at_once, starts
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
    """Returns the 2^K combinations of K switches on top of `base`; the first varies slowest."""
    values = product([False, True], repeat=len(switches))
    return tuple(replace(base, **dict(zip(switches, on, strict=True))) for on in values)


def sweep(settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int]) -> Grid:
    """Returns the final losses of every combination with every seed.

    All runs use the compiled engine, whatever `jit_step` is.

    Args:
      settings: shared by all runs; its seed is ignored.

    Raises:
      ValueError: if there are no combinations or no seeds, or one of them occurs twice.
    """
    *_, grid = sweep_chunks(settings, combinations, seeds)
    return grid


def sweep_chunks(
    settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int]
) -> Iterator[Grid]:
    """Yields the grid of all finished seeds after each chunk of seeds.

    A chunk has one seed per device, or as many per device as an accelerator trains at once.

    Raises:
      ValueError: see `sweep`.
    """
    pieces = sweep_pieces(settings, combinations, seeds, piece_seconds=math.inf)
    return (grid for grid in pieces if grid is not None)


@posts_numerics
def sweep_pieces(
    settings: Settings, combinations: Sequence[Fixes], seeds: Sequence[int], piece_seconds: float
) -> Iterator[Grid | None]:
    """Yields the grids of `sweep_chunks`, and None in between, where a caller can stop.

    Args:
      piece_seconds: the approximate time between two yields; a run is never interrupted.

    Raises:
      ValueError: see `sweep`.
    """
    _check("combination", combinations)
    _check("seed", seeds)
    mesh = device_mesh(settings, len(seeds))
    at_once = seeds_at_once.MOST if is_accelerated(mesh) else 1
    chunk = min(mesh.size * at_once, -(-len(seeds) // mesh.size) * mesh.size)
    most = math.inf if is_accelerated(mesh) else piece_seconds / seconds_in_a_sweep(settings)
    pieces = _even_pieces(tuple(combinations), most)
    plans = [_plan(settings, piece) for piece in pieces]
    grid = None
    for first in range(0, len(seeds), chunk):
        own = tuple(seeds[first : first + chunk])
        of_seed = [replace(settings, seed=seed) for seed in own]
        means = np.array([baselines(one).predict_mean for one in of_seed])
        # If fewer seeds are left than a chunk has, the last one is repeated to keep one shape.
        filled = of_seed + of_seed[-1:] * (chunk - len(own))
        starting = _starts(pieces, filled, mesh)
        losses: list[np.ndarray] = []  # [2, seeds, F] of each piece
        for (states, examples), plan in zip(starting, plans, strict=True):
            if losses:
                yield None
            arguments = _arguments(states, examples, plan, settings, mesh)
            losses.append(np.stack(compiled_losses[is_small(settings)](*arguments)))
        train_loss, val_loss = np.concatenate(losses, axis=2)[:, : len(own)].swapaxes(1, 2)
        part = Grid(settings, tuple(combinations), own, train_loss, val_loss, means)
        grid = part if grid is None else grid.joined(part)
        yield grid


def device_mesh(settings: Settings, num_seeds: int) -> Mesh:
    """Returns a mesh of this process's devices, at most one per seed.

    Each CPU core trains another seed, so `MAX_INPUTS` also limits the cores: the minibatches of all
    of them must fit in memory.
    """
    devices = jax.local_devices()
    warn_of_idle_cores(devices[0].platform, len(devices))
    if devices[0].platform == "cpu":
        num_seeds = min(num_seeds, max(1, MAX_INPUTS // settings.num_inputs))
    return Mesh(devices[:num_seeds], RUNS)


def is_accelerated(mesh: Mesh) -> bool:
    """Returns whether these devices train runs side by side."""
    return bool(mesh.devices.flat[0].platform != "cpu")


def _even_pieces(combinations: tuple[Fixes, ...], most: float) -> list[tuple[Fixes, ...]]:
    """Returns the combinations in pieces of equal size, so that one program serves all of them.

    The size is at most `most`, but at least 1.
    """
    number = len(combinations)
    size = max(each for each in range(1, number + 1) if number % each == 0 and each <= max(1, most))
    return [combinations[first : first + size] for first in range(0, number, size)]


def _check(what: str, values: Sequence[object]) -> None:
    if not values or len(set(values)) < len(values):
        raise ValueError(f"a sweep needs at least one {what}, and each only once, got {values}")


def _plan(settings: Settings, combinations: Sequence[Fixes]) -> Plan:
    """Returns one plan for all combinations; values that depend on the fixes are stacked."""
    last = np.array([settings.steps])
    plans = [compiled.plan(settings, fixes, last) for fixes in combinations]
    norm, adamw, rows_seen = _stacked(
        (plan.norm, plan.hyper.adamw, plan.rows_seen) for plan in plans
    )
    hyper = plans[0].hyper._replace(adamw=adamw)
    return plans[0]._replace(norm=norm, hyper=hyper, rows_seen=rows_seen)


def arguments(settings: Settings, combinations: Sequence[Fixes]) -> tuple[Any, ...]:
    """Returns the arguments of `final_losses` for one seed on each device."""
    mesh = device_mesh(settings, len(jax.local_devices()))
    ((states, examples),) = _starts([tuple(combinations)], [settings] * mesh.size, mesh)
    return _arguments(states, examples, _plan(settings, combinations), settings, mesh)


def _arguments(
    states: State, examples: Examples, plan: Plan, settings: Settings, mesh: Mesh
) -> tuple[Any, ...]:
    unravel = starts.initial(settings, STAGES["v1"]).unravel
    return states, examples, plan, Stretch(0, settings.steps, 0, 1), unravel, mesh


def _starts(
    pieces: list[tuple[Fixes, ...]], of_seed: list[Settings], mesh: Mesh
) -> Iterator[tuple[State, Examples]]:
    """Yields the initial states of each piece's runs, and their examples, `[seeds, ...]`."""
    per_device = NamedSharding(mesh, PartitionSpec(RUNS))
    shape = of_seed[0].shape
    if is_accelerated(mesh):
        (combinations,) = pieces
        drawings = [model.drawing_of(fixes) for fixes in combinations]
        examples, params = seeds_at_once.drawn(of_seed, drawings, per_device)
        blank = compiled.start(params[0, 0], shape, 1)
        states = jax.tree.map(
            lambda leaf: jnp.broadcast_to(leaf, (*params.shape[:2], *leaf.shape)), blank
        )
        yield jax.device_put(states._replace(params=params), per_device), examples
        return
    examples = _on_devices(of_seed, mesh)
    for piece in pieces:
        states = _stacked(
            _stacked(compiled.start(starts.initial(one, fixes).flat, shape, 1) for fixes in piece)
            for one in of_seed
        )
        yield jax.device_put(states, per_device), examples


def _on_devices(of_seed: list[Settings], mesh: Mesh) -> Examples:
    """Returns the examples of all seeds, sharded one seed per device without copying them."""
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
    """Returns the final train and validation losses, `[seeds, F]` each."""

    def of_device(states: State, examples: Examples, plan: Plan, stretch: Stretch) -> Any:
        if is_accelerated(mesh):
            return jax.vmap(lambda own, rows: of_seed(own, rows, plan, stretch))(states, examples)
        states, examples = jax.tree.map(lambda leaf: jnp.squeeze(leaf, 0), (states, examples))
        losses = of_seed(states, examples, plan, stretch)
        return jax.tree.map(lambda loss: loss[None], losses)

    def of_seed(states: State, examples: Examples, plan: Plan, stretch: Stretch) -> Any:
        def of_run(run: tuple[State, Norm, Any, Any]) -> tuple[jax.Array, jax.Array]:
            state, norm, adamw, rows_seen = run
            hyper = plan.hyper._replace(adamw=adamw)
            own = plan._replace(norm=norm, hyper=hyper, rows_seen=rows_seen)
            state = compiled.advance(state, examples, own, stretch, unravel)
            losses: tuple[jax.Array, jax.Array] = state.records
            return losses

        runs = (states, plan.norm, plan.hyper.adamw, plan.rows_seen)
        losses = jax.vmap(of_run)(runs) if is_accelerated(mesh) else jax.lax.map(of_run, runs)
        return jax.tree.map(lambda loss: jnp.squeeze(loss, 1), losses)

    runs, shared = PartitionSpec(RUNS), PartitionSpec()
    laid_out = jax.shard_map(
        of_device, mesh=mesh, in_specs=(runs, runs, shared, shared), out_specs=runs, check_vma=False
    )
    losses: tuple[jax.Array, jax.Array] = laid_out(states, examples, plan, stretch)
    return losses


compiled_losses = jitted(final_losses, static=("unravel", "mesh"))
