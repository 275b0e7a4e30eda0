"""The post's training program with a switch for each of its bugs.

Importing this package does not import JAX: a name that needs it loads it at first use, so that a
page of controls is drawn before anything is trained.
"""

from importlib import import_module
from typing import Any

from mlp_core.devices import compile_loops_whole
from mlp_core.fixes import STAGES, Fixes
from mlp_core.settings import BOUNDS, Settings

_HOMES = {
    "read_csv": "csv_file.read",
    "table_from": "csv_file.read",
    "init": "model",
    "predict": "model",
    "dataset": "data",
    "baselines": "data",
    "init_optimizer": "optimizer",
    "step": "update",
    "Run": "training",
    "train": "training",
    "train_chunks": "training",
    "Grid": "grid",
    "sweep": "sweeps",
    "sweep_chunks": "sweeps",
}

__all__ = ["BOUNDS", "STAGES", "Fixes", "Settings", *_HOMES]


compile_loops_whole()  # here, since nothing above loads JAX


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mlp_core' has no attribute {name!r}")
    return getattr(import_module(f"mlp_core.{_HOMES[name]}"), name)
