"""Runs JAX with the post's configuration, whatever flags the environment or the caller has set.

The post's numbers require 32-bit floats, JAX's default random number generator, and its default
promotion rules. A run that ends in NaN is a valid result, so JAX's NaN checks are off as well.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar, cast

import jax

P = ParamSpec("P")
R = TypeVar("R")

_POSTS = (
    partial(jax.enable_x64, False),
    partial(jax.default_prng_impl, "threefry2x32"),
    partial(jax.threefry_partitionable, True),
    partial(jax.enable_custom_prng, False),
    partial(jax.legacy_prng_key, "allow"),
    partial(jax.numpy_dtype_promotion, "standard"),
    partial(jax.numpy_rank_promotion, "allow"),
    partial(jax.default_matmul_precision, None),
    partial(jax.softmax_custom_jvp, False),
    partial(jax.disable_jit, False),
    partial(jax.no_tracing, False),
    partial(jax.no_execution, False),
    partial(jax.debug_nans, False),
    partial(jax.debug_infs, False),
    partial(jax.debug_key_reuse, False),
    partial(jax.check_tracer_leaks, False),
    partial(jax.enable_checks, False),
    partial(jax.transfer_guard, "allow"),
)


def posts_numerics(function: Callable[P, R]) -> Callable[P, R]:
    """Returns the function or generator function, wrapped to use the post's JAX configuration.

    The configuration applies only to the calling thread, and only while the function runs. While a
    generator is suspended between two items, the caller's configuration applies.
    """

    @wraps(function)
    def scoped(*args: P.args, **kwargs: P.kwargs) -> R:
        with _settings():
            result = function(*args, **kwargs)
        return cast(R, _scoped_items(result)) if isinstance(result, GeneratorType) else result

    return scoped


@contextmanager
def _settings() -> Iterator[None]:
    with ExitStack() as stack:
        for setting in _POSTS:
            stack.enter_context(setting())
        yield


def _scoped_items(generator: Generator[Any, None, None]) -> Iterator[Any]:
    done = object()
    while True:
        with _settings():
            item = next(generator, done)
        if item is done:
            return
        yield item
