"""The network, its loss, and its update, in a class that holds the parameters."""  # if False

# %% Network
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


class MLP:
    """A network that holds its parameters, as in PyTorch."""

    def __init__(self, key):
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
        self.params = {"layers": layers, "head": head}
        self.opt_state = optimizer.init(self.params)
        self._loss = jax.jit(self._mean_squared_error)
        if fixes.jit_step:
            # Fix 4: the whole update is compiled.
            self._update = jax.jit(self._updated)
        else:
            # Bug 4: only the gradient is compiled; Python updates the arrays one by one.
            self._gradient = jax.jit(jax.grad(self._loss))

    def predict(self, params, x):
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

    def _mean_squared_error(self, params, x, y):
        return jnp.mean((self.predict(params, x) - y) ** 2)

    def loss(self, x, y):
        """Returns the mean squared error."""
        return self._loss(self.params, x, y)

    def _updated(self, params, opt_state, x, y):
        if fixes.jit_step:
            gradient = jax.grad(self._loss)(params, x, y)
        else:
            gradient = self._gradient(params, x, y)
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    def step(self, x, y):
        """Updates the parameters on one minibatch."""
        if fixes.jit_step:
            self.params, self.opt_state = self._update(self.params, self.opt_state, x, y)
        else:
            self.params, self.opt_state = self._updated(self.params, self.opt_state, x, y)
