"""The top of a script: what it is, what it imports, the settings as constants."""

from dataclasses import replace

from mlp_core.fixes import Fixes
from mlp_core.program.lines import Lines, apart, code
from mlp_core.settings import Settings
from mlp_core.table import Table, table_of
from mlp_core.tasks import FORMULAS

WIDTH = 88
"""The longest line."""

_FLAGS = """
# The losses and the speed depend on these settings, whatever the environment says.
jax.config.update("jax_default_prng_impl", "threefry2x32")
jax.config.update("jax_disable_jit", False)
jax.config.update("jax_enable_x64", False)
jax.config.update("jax_legacy_prng_key", "allow")
jax.config.update("jax_numpy_dtype_promotion", "standard")
jax.config.update("jax_numpy_rank_promotion", "allow")
jax.config.update("jax_random_seed_offset", 0)
jax.config.update("jax_threefry_partitionable", True)
jax.config.update("jax_transfer_guard", "allow")
# An accelerator would round the inputs of a matrix product.
jax.config.update("jax_default_matmul_precision", "highest")
"""


def has_optimizer(settings: Settings, fixes: Fixes) -> bool:
    """Returns whether a script takes its updates from optax."""
    return fixes.adamw or settings.clip_norm is not None or settings.schedule == "cosine"


def of_optimizer(settings: Settings, fixes: Fixes) -> tuple[str, ...]:
    """Returns the switch that makes a script need optax, nothing if a setting does so anyway."""
    return ("adamw",) if not has_optimizer(settings, replace(fixes, adamw=False)) else ()


def is_standardised(settings: Settings) -> bool:
    """Returns whether a script brings the task's columns to mean 0 and deviation 1."""
    return settings.task not in FORMULAS or FORMULAS[settings.task].uniform


def docstring(form: str) -> Lines:
    """Returns what a script says of itself.

    Args:
      form: how it is written, in a few words.
    """
    return code(f'"""Trains a small network with LayerNorm, {form}."""')


def imports(settings: Settings, fixes: Fixes) -> Lines:
    """Returns the imports, and what is set before JAX computes."""
    of_table = table_of(settings.task) is not None
    standard = [*(["import csv"] if of_table else []), "from itertools import pairwise"]
    others = code("import jax\nimport jax.numpy as jnp")
    others += code("import numpy as np") if is_standardised(settings) else []
    if has_optimizer(settings, fixes):
        others += code("import optax", *of_optimizer(settings, fixes))
    return apart([code("\n".join(standard)), others, code(_FLAGS)], blank=1)


def constants(settings: Settings, fixes: Fixes, table_name: str) -> Lines:
    """Returns the settings, one a line, those that play no part left out."""
    table = table_of(settings.task)
    lines = code(f"SEED = {settings.seed}")
    lines += (
        code(f"EXAMPLES = {settings.examples:_}") if table is None else _table(table, table_name)
    )
    lines += code(f"TRAIN = {settings.num_train:_}  # so many rows train, the rest validate")
    lines += code(f"NOISE = {settings.noise!r}") if settings.noise else []
    lines += code(f"HIDDEN = {settings.hidden}")
    lines += code(f"STEPS = {settings.steps:_}")
    lines += code(f"BATCH_SIZE = {settings.batch_size:_}")
    lines += code(f"LEARNING_RATE = {settings.learning_rate!r}")
    if fixes.adamw:
        lines += code(f"WEIGHT_DECAY = {settings.weight_decay!r}", "adamw")
    if settings.clip_norm is not None:
        lines += code(f"CLIP_NORM = {settings.clip_norm!r}")
    if fixes.norm_epsilon:
        lines += code("EPSILON = 1e-5", "norm_epsilon")
    return lines + code("PRINT_EVERY = 100")


def _table(table: Table, name: str) -> Lines:
    features = _listed([_quoted(feature) for feature in table.features])
    return (
        code(f"TABLE = {_quoted(name)}  # lies where the script is run")
        + code(f"FEATURES = {features}")
        + code(f"TARGET = {_quoted(table.target)}")
    )


def _listed(items: list[str]) -> str:
    """Returns a list on one line if it fits, else an item a line."""
    short = f"[{', '.join(items)}]"
    if len(f"FEATURES = {short}") <= WIDTH:
        return short
    return "\n".join(["[", *(f"    {item}," for item in items), "]"])


def _quoted(text: str) -> str:
    """Returns a string of Python, in double quotes unless it holds more of them than of single."""
    if text.count('"') > text.count("'"):
        return "'" + _escaped(text).replace("'", "\\'") + "'"
    return '"' + _escaped(text).replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    """Returns a text with what cannot be seen, and the backslash, escaped."""
    return "".join(
        sign if sign.isprintable() and sign != "\\" else repr(sign)[1:-1] for sign in text
    )
