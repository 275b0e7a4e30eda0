"""The training loop in Python."""  # if False


# %% Training
def report(update, train_loss, val_loss):
    """Prints one row of losses."""
    print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)


def train():
    """Trains the network and prints its losses along the way."""
    key, subkey = jax.random.split(jax.random.PRNGKey(SEED))
    x_train, y_train, x_val, y_val = examples(subkey)
    key, subkey = jax.random.split(key)
    if dress == "class":
        mlp = MLP(subkey)
    else:
        params = init(subkey)
        opt_state = optimizer.init(params)
    if fixes.whole_batches:
        # Fix 3: one permutation of the rows per epoch, sliced in order.
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, TRAIN)
    start = 0
    print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
    for update in range(STEPS):
        if update % PRINT_EVERY == 0:
            if dress == "class":
                report(update, mlp.loss(x_train, y_train), mlp.loss(x_val, y_val))
            else:
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
        if dress == "class":
            mlp.step(x, y)
        else:
            params, opt_state = step(params, opt_state, x, y)
        start += BATCH_SIZE
        if start >= TRAIN:
            start = 0
            if fixes.whole_batches:
                key, subkey = jax.random.split(key)
                order = jax.random.permutation(subkey, TRAIN)
            else:
                key, _ = jax.random.split(key)
    if dress == "class":
        report(STEPS, mlp.loss(x_train, y_train), mlp.loss(x_val, y_val))
        return mlp
    else:
        report(STEPS, loss(params, x_train, y_train), loss(params, x_val, y_val))
        return params


# %% Run
if dress == "class":
    mlp = train()
else:
    params = train()
