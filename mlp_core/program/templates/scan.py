"""The whole run as one scan, and many runs at once."""  # if False


def step(params, opt_state, x, y, weight):
    """Returns the parameters and the optimizer state after one update."""
    gradient = jax.grad(loss)(params, x, y, weight)
    if not fixes.whole_batches:
        # An empty minibatch has gradient 0, but the padded rows could make it NaN.
        some = weight.any()
        gradient = jax.tree.map(lambda slope: jnp.where(some, slope, 0.0), gradient)
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


# %% Batches
EPOCH_STEPS = -(-TRAIN // BATCH_SIZE)


def batch(order, place):
    """Returns the row numbers of a padded minibatch, and how many of them are valid."""
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
    """Returns one permutation of the training rows per epoch, `[epochs, TRAIN]`."""

    def next_key(_, key):
        return jax.random.split(key)[0]

    def epoch(key, _):
        key, subkey = jax.random.split(key)
        key = jax.lax.fori_loop(0, EPOCH_STEPS, next_key, key)
        return key, jax.random.permutation(subkey, TRAIN)

    return jax.lax.scan(epoch, key, length=-(-STEPS // EPOCH_STEPS))[1]


def start(seed):
    """Returns all that is drawn from a seed: examples, parameters, and permutations."""
    key, data_key = jax.random.split(jax.random.PRNGKey(seed))
    key, params_key = jax.random.split(key)
    return examples(data_key), init(params_key), orders(key)


# %% The whole run
def train(data, params, orders):
    """Returns the losses before each update, 0 if they are not printed, and at the end."""
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
    # Fix 4, taken further: not only the update but the whole run is compiled.
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
    """Returns the final validation loss of each seed; all seeds are trained at once."""
    starts = [start(seed) for seed in seeds]
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *starts)
    return jax.jit(jax.vmap(train))(*stacked)[1][:, 1]


for seed, val_loss in enumerate(sweep(range(8))):
    print(f"seed {seed}: val loss {val_loss:.6f}")
