"""The update of a loop in Python."""  # if False


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
