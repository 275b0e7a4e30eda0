"""The instrumented `jax.grad` and `jax.value_and_grad`."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from mlp_core.doctor.examiner import Examiner, flat
from mlp_core.doctor.places import here
from mlp_core.doctor.recording import has_tracer, is_empty, is_sampled


class _Form(NamedTuple):
    """The form of a gradient function's result."""

    is_alone: bool
    """Whether it returns the gradient without the loss."""
    has_aux: bool
    argnums: Any

    @property
    def first(self) -> int:
        """Index of the first differentiated argument: the parameters."""
        return self.argnums if isinstance(self.argnums, int) else self.argnums[0]

    def gradient_of(self, out: Any) -> Any:
        """Returns the gradient with respect to the parameters."""
        gradients = self._gradients_of(out)
        return gradients if isinstance(self.argnums, int) else gradients[0]

    def with_gradient(self, out: Any, gradient: Any) -> Any:
        """Returns the result with the gradient with respect to the parameters replaced."""
        if not isinstance(self.argnums, int):
            gradient = (gradient, *self._gradients_of(out)[1:])
        if self.is_alone:
            return (gradient, *out[1:]) if self.has_aux else gradient
        return (out[0], gradient)

    def _gradients_of(self, out: Any) -> Any:
        return out[0] if self.is_alone and self.has_aux else out if self.is_alone else out[1]


class Gradients:
    """Creates instrumented gradient functions."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self._depth = 0
        """Number of losses that are being computed, one inside another."""

    def watched(self, real: Callable[..., Any], is_alone: bool) -> Callable[..., Any]:
        """Returns the instrumented form of `jax.grad` (`is_alone`) or `jax.value_and_grad`."""

        @functools.wraps(real)
        def transform(fun: Any, argnums: Any = 0, has_aux: bool = False, **options: Any) -> Any:
            if not callable(fun):
                return real(fun, argnums, has_aux, **options)
            sites: list[int] = []
            loss = self._loss(fun, has_aux, sites)
            computed = real(loss, argnums, has_aux, **options)
            return self._gradient(fun, computed, _Form(is_alone, has_aux, argnums), sites)

        return transform

    def _loss(self, fun: Any, has_aux: bool, sites: list[int]) -> Callable[..., Any]:
        """Returns the loss function; its result is marked while its gradient is traced."""

        @functools.wraps(fun, updated=())
        def loss(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                out = fun(*args, **kwargs)
            finally:
                self._depth -= 1
            if not sites or not self._examiner.staging:
                return out
            value = self._examiner.mark(out[0] if has_aux else out, "loss", sites[-1])
            return (value, *out[1:]) if has_aux else value

        return loss

    def _gradient(
        self, fun: Any, computed: Callable[..., Any], form: _Form, sites: list[int]
    ) -> Callable[..., Any]:
        """Returns the gradient function of a loss.

        Args:
          sites: a stack with the sites of the calls that are being traced.
        """
        examiner = self._examiner

        def staged(*args: Any, **kwargs: Any) -> Any:
            # A gradient inside a loss is with respect to inputs, as in a differential equation.
            if not self._has_params(args, form):
                return computed(*args, **kwargs)
            sites.append(examiner.site(here().place))
            try:
                params = examiner.mark(args[form.first], "param", sites[-1])
                out = computed(*args[: form.first], params, *args[form.first + 1 :], **kwargs)
                marked = examiner.mark(form.gradient_of(out), "grad", sites[-1])
                return form.with_gradient(out, marked)
            finally:
                sites.pop()

        @functools.wraps(fun, updated=())
        def watched(*args: Any, **kwargs: Any) -> Any:
            if examiner.staging and examiner.is_on:
                return staged(*args, **kwargs)
            leaves = jax.tree.leaves((args, kwargs))
            if examiner.ignores(leaves) or not self._has_params(args, form):
                return computed(*args, **kwargs)
            region = examiner.region(fun, "grad")
            call = examiner.enter(region, leaves)
            out = computed(*args, **kwargs)
            gradient = form.gradient_of(out)
            is_seen = not is_empty(leaves) and not has_tracer(jax.tree.leaves(gradient))
            if is_sampled(call) and is_seen:
                examiner.concrete(args[form.first], gradient, call)
            program = examiner.traced(region, leaves, lambda: flat(staged, args, kwargs))
            arrays = [leaf for leaf in leaves if hasattr(leaf, "dtype")]
            examiner.leave(region, program, arrays, call, out)
            return out

        watched.is_gradient = True  # type: ignore[attr-defined]
        return watched

    def _has_params(self, args: tuple[Any, ...], form: _Form) -> bool:
        """Returns whether a call computes a gradient with respect to trained parameters."""
        return 0 <= form.first < len(args) and not self._depth
