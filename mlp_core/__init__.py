"""The post's training program with a switch for each of its bugs.

Importing this package has no side effects and does not import JAX; the names that need JAX import
it on first use. A program that trains on a CPU should call `set_up_cpu` before JAX is imported.
"""

from importlib import import_module
from typing import Any

from mlp_core.engine.setup import set_up_cpu
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
    "watch": "doctor.session",
}

__all__ = ["BOUNDS", "STAGES", "Fixes", "Settings", "set_up_cpu", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mlp_core' has no attribute {name!r}")
    return getattr(import_module(f"mlp_core.{_HOMES[name]}"), name)
