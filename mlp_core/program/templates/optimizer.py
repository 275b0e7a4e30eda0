"""The optimizer."""  # if False

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

if not dress == "scan":
    if not fixes.jit_step:
        # Bug 4: only the gradient is compiled; Python updates the arrays one by one.
        gradient_of = jax.jit(jax.grad(loss))
