"""Imports, settings, and data: the beginning of every script."""  # if False

"""Trains a small network with LayerNorm, in pure functions."""  # if dress == "functions"

"""Trains a small network with LayerNorm, in a class that holds its parameters."""  # if dress == "class"
"""Trains a small network with LayerNorm, as one scan."""  # if dress == "scan"

import csv  # if is_table
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np  # if is_standardized
import optax

# The losses and the speed depend on these flags, so they override the environment.
jax.config.update("jax_default_prng_impl", "threefry2x32")
jax.config.update("jax_disable_jit", False)
jax.config.update("jax_enable_x64", False)
jax.config.update("jax_legacy_prng_key", "allow")
jax.config.update("jax_numpy_dtype_promotion", "standard")
jax.config.update("jax_numpy_rank_promotion", "allow")
jax.config.update("jax_random_seed_offset", 0)
jax.config.update("jax_threefry_partitionable", True)
jax.config.update("jax_transfer_guard", "allow")
# By default, accelerators round the inputs of a matrix product.
jax.config.update("jax_default_matmul_precision", "highest")

SEED = 42
EXAMPLES = 10_000  # if not is_table
TABLE = "diabetes_numbers.csv"  # if is_table
FEATURES = ["age", "sex"]  # if is_table
TARGET = "progression"  # if is_table
TRAIN = 8_000
NOISE = 0.0  # if settings.noise
INPUTS = 5
HIDDEN = (8, 6, 6)
STEPS = 1_000
BATCH_SIZE = 256
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.001  # if fixes.adamw
CLIP_NORM = 1.0  # if settings.clip_norm
EPSILON = 1e-5  # if fixes.norm_epsilon
PRINT_EVERY = 100


# %% Data
if is_standardized:

    def standardized(columns):
        """Returns the columns with mean 0 and standard deviation 1 over the training rows."""
        columns = np.asarray(columns, np.float64)
        mean, deviation = columns[:TRAIN].mean(axis=0), columns[:TRAIN].std(axis=0)
        constant = deviation <= 1e-12 * np.abs(columns[:TRAIN]).max(axis=0)
        columns = (columns - mean) / np.where(constant, 1.0, deviation)
        return jnp.asarray(columns, jnp.float32)


def examples(key):
    """Returns the examples: x and y for training, then x and y for validation."""
    if is_table:
        try:
            with open(TABLE, encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except FileNotFoundError:
            raise SystemExit(f"{TABLE} is missing: run this in its folder") from None
        x = np.array([[float(row[name]) for name in FEATURES] for row in rows])
        y = np.array([float(row[TARGET]) for row in rows])
        # The last rows are for validation, so the rows stay in order.  # if settings.validate == "last"
        if settings.validate == "random":
            order = jax.random.permutation(key, len(rows))
            x, y = x[order], y[order]
    elif is_standardized:
        x = np.asarray(jax.random.uniform(key, (EXAMPLES, INPUTS)))
    else:
        x = jax.random.normal(key, (EXAMPLES, INPUTS))
    if settings.task == "sum":
        y = x.sum(axis=1)
    elif settings.task == "product":
        y = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4]
    elif settings.task == "friedman":
        y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1])
        y += 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    elif settings.task == "sine":
        y = jnp.sin(2 * x[:, 0])
    elif settings.task == "length":
        y = jnp.linalg.norm(x, axis=1)
    if settings.noise:
        noise_key = jax.random.fold_in(key, 1)
        y = y + NOISE * jax.random.normal(noise_key, y.shape)
    if is_standardized:
        x, y = standardized(x), standardized(y[:, None])
    else:
        y = y[:, None]
    return x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:]
