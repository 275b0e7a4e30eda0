"""Instruments JAX and optax: `Patches(recorder).install()` before a script, `remove()` after it.

The instrumented functions compute the same numbers. A gradient's parameters and results are marked
by `jax.ad_checkpoint.checkpoint_name`, which compiles to nothing, so that a twin can return them.
Donated buffers are kept, so that a step can be looked at after it was made.
"""

import functools
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

import jax
import numpy as np
import optax
from jax.ad_checkpoint import checkpoint_name

from mlp_core.diagnosis.ledger import named
from mlp_core.doctor import places, twin
from mlp_core.doctor.dispatch import Watch
from mlp_core.doctor.places import Place, Stack, here, is_readers
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
    key_words,
)
from mlp_core.doctor.twin import MARK, Look, Note, Twin

_NO_DRAWS = {"PRNGKey", "key", "key_data", "wrap_key_data", "key_impl", "key_dtype", "clone"}
_NO_DRAWS |= {"fold_in"}
_DRAWING = ("normal", "uniform", "orthogonal", "variance_scaling")
"""How the names of the initializers end that draw."""
_MOST_TWINS = 2
"""How many shapes of one function are looked at."""

_jit, _make_jaxpr = jax.jit, jax.make_jaxpr


class Stop(BaseException):
    """Ends a script after `--steps` compiled calls; no `except Exception` of the script sees it."""


def _all_finite(leaves: list[Any]) -> Any:
    return jax.numpy.stack([jax.numpy.isfinite(leaf).all() for leaf in leaves]).all()


class _Program:
    """A region's program for one signature, and its twins."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.draws, self.is_training = twin.is_worth_it(program)
        self._twins: dict[Look, Twin] = {}

    def notes(self, leaves: list[Any], look: Look) -> list[Note]:
        """Returns the notes of a call; none where the program cannot be run once more."""
        avals = [jax.core.ShapedArray(np.shape(x), jax.numpy.result_type(x)) for x in leaves]
        expected = [(aval.shape, aval.dtype) for aval in self.program.in_avals]
        if [(aval.shape, aval.dtype) for aval in avals] != expected:
            return []
        if look not in self._twins:
            self._twins[look] = Twin(self.program, look, _jit)
        return self._twins[look](leaves)


class _Made(NamedTuple):
    """A training step that was made, and what shows whether its results are finite."""

    region: Region
    program: _Program | None
    leaves: list[Any]
    call: int
    results: list[Any]


class Patches:
    """The instrumented functions of one recording."""

    def __init__(self, recorder: Recorder, limit: int | None = None) -> None:
        self.recorder, self.limit = recorder, limit
        self.watch = Watch(recorder)
        self._saved: list[tuple[Any, str, Any]] = []
        self._wrapped: dict[Any, Any] = {}
        self._staging = self._updating = self._grading = 0
        self._places: list[Place] = []
        self._pending: deque[_Made] = deque()
        self._settled: dict[int, _Made] = {}
        self._checked: dict[Any, list[int]] = {}
        self._last: dict[int, tuple[Any, ...]] = {}
        self._finite = _jit(_all_finite)

    def install(self) -> None:
        """Replaces the functions."""
        self._set(jax, "jit", self._watched_jit)
        for name in ("grad", "value_and_grad"):
            self._set(jax, name, self._watched_grad(getattr(jax, name), name == "grad"))
        self._set(jax, "vmap", self._watched_vmap(jax.vmap))
        self._set(jax.lax, "scan", self._watched_scan(jax.lax.scan))
        for name in set(dir(jax.random)) - _NO_DRAWS:
            if inspect.isfunction(sampler := getattr(jax.random, name)) and name[0] != "_":
                self._set(jax.random, name, self._watched_draw(sampler, name))
        for name in filter(lambda name: name.endswith(_DRAWING), dir(jax.nn.initializers)):
            factory = getattr(jax.nn.initializers, name)
            self._set(jax.nn.initializers, name, self._watched_initializer(factory))
        self._set(optax, "apply_updates", self._watched_apply(optax.apply_updates))
        made = optax.GradientTransformation.__new__
        self._set(optax.GradientTransformation, "__new__", self._watched_optimizer(made))

    def _set(self, owner: Any, name: str, value: Any) -> None:
        self._saved.append((owner, name, vars(owner)[name]))
        setattr(owner, name, value)

    def remove(self) -> None:
        """Restores the functions, and looks at the last call of each region once more."""
        self.watch.stop()
        for owner, name, value in reversed(self._saved):
            setattr(owner, name, value)
        self._saved.clear()
        self._settle()
        for region, program, leaves, call in self._last.values():
            if not is_sampled(call) and region.is_training:
                self._look(region, program, leaves, call)
        self._last.clear()

    @contextmanager
    def _staged(self) -> Iterator[None]:
        self._staging += 1
        try:
            yield
        finally:
            self._staging -= 1

    # Random draws

    def _watched_draw(self, sampler: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(sampler)
        def draw(*args: Any, **kwargs: Any) -> Any:
            result = sampler(*args, **kwargs)
            key = args[0] if args else kwargs.get("key")
            if self._saved and not has_tracer((key, result)):
                words = key_words(key)
                if words is not None:
                    numbers = getattr(result, "size", 0)
                    use = Draw(name, here(), numbers, self.recorder.step, ("", 0))
                    self.recorder.use(words, use)
            return result

        return draw

    def _watched_initializer(self, factory: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(factory)
        def make(*args: Any, **kwargs: Any) -> Any:
            made = factory(*args, **kwargs)
            # Some are initializers themselves, and return an array.
            if not callable(made) or isinstance(made, jax.Array):
                return made
            return self._watched_draw(made, "initializer")

        return make

    # Regions: functions that are compiled as a whole, or at least called as one

    def _region(self, function: Any, form: str) -> Region:
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None:
            code = getattr(getattr(function, "__func__", function), "__code__", None)
        if code is not None and is_readers(code.co_filename):
            place, name = Place(code.co_filename, code.co_firstlineno), code.co_name
        else:
            place, name = here().place, getattr(function, "__name__", form)
        self.recorder.files.add(place.file)
        # jax.jit(loss) and jax.jit(jax.grad(loss)) are two functions of one name.
        key = place, form, hasattr(function, "is_gradient")
        return self.recorder.regions.setdefault(key, Region(name, form, place))

    def _enter(self, region: Region, leaves: list[Any]) -> int:
        """Counts a call; returns its number."""
        self._settle(keep=2)
        if self.limit is not None and self.recorder.compiled_calls >= self.limit:
            raise Stop
        self.recorder.compiled_calls += 1
        region.signatures[tuple(getattr(leaf, "shape", None) for leaf in leaves)] += 1
        region.calls += 1
        return region.calls - 1

    def _leave(
        self, region: Region, program: _Program | None, leaves: list[Any], call: int, out: Any
    ) -> None:
        """Looks at a call that was made."""
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
        """Returns the results to check: single numbers, such as the loss; else all real numbers."""
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
                # The loss shows a parameter that is NaN one step later.
                if before is not None and floats and not bool(self._finite(floats)):
                    made = before
                self._explain(made)

    def _explain(self, made: _Made) -> None:
        region, program = made.region, made.program
        region.culprit = (made.call, [])
        floats = [leaf for leaf in made.leaves if is_float(leaf)]
        region.is_given_nonfinite = bool(floats) and not bool(self._finite(floats))
        if region.is_given_nonfinite and not any(np.isnan(leaf).any() for leaf in floats):
            region.culprit = None  # an optimizer's state may begin with infinities
            region.is_nonfinite = False
            return
        if program is not None and not region.is_given_nonfinite:
            look = Look(keys=False, numbers=True, finite=True)
            notes = self._quietly(lambda: program.notes(made.leaves, look))
            region.culprit = (made.call, notes or [])

    def _look(self, region: Region, program: _Program, leaves: list[Any], call: int) -> None:
        look = Look(keys=region.form != "grad")
        notes = self._quietly(lambda: program.notes(leaves, look)) or []
        marks: dict[str, list[Note]] = {}
        for note in notes:
            if note.kind in ("draw", "split"):
                self._drawn(region, call, note)
            elif note.kind == "mark":
                kind, _, rest = note.name.partition("|")
                marks.setdefault(kind, []).append(note._replace(name=rest))
            elif len(region.notes) < 2000:
                turns = _turns(note)
                region.iterations = max(region.iterations, (turns[-1] or 0) + 1)
                region.notes += [(turn or call, _of_turn(note, turn)) for turn in turns]
        if region.form != "grad":
            self._marked(marks, call)

    def _quietly(self, action: Callable[[], Any]) -> Any:
        """Returns what an examination finds, and None where it fails: the script must go on."""
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
            for turn in _turns(first):
                arrays = {
                    kind: {leaf: _of_turn(note, turn).values for leaf, note in leaves.items()}
                    for kind, leaves in kinds.items()
                }
                self._sampled(self._places[number], call if turn is None else turn, arrays)

    def _sampled(self, place: Place, call: int, arrays: dict[str, dict[str, Any]]) -> None:
        if "before" in arrays:
            states = self.recorder.states.setdefault(place, [])
            if len(states) < 16:
                states.append((_digest(arrays["before"]), _digest(arrays.get("after", {}))))
        if "grad" in arrays:
            gradient = self.recorder.gradient(place)
            sample = Sample(call, arrays.get("param", {}), arrays["grad"])
            gradient.samples.append(sample)
            del gradient.samples[32:-16]

    # jax.jit

    def _watched_jit(self, fun: Any = None, /, **options: Any) -> Any:
        if not callable(fun):
            return functools.partial(self._watched_jit, **options)
        for name in ("donate_argnums", "donate_argnames"):
            options.pop(name, None)
        return _Jitted(self, fun, options)

    def _counted(self, fun: Any, region: Region) -> Any:
        """Returns a function that is traced in place of another one, the same for the same."""
        try:
            if (fun, id(region)) in self._wrapped:
                return self._wrapped[fun, id(region)]
        except TypeError:  # not hashable
            return fun

        @functools.wraps(fun, updated=())
        def traced(*args: Any, **kwargs: Any) -> Any:
            if self._saved and not self._staging:
                region.traces.append(_signature((args, kwargs)))
            with self._staged():
                return fun(*args, **kwargs)

        if len(self._wrapped) < 10_000:
            self._wrapped[fun, id(region)] = traced
        return traced

    # jax.grad

    def _watched_grad(self, real: Callable[..., Any], is_alone: bool) -> Callable[..., Any]:
        @functools.wraps(real)
        def transform(fun: Any, argnums: Any = 0, has_aux: bool = False, **options: Any) -> Any:
            if not callable(fun):
                return real(fun, argnums, has_aux, **options)
            first = argnums if isinstance(argnums, int) else argnums[0]
            sites: list[int] = []

            @functools.wraps(fun, updated=())
            def marked(*args: Any, **kwargs: Any) -> Any:
                self._grading += 1
                try:
                    out = fun(*args, **kwargs)
                finally:
                    self._grading -= 1
                if not sites or not self._staging:
                    return out
                loss = out[0] if has_aux else out
                loss = self._mark(loss, "loss", sites[-1])
                return (loss, *out[1:]) if has_aux else loss

            computed = real(marked, argnums, has_aux, **options)

            def of(out: Any) -> Any:
                """Returns the gradient of the first argument."""
                gradient = out[0] if is_alone and has_aux else out if is_alone else out[1]
                return gradient if isinstance(argnums, int) else gradient[0]

            def with_gradient(out: Any, gradient: Any) -> Any:
                if not isinstance(argnums, int):
                    old = out[0] if is_alone and has_aux else out if is_alone else out[1]
                    gradient = (gradient, *old[1:])
                if is_alone:
                    return (gradient, *out[1:]) if has_aux else gradient
                return (out[0], gradient)

            def staged(*args: Any, **kwargs: Any) -> Any:
                # A gradient inside of a loss is by its inputs, as in a differential equation.
                if not 0 <= first < len(args) or self._grading:
                    return computed(*args, **kwargs)
                self._places.append(here().place)
                sites.append(len(self._places) - 1)
                try:
                    params = self._mark(args[first], "param", sites[-1])
                    out = computed(*args[:first], params, *args[first + 1 :], **kwargs)
                    return with_gradient(out, self._mark(of(out), "grad", sites[-1]))
                finally:
                    sites.pop()

            @functools.wraps(fun, updated=())
            def watched(*args: Any, **kwargs: Any) -> Any:
                if self._staging and self._saved:
                    return staged(*args, **kwargs)
                leaves = jax.tree.leaves((args, kwargs))
                if (
                    not self._saved
                    or self._grading
                    or has_tracer(leaves)
                    or not 0 <= first < len(args)
                ):
                    return computed(*args, **kwargs)
                region = self._region(fun, "grad")
                call = self._enter(region, leaves)
                out = computed(*args, **kwargs)
                gradient = of(out)
                is_seen = not is_empty(leaves) and not has_tracer(jax.tree.leaves(gradient))
                if is_sampled(call) and is_seen:
                    self._concrete(args[first], gradient, call)
                program = self._traced(region, leaves, lambda: _flat(staged, args, kwargs))
                arrays = [leaf for leaf in leaves if hasattr(leaf, "dtype")]
                self._leave(region, program, arrays, call, out)
                return out

            watched.is_gradient = True  # type: ignore[attr-defined]
            return watched

        return transform

    def _concrete(self, params: Any, gradient: Any, call: int) -> None:
        leaves, grads = named(params), named(gradient)
        if sum(np.size(leaf) for leaf in leaves.values()) <= MOST_NUMBERS:
            arrays = {"param": jax.device_get(leaves), "grad": jax.device_get(grads)}
            self._sampled(here().place, call, arrays)

    def _traced(
        self, region: Region, leaves: list[Any], trace: Callable[[], Any]
    ) -> "_Program | None":
        """Returns the program of a function that the reader does not compile."""
        signature = tuple((getattr(x, "shape", None), str(getattr(x, "dtype", ""))) for x in leaves)
        programs = self._wrapped.setdefault(("programs", id(region)), {})
        if signature not in programs:
            programs[signature] = None
            if len(programs) <= _MOST_TWINS:
                with self._staged():
                    found = self._quietly(trace)
                programs[signature] = None if found is None else _Program(found)
        program: _Program | None = programs[signature]
        return program

    def _mark(self, tree: Any, kind: str, site: int) -> Any:
        """Returns a tree whose arrays carry a name that a twin can see."""

        def marked(path: Any, leaf: Any) -> Any:
            is_number = is_float(leaf) or getattr(leaf, "dtype", None) in (np.int32, np.uint32)
            if not is_number or np.size(leaf) > MOST_NUMBERS:
                return leaf
            name = jax.tree_util.keystr(path).removeprefix(".")
            return checkpoint_name(leaf, f"{MARK}{kind}|{site}|{name}")

        return jax.tree_util.tree_map_with_path(marked, tree)

    # jax.lax.scan and jax.vmap, where the reader calls them outside of compiled code

    def _watched_scan(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def scan(f: Any, init: Any = None, xs: Any = None, *rest: Any, **options: Any) -> Any:
            leaves = jax.tree.leaves((init, xs))
            if not self._saved or self._staging or has_tracer(leaves):
                return real(f, init, xs, *rest, **options)

            def run(init: Any, xs: Any) -> Any:
                return real(f, init, xs, *rest, **options)

            return self._called("scan", f, run, (init, xs), leaves)

        return scan

    def _watched_vmap(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def vmap(fun: Any, *rest: Any, **options: Any) -> Any:
            mapped = real(fun, *rest, **options)
            if not callable(fun):
                return mapped

            @functools.wraps(fun, updated=())
            def watched(*args: Any, **kwargs: Any) -> Any:
                leaves = jax.tree.leaves((args, kwargs))
                is_plain = not self._saved or self._staging or has_tracer(leaves) or bool(kwargs)
                if is_plain or all(key_words(leaf) is None for leaf in leaves):
                    return mapped(*args, **kwargs)
                return self._called("vmap", fun, mapped, args, leaves)

            return watched

        return vmap

    def _called(
        self, form: str, function: Any, run: Callable[..., Any], args: Any, leaves: list[Any]
    ) -> Any:
        region = self._region(function, form)
        call = self._enter(region, leaves)
        with self._staged():
            out = run(*args)
        program = self._traced(region, leaves, lambda: _flat(run, args, {}))
        self._leave(region, program, leaves, call, out)
        return out

    # optax

    def _watched_apply(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def apply_updates(*args: Any, **kwargs: Any) -> Any:
            self._discarding(here(), "apply_updates")
            return real(*args, **kwargs)

        return apply_updates

    def _discarding(self, stack: Stack, name: str) -> None:
        called = places.discarded(stack.place) if stack.is_direct else None
        if called is not None and called.rpartition(".")[2] == name:
            self.recorder.discards[stack.place, called] += 1

    def _watched_optimizer(self, made: Callable[..., Any]) -> Any:
        def new(cls: Any, init: Any, update: Any) -> Any:
            @functools.wraps(update)
            def watched(updates: Any, state: Any, *rest: Any, **extra: Any) -> Any:
                if self._updating or not self._saved:
                    return update(updates, state, *rest, **extra)
                self._updating += 1
                try:
                    return self._updated(update, updates, state, rest, extra)
                finally:
                    self._updating -= 1

            return made(cls, init, watched)

        return staticmethod(new)

    def _updated(self, update: Any, updates: Any, state: Any, rest: Any, extra: Any) -> Any:
        stack = here()
        self._discarding(stack, "update")
        if self._staging:
            self._places.append(stack.place)
            site = len(self._places) - 1
            state = self._mark(state, "before", site)
            result, after = update(updates, state, *rest, **extra)
            return result, self._mark(after, "after", site)
        result, after = update(updates, state, *rest, **extra)
        leaves = named(state)
        if is_sampled(self.recorder.step) and not has_tracer(leaves.values()):
            arrays = {"before": jax.device_get(leaves), "after": jax.device_get(named(after))}
            self._sampled(stack.place, self.recorder.step, arrays)
        return result, after


class _Jitted:
    """What the instrumented `jax.jit` returns: the compiled function, whose calls are seen."""

    def __init__(self, patches: Patches, fun: Any, options: dict[str, Any]) -> None:
        self._patches, self._fun = patches, fun
        self._region = patches._region(fun, "jit")
        self._jitted = _jit(patches._counted(fun, self._region), **options)
        self._nums, self._names = _static(fun, options)
        self._programs: dict[Any, _Program | None] = {}
        functools.update_wrapper(self, fun, updated=())

    def __getattr__(self, name: str) -> Any:
        if name == "_jitted":  # of a copy that is being made
            raise AttributeError(name)
        return getattr(self._jitted, name)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        patches, region = self._patches, self._region
        leaves = jax.tree.leaves((args, kwargs))
        if not patches._saved or patches._staging or has_tracer(leaves) or not region.place.line:
            return self._jitted(*args, **kwargs)
        call = patches._enter(region, leaves)
        out = self._jitted(*args, **kwargs)
        dynamic = self._dynamic(args, kwargs)
        patches._leave(region, self._program(args, kwargs, dynamic), dynamic, call, out)
        if call < 64 and region.is_training:
            self._discarding()
        return out

    def _dynamic(self, args: Any, kwargs: Any) -> list[Any]:
        if not self._nums and not self._names:
            return jax.tree.leaves((args, kwargs))
        nums = {num % len(args) for num in self._nums if args}
        kept = [arg for place, arg in enumerate(args) if place not in nums]
        return jax.tree.leaves((kept, {k: v for k, v in kwargs.items() if k not in self._names}))

    def _program(self, args: Any, kwargs: Any, dynamic: list[Any]) -> _Program | None:
        signature = tuple(getattr(leaf, "shape", None) for leaf in dynamic)
        if signature not in self._programs:
            known = [one for one in self._programs.values() if one is not None]
            found = None
            if not is_empty(dynamic) and len(known) < _MOST_TWINS:
                found = self._patches._quietly(
                    lambda: _Program(self._jitted.trace(*args, **kwargs).jaxpr)
                )
            elif known:
                # Of the same function: enough to know that a call is a training step.
                found = known[0]
            self._programs[signature] = found
        return self._programs[signature]

    def _discarding(self) -> None:
        stack = here()
        called = places.discarded(stack.place) if stack.is_direct else None
        if called is not None and places.value_of(called, stack.place) is self:
            self._region.discards[stack.place] += 1


def _static(fun: Any, options: dict[str, Any]) -> tuple[set[int], set[str]]:
    """Returns the static arguments of a compiled function, by position and by name."""
    nums, names = options.get("static_argnums"), options.get("static_argnames")
    by_place = {nums} if isinstance(nums, int) else set(nums or ())
    by_name = {names} if isinstance(names, str) else set(names or ())
    try:
        order = list(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return by_place, by_name
    by_name |= {order[place] for place in by_place if place < len(order)}
    return by_place | {place for place, name in enumerate(order) if name in by_name}, by_name


def _signature(arguments: Any) -> tuple[Any, ...]:
    """Returns what a trace depends on: shapes and types, and the static values as text."""
    return tuple(
        (tuple(leaf.shape), str(leaf.dtype)) if hasattr(leaf, "dtype") else repr(leaf)[:60]
        for leaf in jax.tree.leaves(arguments)
    )


def _flat(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Returns the program of a function, of its arrays alone."""
    leaves, structure = jax.tree.flatten((args, kwargs))
    arrays = [place for place, leaf in enumerate(leaves) if hasattr(leaf, "dtype")]

    def of_arrays(*values: Any) -> Any:
        filled = list(leaves)
        for place, value in zip(arrays, values, strict=True):
            filled[place] = value
        positional, named_ones = jax.tree.unflatten(structure, filled)
        return function(*positional, **named_ones)

    return _make_jaxpr(of_arrays)(*(leaves[place] for place in arrays))


def _turns(note: Note) -> list[int | None]:
    """Returns which iterations of a scan are sampled; None for what is in no scan."""
    if note.scans == 0:
        return [None]
    first = jax.tree.leaves(note.values)[0]
    length = int(np.prod(first.shape[: note.scans]))
    return [turn for turn in range(length) if is_sampled(turn) or turn == length - 1]


def _of_turn(note: Note, turn: int | None) -> Note:
    """Returns a note with its values in one iteration."""
    if turn is None:
        return note

    def at(values: Any) -> Any:
        rows = values.reshape(-1, *values.shape[note.scans :])
        return rows[min(turn, len(rows) - 1)]

    return note._replace(values=jax.tree.map(at, note.values), scans=0)


def _digest(arrays: dict[str, Any]) -> bytes:
    return b"".join(name.encode() + np.asarray(value).tobytes() for name, value in arrays.items())
