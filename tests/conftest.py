"""What every test shares."""

import os
from pathlib import Path

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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps tests in one process that share runs, those of a file, or a server, the browser's."""
    for item in items:
        in_browser = "browser" in item.path.relative_to(Path(__file__).parent).parts
        item.add_marker(pytest.mark.xdist_group("browser" if in_browser else item.path.stem))
