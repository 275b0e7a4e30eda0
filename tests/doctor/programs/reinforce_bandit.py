"""Learns a softmax policy for a ten-armed bandit with REINFORCE and a baseline."""

import jax
import jax.numpy as jnp
import optax

ARMS, BATCH, STEPS = 10, 32, 100
optimizer = optax.adam(0.1)


def rewards_of(key, true_means, actions):
    """Returns a noisy reward for each action."""
    return true_means[actions] + jax.random.normal(key, actions.shape)


def surrogate_loss(logits, actions, advantages):
    """Returns the loss whose gradient is the policy gradient."""
    log_probabilities = jax.nn.log_softmax(logits)[actions]
    return -jnp.mean(log_probabilities * advantages)


@jax.jit
def train_step(logits, baseline, opt_state, key, true_means):
    """Samples actions, observes rewards, and updates the policy."""
    action_key, reward_key = jax.random.split(key)
    actions = jax.random.categorical(action_key, logits, shape=(BATCH,))
    rewards = rewards_of(reward_key, true_means, actions)
    loss, grads = jax.value_and_grad(surrogate_loss)(logits, actions, rewards - baseline)
    updates, opt_state = optimizer.update(grads, opt_state)
    logits = optax.apply_updates(logits, updates)
    baseline = 0.9 * baseline + 0.1 * rewards.mean()
    return logits, baseline, opt_state, {"loss": loss, "reward": rewards.mean()}


def main():
    """Runs the bandit."""
    mean_key, train_key = jax.random.split(jax.random.key(123))
    true_means = jax.random.normal(mean_key, (ARMS,))
    logits = jnp.zeros(ARMS)
    baseline = jnp.zeros(())
    opt_state = optimizer.init(logits)
    rewards = []
    for step in range(STEPS):
        step_key = jax.random.fold_in(train_key, step)
        logits, baseline, opt_state, metrics = train_step(
            logits, baseline, opt_state, step_key, true_means
        )
        rewards.append(metrics["reward"])
    rewards = jnp.stack(rewards)
    print(f"best arm: {true_means.max():.3f}")
    print(f"mean reward, first 10 steps: {rewards[:10].mean():.3f}")
    print(f"mean reward, last 10 steps: {rewards[-10:].mean():.3f}")


if __name__ == "__main__":
    main()
