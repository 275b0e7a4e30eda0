"""Trains a network with AdamW, a warm-up, a cosine schedule, and clipped gradients."""

import jax
import jax.numpy as jnp
import optax

STEPS = 100
BATCH_SIZE = 64

schedule = optax.warmup_cosine_decay_schedule(
    init_value=0.0, peak_value=0.02, warmup_steps=10, decay_steps=STEPS, end_value=1e-4
)
optimizer = optax.chain(
    optax.clip_by_global_norm(1.0), optax.adamw(learning_rate=schedule, weight_decay=1e-3)
)
initializer = jax.nn.initializers.he_normal()


def init_params(key):
    """Returns He-initialized parameters."""
    k1, k2 = jax.random.split(key)
    return {
        "hidden": {"kernel": initializer(k1, (4, 64)), "bias": jnp.zeros(64)},
        "output": {"kernel": initializer(k2, (64, 1)), "bias": jnp.zeros(1)},
    }


def forward(params, x):
    """Returns one prediction for each row."""
    h = jax.nn.relu(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    return (h @ params["output"]["kernel"] + params["output"]["bias"]).squeeze(-1)


def loss_fn(params, batch):
    """Returns half the mean squared error."""
    return optax.l2_loss(forward(params, batch["x"]), batch["y"]).mean()


@jax.jit
def train_step(params, opt_state, batch):
    """Returns the new parameters, optimizer state, and loss."""
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss


init_key, data_key = jax.random.split(jax.random.key(1))
params = init_params(init_key)
opt_state = optimizer.init(params)
for step in range(STEPS):
    x = jax.random.normal(jax.random.fold_in(data_key, step), (BATCH_SIZE, 4))
    batch = {"x": x, "y": x[:, 0] * x[:, 1] + jnp.abs(x[:, 2])}
    params, opt_state, loss = train_step(params, opt_state, batch)
    if step % 33 == 0:
        print(f"step {step}: loss {loss:.4f}")
