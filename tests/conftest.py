"""What every test shares."""

import os

import pytest
from hypothesis import settings

# The first example of a property compiles, so one example may take seconds and the next none.
settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")


def pytest_configure(config: pytest.Config) -> None:
    """Lets all processes of the tests share what JAX compiles, from one run to the next as well."""
    if config.pluginmanager.hasplugin("cacheprovider"):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("jax"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"
