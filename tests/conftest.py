"""What every test shares."""

import os

import pytest
from hypothesis import settings

from mlp_core import set_up_cpu

# As in the app, but one device: two processes of tests share the cores.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "1")
set_up_cpu()
# A timing would take the cores from the other tests; those about timings begin them.
os.environ["FIX_BY_FIX_TIME_ON_REQUEST"] = "1"

# The first example of a property compiles, so one example may take seconds and the next none.
settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")

# Files that take long begin first, and the quick ones fill what is left at the end. Whatever is in
# a browser comes in turn with what computes: it waits as much as it works.
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
    """Lets all processes of the tests share what JAX compiles, from one run to the next as well."""
    if config.pluginmanager.hasplugin("cacheprovider"):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("jax"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slow files first, so that the processes end together."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    turns = (turn for turn, name in enumerate(_FIRST) if item.nodeid.startswith(f"tests/{name}"))
    return next(turns, len(_FIRST))
