"""The instrumented `jax.jit`."""

import functools
import inspect
from typing import Any

import jax

from mlp_core.doctor import places
from mlp_core.doctor.examiner import MOST_TWINS, Examiner, Program, jit
from mlp_core.doctor.places import here
from mlp_core.doctor.recording import Region, is_empty

_MOST_FUNCTIONS = 10_000


class Jits:
    """Creates instrumented compiled functions."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self._counted: dict[Any, Any] = {}

    def jit(self, fun: Any = None, /, **options: Any) -> Any:
        """Returns an instrumented `jax.jit(fun)`.

        Donation is disabled, because the arguments are examined after the call.
        """
        if not callable(fun):
            return functools.partial(self.jit, **options)
        for name in ("donate_argnums", "donate_argnames"):
            options.pop(name, None)
        region = self._examiner.region(fun, "jit")
        return _Jitted(self._examiner, fun, region, self._traced(fun, region), options)

    def _traced(self, fun: Any, region: Region) -> Any:
        """Returns a wrapper that counts traces; always the same object, as JAX caches by it."""
        examiner = self._examiner
        try:
            if (fun, id(region)) in self._counted:
                return self._counted[fun, id(region)]
        except TypeError:  # `fun` is not hashable
            return fun

        @functools.wraps(fun, updated=())
        def traced(*args: Any, **kwargs: Any) -> Any:
            if examiner.is_on and not examiner.staging:
                region.traces.append(_signature((args, kwargs)))
            with examiner.staged():
                return fun(*args, **kwargs)

        if len(self._counted) < _MOST_FUNCTIONS:
            self._counted[fun, id(region)] = traced
        return traced


class _Jitted:
    """The result of the instrumented `jax.jit`: a compiled function whose calls are examined."""

    def __init__(
        self, examiner: Examiner, fun: Any, region: Region, traced: Any, options: dict[str, Any]
    ) -> None:
        self._examiner, self._region = examiner, region
        self._jitted = jit(traced, **options)
        self._nums, self._names = _static(fun, options)
        self._programs: dict[Any, Program | None] = {}
        functools.update_wrapper(self, fun, updated=())

    def __getattr__(self, name: str) -> Any:
        if name == "_jitted":  # a copy does not have the attribute yet
            raise AttributeError(name)
        return getattr(self._jitted, name)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        examiner, region = self._examiner, self._region
        leaves = jax.tree.leaves((args, kwargs))
        if examiner.ignores(leaves) or not region.place.line:
            return self._jitted(*args, **kwargs)
        call = examiner.enter(region, leaves)
        out = self._jitted(*args, **kwargs)
        dynamic = self._dynamic(args, kwargs)
        examiner.leave(region, self._program(args, kwargs, dynamic), dynamic, call, out)
        if call < 64 and region.is_training:
            self._discarding()
        return out

    def _dynamic(self, args: Any, kwargs: Any) -> list[Any]:
        if not self._nums and not self._names:
            return jax.tree.leaves((args, kwargs))
        nums = {num % len(args) for num in self._nums if args}
        kept = [arg for place, arg in enumerate(args) if place not in nums]
        return jax.tree.leaves((kept, {k: v for k, v in kwargs.items() if k not in self._names}))

    def _program(self, args: Any, kwargs: Any, dynamic: list[Any]) -> Program | None:
        signature = tuple(getattr(leaf, "shape", None) for leaf in dynamic)
        if signature not in self._programs:
            known = [one for one in self._programs.values() if one is not None]
            found = None
            if not is_empty(dynamic) and len(known) < MOST_TWINS:
                found = self._examiner.quietly(
                    lambda: Program(self._jitted.trace(*args, **kwargs).jaxpr)
                )
            elif known:
                # The program for other shapes is enough to know that a call is a training step.
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
    """Returns the properties that a trace depends on: shapes, dtypes, and static values as text."""
    return tuple(
        (tuple(leaf.shape), str(leaf.dtype)) if hasattr(leaf, "dtype") else repr(leaf)[:60]
        for leaf in jax.tree.leaves(arguments)
    )
