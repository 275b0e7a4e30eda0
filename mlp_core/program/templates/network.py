"""The network and its loss, in pure functions."""  # if False


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
            # Beyond the post: with a bias, the output depends on the length of x.
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


if dress == "scan":

    def loss(params, x, y, weight):
        """Returns the weighted sum of the squared errors."""
        return jnp.sum(weight * (predict(params, x) - y) ** 2)
else:

    @jax.jit
    def loss(params, x, y):
        """Returns the mean squared error."""
        return jnp.mean((predict(params, x) - y) ** 2)
