"""Trains a small network with LayerNorm, in pure functions."""

import csv  # if is_table
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np  # if is_standardized
import optax
from mlp_core import STAGES, Settings  # if False

fixes, settings, is_table, is_standardized = STAGES["final"], Settings(), False, False  # if False

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
    """Returns the examples: x and y to train on, then x and y to validate on."""
    if is_table:
        try:
            with open(TABLE, encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except FileNotFoundError:
            raise SystemExit(f"{TABLE} is missing: run this where the file is") from None
        x = np.array([[float(row[name]) for name in FEATURES] for row in rows])
        y = np.array([float(row[TARGET]) for row in rows])
        # The last rows validate: the rows keep the order of the file.  # if settings.validate == "last"
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


# %% Network
def init(key):
    """Draws the initial parameters."""
    layers = []
    for inputs, outputs in pairwise((INPUTS, *HIDDEN)):
        if fixes.split_keys:
            # Fix 1: every array has its own key.
            if fixes.norm_init:
                key, W_key = jax.random.split(key)
            else:
                key, W_key, b_key, g_key = jax.random.split(key, 4)
        elif fixes.norm_init:
            # Bug 1: the last layer's key draws the head, too.
            key, W_key = jax.random.split(key)
        else:
            # Bug 1: one key draws W, b, and g, so b equals g.
            key, W_key = jax.random.split(key)
            b_key = g_key = W_key
        scale = jnp.sqrt(2 / inputs)
        W = scale * jax.random.normal(W_key, (outputs, inputs))
        if fixes.norm_init:
            # Fix 2b: LayerNorm starts with bias 0 and gain 1.
            b = jnp.zeros(outputs)
            g = jnp.ones(outputs)
        else:
            # Bug 2b: LayerNorm's bias and gain are drawn like weights.
            b = scale * jax.random.normal(b_key, (outputs,))
            g = scale * jax.random.normal(g_key, (outputs,))
        if fixes.bias_before_norm:
            # Beyond the post: a learned bias that is added before LayerNorm.
            c = jnp.zeros(outputs)
            layers.append({"W": W, "b": b, "g": g, "c": c})
        else:
            layers.append({"W": W, "b": b, "g": g})
    scale = jnp.sqrt(2 / HIDDEN[-1])
    if fixes.split_keys:
        _, W_key, b_key = jax.random.split(key, 3)
    else:
        # Bug 1 again: the head draws with the last layer's key.
        b_key = W_key
    W = scale * jax.random.normal(W_key, (1, HIDDEN[-1]))
    head = {"W": W, "b": jax.random.normal(b_key, (1,))}
    return {"layers": layers, "head": head}


def predict(params, x):
    """Returns a prediction for each row of x."""
    for layer in params["layers"]:
        if fixes.bias_before_norm:
            # Beyond the post: with a bias the layer can tell how long x is.
            a = x @ layer["W"].T + layer["c"]
        else:
            a = x @ layer["W"].T
        mean = a.mean(axis=1, keepdims=True)
        if fixes.norm_epsilon:
            if fixes.epsilon_in_root:
                # Fix 2a, and beyond the post: inside the root, epsilon protects the gradient, too.
                a = (a - mean) / jnp.sqrt(a.var(axis=1, keepdims=True) + EPSILON)
            else:
                # Fix 2a: the divisor is never 0. The gradient of std at 0 is still NaN.
                a = (a - mean) / (EPSILON + a.std(axis=1, keepdims=True))
        else:
            # Bug 2a: divides 0 by 0 where all units of a layer are equal.
            a = (a - mean) / a.std(axis=1, keepdims=True)
        x = jax.nn.relu(layer["g"] * a + layer["b"])
    return x @ params["head"]["W"].T + params["head"]["b"]


@jax.jit
def loss(params, x, y):
    """Returns the mean squared error."""
    return jnp.mean((predict(params, x) - y) ** 2)


# %% Update
if settings.schedule == "cosine":
    LEARNING_RATE = optax.cosine_decay_schedule(LEARNING_RATE, STEPS)
if fixes.adamw:
    # Fix 5: AdamW adds momentum, a step size for each weight, and weight decay.
    optimizer = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
else:
    # Bug 5: plain gradient descent.
    optimizer = optax.sgd(LEARNING_RATE)
if settings.clip_norm:
    optimizer = optax.chain(optax.clip_by_global_norm(CLIP_NORM), optimizer)

# Bug 4: only the gradient is compiled; Python updates the arrays one by one.  # if not fixes.jit_step
gradient_of = jax.jit(jax.grad(loss))  # if not fixes.jit_step


# Fix 4: the whole update is compiled.  # if fixes.jit_step
@jax.jit  # if fixes.jit_step
def step(params, opt_state, x, y):
    """Returns the parameters and the optimizer state after one update."""
    if fixes.jit_step:
        gradient = jax.grad(loss)(params, x, y)
    else:
        gradient = gradient_of(params, x, y)
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


# %% Training
def report(update, train_loss, val_loss):
    """Prints one row of losses."""
    print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)


def train():
    """Trains the network and prints its losses along the way."""
    key, subkey = jax.random.split(jax.random.PRNGKey(SEED))
    x_train, y_train, x_val, y_val = examples(subkey)
    key, subkey = jax.random.split(key)
    params = init(subkey)
    opt_state = optimizer.init(params)
    if fixes.whole_batches:
        # Fix 3: one order of the rows for a whole epoch, sliced in turn.
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, TRAIN)
    start = 0
    print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
    for update in range(STEPS):
        if update % PRINT_EVERY == 0:
            report(update, loss(params, x_train, y_train), loss(params, x_val, y_val))
        if fixes.whole_batches:
            key, _ = jax.random.split(key)  # so that all versions draw the same orders
            rows = order[start : start + BATCH_SIZE]
        else:
            # Bug 3: a slice of a slice. It contains rows only while start is 0.
            key, subkey = jax.random.split(key)
            order = jax.random.permutation(subkey, TRAIN)[:BATCH_SIZE]
            rows = order[start : start + BATCH_SIZE]
        x, y = x_train[rows], y_train[rows]
        params, opt_state = step(params, opt_state, x, y)
        start += BATCH_SIZE
        if start >= TRAIN:
            start = 0
            if fixes.whole_batches:
                key, subkey = jax.random.split(key)
                order = jax.random.permutation(subkey, TRAIN)
            else:
                key, _ = jax.random.split(key)
    report(STEPS, loss(params, x_train, y_train), loss(params, x_val, y_val))
    return params


# %% Run
params = train()
