"""Examines the calls of the user's functions: their arguments, random draws, and results."""

import inspect
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.ad_checkpoint import checkpoint_name

from mlp_core.diagnosis.ledger import named
from mlp_core.doctor import twin
from mlp_core.doctor.dispatch import Watch
from mlp_core.doctor.notes import Note
from mlp_core.doctor.places import Place, here, is_readers
from mlp_core.doctor.recording import (
    MOST_NUMBERS,
    Draw,
    Recorder,
    Region,
    Sample,
    has_tracer,
    is_empty,
    is_float,
    is_sampled,
)
from mlp_core.doctor.twin import MARK, Look, Twin

MOST_TWINS = 2
"""Maximum number of argument signatures of one function that are examined."""

jit, _make_jaxpr = jax.jit, jax.make_jaxpr  # the originals, while `jax.jit` is instrumented


class Stop(BaseException):
    """Ends a script after `--steps` compiled calls; `except Exception` does not catch it."""


def _all_finite(leaves: list[Any]) -> Any:
    return jax.numpy.stack([jax.numpy.isfinite(leaf).all() for leaf in leaves]).all()


class Program:
    """The jaxpr of a region for one argument signature, and its twins."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.draws, self.is_training = twin.is_worth_it(program)
        self._twins: dict[Look, Twin] = {}

    def notes(self, leaves: list[Any], look: Look) -> list[Note]:
        """Returns the notes of a call; none if the arguments do not match the jaxpr's inputs."""
        avals = [jax.core.ShapedArray(np.shape(x), jax.numpy.result_type(x)) for x in leaves]
        expected = [(aval.shape, aval.dtype) for aval in self.program.in_avals]
        if [(aval.shape, aval.dtype) for aval in avals] != expected:
            return []
        if look not in self._twins:
            self._twins[look] = Twin(self.program, look, jit)
        return self._twins[look](leaves)


class _Made(NamedTuple):
    """A completed training step, and the results that show whether it is finite."""

    region: Region
    program: Program | None
    leaves: list[Any]
    call: int
    results: list[Any]


class Examiner:
    """Records the calls of regions: compiled functions, and transformed ones called outside those.

    Args:
      limit: the number of calls after which `Stop` is raised.
    """

    def __init__(self, recorder: Recorder, limit: int | None = None) -> None:
        self.recorder, self.limit = recorder, limit
        self.watch = Watch(recorder)
        self.is_on = False
        """Whether JAX is instrumented."""
        self.staging = 0
        """Number of functions that are being traced, one inside another."""
        self._places: list[Place] = []
        self._pending: deque[_Made] = deque()
        self._settled: dict[int, _Made] = {}
        self._checked: dict[Any, list[int]] = {}
        self._last: dict[int, tuple[Any, ...]] = {}
        self._programs: dict[int, dict[Any, Program | None]] = {}
        self._finite = jit(_all_finite)

    def end(self) -> None:
        """Examines the last call of each region that trains, unless that call was sampled."""
        self._settle()
        for region, program, leaves, call in self._last.values():
            if not is_sampled(call) and region.is_training:
                self._look(region, program, leaves, call)
        self._last.clear()

    @contextmanager
    def staged(self) -> Iterator[None]:
        """Marks the time during which a function is traced."""
        self.staging += 1
        try:
            yield
        finally:
            self.staging -= 1

    def ignores(self, leaves: list[Any]) -> bool:
        """Returns whether a call is not examined: it is inside another call, or after the end."""
        return not self.is_on or self.staging > 0 or has_tracer(leaves)

    def site(self, place: Place) -> int:
        """Returns a number for a place, which becomes part of the names of marked arrays."""
        self._places.append(place)
        return len(self._places) - 1

    def region(self, function: Any, form: str) -> Region:
        """Returns the region of a function, created at its first use."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None:
            code = getattr(getattr(function, "__func__", function), "__code__", None)
        if code is not None and is_readers(code.co_filename):
            place, name = Place(code.co_filename, code.co_firstlineno), code.co_name
        else:
            place, name = here().place, getattr(function, "__name__", form)
        self.recorder.files.add(place.file)
        # jax.jit(loss) and jax.jit(jax.grad(loss)) are two functions with one name.
        key = place, form, hasattr(function, "is_gradient")
        return self.recorder.regions.setdefault(key, Region(name, form, place))

    def enter(self, region: Region, leaves: list[Any]) -> int:
        """Counts a call and returns its number, from 0; raises `Stop` at the limit."""
        self._settle(keep=2)
        if self.limit is not None and self.recorder.compiled_calls >= self.limit:
            raise Stop
        self.recorder.compiled_calls += 1
        region.signatures[tuple(getattr(leaf, "shape", None) for leaf in leaves)] += 1
        region.calls += 1
        return region.calls - 1

    def leave(
        self, region: Region, program: Program | None, leaves: list[Any], call: int, out: Any
    ) -> None:
        """Examines a completed call.

        Args:
          leaves: the arrays that are the program's inputs.
          out: the result of the call.
        """
        empty = is_empty(leaves)
        is_training = region.form == "grad" or (program is not None and program.is_training)
        if program is not None and (is_training or program.draws) and not empty:
            self._last[id(region)] = (region, program, leaves, call)
            if is_sampled(call):
                self._look(region, program, leaves, call)
        if is_training:
            region.is_training = True
            if not empty and (results := self._results(region, out)):
                self._pending.append(_Made(region, program, leaves, call, results))
            self.recorder.step += 1
            self.watch.after_step()

    def _results(self, region: Region, out: Any) -> list[Any]:
        """Returns the results to check: float scalars, such as the loss, else all float arrays."""
        leaves, structure = jax.tree.flatten(out)
        if (id(region), structure) not in self._checked:
            floats = [n for n, leaf in enumerate(leaves) if is_float(leaf)]
            scalars = [n for n in floats if np.ndim(leaves[n]) == 0]
            self._checked[id(region), structure] = scalars or floats
        results = [leaves[n] for n in self._checked[id(region), structure]]
        return [] if has_tracer(results) else results

    def _is_finite(self, results: list[Any]) -> bool:
        if all(np.ndim(result) == 0 for result in results):
            return all(np.isfinite(result) for result in jax.device_get(results))
        return bool(self._finite(results))

    def _settle(self, keep: int = 0) -> None:
        """Checks the results of all but the newest steps; looks for the cause of the first NaN."""
        while len(self._pending) > keep:
            made = self._pending.popleft()
            region, before = made.region, self._settled.get(id(made.region))
            self._settled[id(region)] = made
            region.is_nonfinite = not self._is_finite(made.results)
            if region.is_nonfinite and region.culprit is None:
                floats = [leaf for leaf in made.leaves if is_float(leaf)]
                # A parameter that becomes NaN makes the loss NaN one step later.
                if before is not None and floats and not bool(self._finite(floats)):
                    made = before
                self._explain(made)

    def _explain(self, made: _Made) -> None:
        region, program = made.region, made.program
        region.culprit = (made.call, [])
        floats = [leaf for leaf in made.leaves if is_float(leaf)]
        region.is_given_nonfinite = bool(floats) and not bool(self._finite(floats))
        if region.is_given_nonfinite and not any(np.isnan(leaf).any() for leaf in floats):
            region.culprit = None  # an optimizer's state may start with infinities
            region.is_nonfinite = False
            return
        if program is not None and not region.is_given_nonfinite:
            look = Look(keys=False, numbers=True, finite=True)
            notes = self.quietly(lambda: program.notes(made.leaves, look))
            region.culprit = (made.call, notes or [])

    def _look(self, region: Region, program: Program, leaves: list[Any], call: int) -> None:
        look = Look(keys=region.form != "grad")
        notes = self.quietly(lambda: program.notes(leaves, look)) or []
        marks: dict[str, list[Note]] = {}
        for note in notes:
            if note.kind in ("draw", "split"):
                self._drawn(region, call, note)
            elif note.kind == "mark":
                kind, _, rest = note.name.partition("|")
                if kind == "grad" and note.turns is not None:
                    region.iterations = max(region.iterations, int(note.turns[-1]) + 1)
                marks.setdefault(kind, []).append(note._replace(name=rest))
            elif len(region.notes) < 2000:
                region.notes += [(turn or call, one) for turn, one in note.sampled()]
        if region.form != "grad":
            self._marked(marks, call)

    def quietly(self, action: Callable[[], Any]) -> Any:
        """Returns the result of an examination, or None if it fails: the script must continue."""
        try:
            with self.watch.paused(), redirect_stdout(StringIO()):
                return action()
        except Exception:
            return None

    def _drawn(self, region: Region, call: int, note: Note) -> None:
        words = note.values.reshape(-1, note.values.shape[-1])
        unique, counts = np.unique(words, axis=0, return_counts=True)
        for key, count in zip(unique, counts, strict=True):
            operation = "split" if note.kind == "split" else region.form
            where = (f"{region.name}:{region.place.line}", call)
            step = self.recorder.step
            draw = Draw(operation, note.stack, int(note.name), step, where, int(count))
            self.recorder.use(key, draw)

    def _marked(self, marks: dict[str, list[Note]], call: int) -> None:
        by_site: dict[int, dict[str, dict[str, Note]]] = {}
        for kind, notes in marks.items():
            for note in notes:
                site, _, leaf = note.name.partition("|")
                by_site.setdefault(int(site), {}).setdefault(kind, {})[leaf] = note
        for number, kinds in by_site.items():
            first = next(iter(next(iter(kinds.values())).values()))
            for turn, _ in first.sampled():
                arrays = {
                    kind: {leaf: note.at(turn).values for leaf, note in leaves.items()}
                    for kind, leaves in kinds.items()
                }
                self.sampled(self._places[number], call if turn is None else turn, arrays)

    def sampled(self, place: Place, call: int, arrays: dict[str, dict[str, Any]]) -> None:
        """Stores the arrays of a gradient or an optimizer's update, keyed by kind and by name."""
        if "before" in arrays:
            states = self.recorder.states.setdefault(place, [])
            if len(states) < 16:
                states.append((_digest(arrays["before"]), _digest(arrays.get("after", {}))))
        if "grad" in arrays:
            gradient = self.recorder.gradient(place)
            sample = Sample(call, arrays.get("param", {}), arrays["grad"])
            gradient.samples.append(sample)
            del gradient.samples[32:-16]

    def concrete(self, params: Any, gradient: Any, call: int) -> None:
        """Stores the parameters and the gradient of a call outside compiled functions."""
        leaves, grads = named(params), named(gradient)
        if sum(np.size(leaf) for leaf in leaves.values()) <= MOST_NUMBERS:
            arrays = {"param": jax.device_get(leaves), "grad": jax.device_get(grads)}
            self.sampled(here().place, call, arrays)

    def traced(self, region: Region, leaves: list[Any], trace: Callable[[], Any]) -> Program | None:
        """Returns the program of a function that the user does not compile, or None."""
        signature = tuple((getattr(x, "shape", None), str(getattr(x, "dtype", ""))) for x in leaves)
        programs = self._programs.setdefault(id(region), {})
        if signature not in programs:
            programs[signature] = None
            if len(programs) <= MOST_TWINS:
                with self.staged():
                    found = self.quietly(trace)
                programs[signature] = None if found is None else Program(found)
        program: Program | None = programs[signature]
        return program

    def mark(self, tree: Any, kind: str, site: int) -> Any:
        """Returns the pytree with a name attached to each array, for which a twin looks."""

        def marked(path: Any, leaf: Any) -> Any:
            is_number = is_float(leaf) or getattr(leaf, "dtype", None) in (np.int32, np.uint32)
            if not is_number or np.size(leaf) > MOST_NUMBERS:
                return leaf
            name = jax.tree_util.keystr(path).removeprefix(".")
            return checkpoint_name(leaf, f"{MARK}{kind}|{site}|{name}")

        return jax.tree_util.tree_map_with_path(marked, tree)


def flat(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Returns the jaxpr of a function with only the arrays among its arguments as inputs."""
    leaves, structure = jax.tree.flatten((args, kwargs))
    arrays = [place for place, leaf in enumerate(leaves) if hasattr(leaf, "dtype")]

    def of_arrays(*values: Any) -> Any:
        filled = list(leaves)
        for place, value in zip(arrays, values, strict=True):
            filled[place] = value
        positional, named_ones = jax.tree.unflatten(structure, filled)
        return function(*positional, **named_ones)

    return _make_jaxpr(of_arrays)(*(leaves[place] for place in arrays))


def _digest(arrays: dict[str, Any]) -> bytes:
    return b"".join(name.encode() + np.asarray(value).tobytes() for name, value in arrays.items())
