"""Settings that all tests share."""

import os

import pytest
from hypothesis import settings

from mlp_core import set_up_cpu

# As in the app, but with one device, because two test processes share the cores.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "1")
set_up_cpu()
# Timings would slow down the other tests; the tests of timings start them explicitly.
os.environ["FIX_BY_FIX_TIME_ON_REQUEST"] = "1"

# The first example of a property test compiles, so it may take seconds, unlike the later ones.
settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")

# Slow files start first, and the quick ones fill the time left at the end. Browser tests alternate
# with tests that compute, because browser tests wait about half of their time.
_FIRST = (
    "core/test_program",
    "browser/test_seeds",
    "browser/test_speed",
    "core/test_game",
    "browser/test_lab",
    "core/test_sweep_command",
    "browser/",
    "core/test_timing",
    "app/",
)


def pytest_configure(config: pytest.Config) -> None:
    """Makes all test processes, also of later runs, share every program that JAX compiles."""
    if config.pluginmanager.hasplugin("cacheprovider"):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("jax"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slow files first, so that the test processes end at about the same time."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    turns = (turn for turn, name in enumerate(_FIRST) if item.nodeid.startswith(f"tests/{name}"))
    return next(turns, len(_FIRST))
