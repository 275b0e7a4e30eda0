"""The post's training program with a switch for each of its bugs.

Importing this package does not import JAX: a name that needs it loads it at first use, so that a
page of controls is drawn before anything is trained.
"""

from importlib import import_module
from typing import Any

from mlp_core.engine.devices import compile_loops_whole
from mlp_core.settings import BOUNDS, Settings
from mlp_core.switches import STAGES, Fixes

_HOMES = {
    "read_csv": "data.csv_file.read",
    "table_from": "data.csv_file.read",
    "init": "engine.model",
    "predict": "engine.model",
    "dataset": "data.dataset",
    "baselines": "data.dataset",
    "init_optimizer": "engine.update",
    "step": "engine.update",
    "Run": "engine.training",
    "train": "engine.training",
    "train_chunks": "engine.training",
    "Grid": "engine.grid",
    "sweep": "engine.sweeps",
    "sweep_chunks": "engine.sweeps",
}

__all__ = ["BOUNDS", "STAGES", "Fixes", "Settings", *_HOMES]


compile_loops_whole()  # here, since nothing above loads JAX


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mlp_core' has no attribute {name!r}")
    return getattr(import_module(f"mlp_core.{_HOMES[name]}"), name)
