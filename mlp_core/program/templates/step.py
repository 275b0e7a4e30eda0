"""The update of a loop in Python."""  # if False

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
