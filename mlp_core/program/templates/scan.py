"""Trains a small network with LayerNorm, as one scan."""

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


def loss(params, x, y, weight):
    """Returns the weighted sum of the squared errors."""
    return jnp.sum(weight * (predict(params, x) - y) ** 2)


# %% Batches
EPOCH_STEPS = -(-TRAIN // BATCH_SIZE)


def batch(order, place):
    """Returns the rows of an epoch's minibatch, padded, and how many of them count."""
    first = place * BATCH_SIZE
    if fixes.whole_batches:
        # Fix 3: all minibatches are full, except for the remainder at the end of an epoch.
        rows = order[jnp.minimum(first + jnp.arange(BATCH_SIZE), TRAIN - 1)]
        return rows, jnp.minimum(BATCH_SIZE, TRAIN - first)
    else:
        # Bug 3: a slice of a slice. It contains rows only while first is 0.
        return order[:BATCH_SIZE], jnp.where(first == 0, BATCH_SIZE, 0)


@jax.jit
def orders(key):
    """Returns the order of the training rows in each epoch, one per row."""

    def next_key(_, key):
        return jax.random.split(key)[0]

    def epoch(key, _):
        key, subkey = jax.random.split(key)
        key = jax.lax.fori_loop(0, EPOCH_STEPS, next_key, key)
        return key, jax.random.permutation(subkey, TRAIN)

    return jax.lax.scan(epoch, key, length=-(-STEPS // EPOCH_STEPS))[1]


def start(seed):
    """Returns everything that a seed draws: examples, parameters, and the orders of the rows."""
    key, data_key = jax.random.split(jax.random.PRNGKey(seed))
    key, params_key = jax.random.split(key)
    return examples(data_key), init(params_key), orders(key)


# %% The whole run
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


def step(params, opt_state, x, y, weight):
    """Returns the parameters and the optimizer state after one update."""
    gradient = jax.grad(loss)(params, x, y, weight)
    if not fixes.whole_batches:
        # The gradient of no rows is 0, whatever the padding would make of it.
        some = weight.any()
        gradient = jax.tree.map(lambda slope: jnp.where(some, slope, 0.0), gradient)
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


def train(data, params, orders):
    """Returns the losses before each update, 0 where none are printed, and at the end."""
    x_train, y_train, x_val, y_val = data

    def losses(params):
        train_loss = loss(params, x_train, y_train, 1 / len(x_train))
        return jnp.stack([train_loss, loss(params, x_val, y_val, 1 / len(x_val))])

    def update(state, number):
        params, opt_state = state
        printed = number % PRINT_EVERY == 0
        recorded = jax.lax.cond(printed, losses, lambda _: jnp.zeros(2), params)
        rows, count = batch(orders[number // EPOCH_STEPS], number % EPOCH_STEPS)
        weight = (jnp.arange(BATCH_SIZE) < count)[:, None] / jnp.maximum(count, 1)
        x, y = x_train[rows], y_train[rows]
        return step(params, opt_state, x, y, weight), recorded

    state = params, optimizer.init(params)
    state, recorded = jax.lax.scan(update, state, jnp.arange(STEPS))
    return recorded, losses(state[0])


if fixes.jit_step:
    # Fix 4, taken to its end: not the update but the whole run is compiled.
    run = jax.jit(train)
else:
    # Bug 4 cannot occur here: a scan is always compiled as a whole.
    run = jax.jit(train)


# %% One run
def report(update, train_loss, val_loss):
    """Prints one row of losses."""
    print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)


losses, last = run(*start(SEED))
print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
for number, (train_loss, val_loss) in enumerate(losses[::PRINT_EVERY]):
    report(number * PRINT_EVERY, train_loss, val_loss)
report(STEPS, *last)


# %% Many seeds at once
def sweep(seeds):
    """Returns the final val loss of each seed's run, all trained at once."""
    starts = [start(seed) for seed in seeds]
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *starts)
    return jax.jit(jax.vmap(train))(*stacked)[1][:, 1]


for seed, val_loss in enumerate(sweep(range(8))):
    print(f"seed {seed}: val loss {val_loss:.6f}")
