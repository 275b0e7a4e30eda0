"""Instruments JAX and optax: `Patches(examiner).install()` before a script, `remove()` after it.

The instrumented functions compute the same numbers. The parameters and results of a gradient are
marked with `jax.ad_checkpoint.checkpoint_name`, which compiles to nothing, so that a twin can
return them. Buffer donation is disabled, so that a step can be examined after it was made.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import optax

from mlp_core.diagnosis.ledger import named
from mlp_core.doctor import places
from mlp_core.doctor.examiner import Examiner, flat
from mlp_core.doctor.gradients import Gradients
from mlp_core.doctor.places import Stack, here
from mlp_core.doctor.recording import Draw, has_tracer, is_sampled, is_tracing, key_words
from mlp_core.doctor.watched_jit import Jits

_NO_DRAWS = {"PRNGKey", "key", "key_data", "wrap_key_data", "key_impl", "key_dtype", "clone"}
_NO_DRAWS |= {"fold_in"}
_DRAWING = ("normal", "uniform", "orthogonal", "variance_scaling")
"""Suffixes of the names of initializers that draw random numbers."""


class Patches:
    """The instrumented functions of one recording."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner, self._recorder = examiner, examiner.recorder
        self._saved: list[tuple[Any, str, Any]] = []
        self._updating = False
        """Whether an optimizer's update is running, which may call that of another optimizer."""

    def install(self) -> None:
        """Replaces the functions."""
        self._set(jax, "jit", Jits(self._examiner).jit)
        gradients = Gradients(self._examiner)
        for name in ("grad", "value_and_grad"):
            self._set(jax, name, gradients.watched(getattr(jax, name), name == "grad"))
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
        self._examiner.is_on = True

    def _set(self, owner: Any, name: str, value: Any) -> None:
        self._saved.append((owner, name, vars(owner)[name]))
        setattr(owner, name, value)

    def remove(self) -> None:
        """Restores the functions, and ends the examination."""
        self._examiner.watch.stop()
        for owner, name, value in reversed(self._saved):
            setattr(owner, name, value)
        self._saved.clear()
        self._examiner.is_on = False
        self._examiner.end()

    # Random draws

    def _watched_draw(self, sampler: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(sampler)
        def draw(*args: Any, **kwargs: Any) -> Any:
            result = sampler(*args, **kwargs)
            key = args[0] if args else kwargs.get("key")
            if self._examiner.is_on and not has_tracer((key, result)):
                words = key_words(key)
                if words is not None:
                    numbers = getattr(result, "size", 0)
                    use = Draw(name, here(), numbers, self._recorder.step, ("", 0))
                    self._recorder.use(words, use)
            return result

        return draw

    def _watched_initializer(self, factory: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(factory)
        def make(*args: Any, **kwargs: Any) -> Any:
            made = factory(*args, **kwargs)
            # Some of these are not factories but initializers, which return an array.
            if not callable(made) or isinstance(made, jax.Array):
                return made
            return self._watched_draw(made, "initializer")

        return make

    # jax.lax.scan and jax.vmap, called by the user outside compiled functions

    def _watched_scan(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def scan(f: Any, init: Any = None, xs: Any = None, *rest: Any, **options: Any) -> Any:
            leaves = jax.tree.leaves((init, xs))
            if self._examiner.ignores(leaves) or is_tracing():
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
                if (
                    self._examiner.ignores(leaves)
                    or is_tracing()
                    or kwargs
                    or all(key_words(leaf) is None for leaf in leaves)
                ):
                    return mapped(*args, **kwargs)
                return self._called("vmap", fun, mapped, args, leaves)

            return watched

        return vmap

    def _called(
        self, form: str, function: Any, run: Callable[..., Any], args: Any, leaves: list[Any]
    ) -> Any:
        examiner = self._examiner
        region = examiner.region(function, form)
        call = examiner.enter(region, leaves)
        with examiner.staged():
            out = run(*args)
        program = examiner.traced(region, leaves, lambda: flat(run, args, {}))
        examiner.leave(region, program, leaves, call, out)
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
            self._recorder.discards[stack.place, called] += 1

    def _watched_optimizer(self, made: Callable[..., Any]) -> Any:
        def new(cls: Any, init: Any, update: Any) -> Any:
            @functools.wraps(update)
            def watched(updates: Any, state: Any, *rest: Any, **extra: Any) -> Any:
                if self._updating or not self._examiner.is_on:
                    return update(updates, state, *rest, **extra)
                self._updating = True
                try:
                    return self._updated(update, updates, state, rest, extra)
                finally:
                    self._updating = False

            return made(cls, init, watched)

        return staticmethod(new)

    def _updated(self, update: Any, updates: Any, state: Any, rest: Any, extra: Any) -> Any:
        stack = here()
        self._discarding(stack, "update")
        if self._examiner.staging:
            site = self._examiner.site(stack.place)
            state = self._examiner.mark(state, "before", site)
            result, after = update(updates, state, *rest, **extra)
            return result, self._examiner.mark(after, "after", site)
        result, after = update(updates, state, *rest, **extra)
        leaves = named(state)
        if is_sampled(self._recorder.step) and not has_tracer(leaves.values()):
            arrays = {"before": jax.device_get(leaves), "after": jax.device_get(named(after))}
            self._examiner.sampled(stack.place, self._recorder.step, arrays)
        return result, after
