"""The loss and the update, in pure functions."""  # if False


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
