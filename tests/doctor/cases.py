"""Bugs planted in correct programs, each as a text replacement, with the finding expected for it.

Two come from TrainCheck's 20 errors (OSDI 2025): the gradient that is never reset
(stackoverflow-60335387) and the optimizer that trains no parameter (pytorch-forum-84911). Silent
half precision (lightning-thunder-725) can occur in JAX as an epsilon that float16 rounds to 0. The
other errors are faults of drivers, compilers, or distributed PyTorch, or need several devices.
"""

from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Case:
    """A correct program and one bug in it."""

    program: str
    """The name of the file in `programs`, without its suffix."""
    bug: str
    """The planted bug in a few words; unique within each program."""
    kinds: tuple[str, ...]
    """The kinds of finding that name this bug; the top finding must be one of them."""
    replacements: tuple[tuple[str, str], ...]
    """Old and new text; each old text occurs once in the program."""
    marker: str
    """Text that occurs only on the line of the bug."""

    @property
    def name(self) -> str:
        """Returns a name for tests and messages."""
        return f"{self.program}-{self.bug.replace(' ', '_')}"

    def correct(self) -> str:
        """Returns the program's source without the bug."""
        return (PROGRAMS / f"{self.program}.py").read_text()

    def planted(self) -> str:
        """Returns the program's source with the bug."""
        source = self.correct()
        for old, new in self.replacements:
            source = source.replace(old, new)
        return source

    def line(self) -> int:
        """Returns the line of the bug, from 1."""
        lines = self.planted().splitlines()
        return next(n for n, text in enumerate(lines, start=1) if self.marker in text)


CASES = (
    Case(
        "sgd_regression",
        "one key draws two layers",
        ("key_reused",),
        (("jax.random.normal(key3, (32, 1))", "jax.random.normal(key2, (32, 1))"),),
        '"W3": jax.random.normal(key2',
    ),
    Case(
        "sgd_regression",
        "slice counted in rows and in batches",
        ("empty_minibatches",),
        (
            (
                "order[start : start + BATCH_SIZE]",
                "order[start * BATCH_SIZE : (start + 1) * BATCH_SIZE]",
            ),
        ),
        "rows = order[",
    ),
    Case(
        "prngkey_classifier",
        "slice ends at the first batch",
        ("empty_minibatches",),
        (("slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)", "slice(i * BATCH_SIZE, BATCH_SIZE)"),),
        "rows = slice(",
    ),
    Case(
        "adamw_cosine",
        "optimizer state stays the first",
        ("optimizer_state_dropped", "never_updated"),
        (("updates, opt_state = optimizer.update(", "updates, _ = optimizer.update("),),
        "updates, _ = optimizer.update(",
    ),
    Case(
        "scan_epochs",
        "key not carried to the next epoch",
        ("same_key_every_step", "key_reused"),
        (("key, shuffle_key = jax.random.split(key)", "_, shuffle_key = jax.random.split(key)"),),
        "jax.random.split(key)",
    ),
    Case(
        "vmap_ensemble",
        "every member has the same key",
        ("key_reused", "equal_arrays"),
        (("jax.random.split(init_key, MEMBERS)", "jnp.stack([init_key] * MEMBERS)"),),
        "jnp.stack([init_key]",
    ),
    Case(
        "dropout_mlp",
        "dropout key drawn before the loop",
        ("same_key_every_step", "key_reused"),
        (
            (
                "    for _ in range(100):\n        key, dropout_key = jax.random.split(key)\n",
                "    key, dropout_key = jax.random.split(key)\n    for _ in range(100):\n",
            ),
        ),
        "params, opt_state = step(",
    ),
    Case(
        "nnx_regression",
        "optimizer not called",
        ("never_updated",),
        (("    optimizer.update(model, grads)\n", ""),),
        "loss, grads = nnx.value_and_grad",
    ),
    Case(
        "nnx_regression",
        "nnx.jit forgotten",
        ("not_compiled",),
        (("@nnx.jit\n", ""),),
        "def train_step",
    ),
    Case(
        "linen_train_state",
        "new train state discarded",
        ("result_discarded", "never_updated"),
        (("    state = state.apply_gradients(", "    state.apply_gradients("),),
        "state.apply_gradients(",
    ),
    Case(
        "equinox_mlp",
        "updated model discarded",
        ("result_discarded", "never_updated"),
        (("    model = eqx.apply_updates(", "    eqx.apply_updates("),),
        "eqx.apply_updates(",
    ),
    Case(
        "linear_adam",
        "targets have a second dimension",
        ("broadcast_loss",),
        (("y = price.astype(np.float32)\n", "y = price.astype(np.float32)[:, None]\n"),),
        "predict(params, X) - y",
    ),
    Case(
        "linear_adam",
        "targets not standardized",
        ("worse_than_mean",),
        (("y_train, y_test = (y_train - y_mean) / y_std, (y_test - y_mean) / y_std\n", ""),),
        "price = 2.5 * area",
    ),
    Case(
        "gan",
        "generator is cut off from its loss",
        ("no_gradient", "never_updated"),
        (("    fake = mlp(g_params, z)", "    fake = jax.lax.stop_gradient(mlp(g_params, z))"),),
        "jax.lax.stop_gradient(",
    ),
    Case(
        "gru_scan",
        "all gates start with the same weights",
        ("key_reused", "key_split_then_used", "equal_arrays"),
        (("orthogonal(next(keys), (HIDDEN, HIDDEN))", "orthogonal(key, (HIDDEN, HIDDEN))"),),
        "orthogonal(key,",
    ),
    Case(
        "vae",
        "noise drawn with the key that is split",
        ("key_split_then_used", "key_reused"),
        (("opt_state, data, sample_key)", "opt_state, data, key)"),),
        "opt_state, data, key)",
    ),
    Case(
        "grad_accumulation",
        "gradient never reset",
        ("update_ratio", "worse_than_mean", "nonfinite_forward", "nonfinite_gradient"),
        (("    grads = jax.tree.map(jnp.zeros_like, grads)\n", ""),),
        "grads, loss = accumulate(",
    ),
    Case(
        "donated_buffers",
        "step is a static argument",
        ("retraced",),
        (
            (
                'donate_argnames=("params", "opt_state"))',
                'donate_argnames=("params", "opt_state"), static_argnames="step")',
            ),
            ("TOTAL_STEPS = 60", "TOTAL_STEPS = 20"),  # Each step compiles again.
        ),
        'static_argnames="step"',
    ),
    Case(
        "donated_buffers",
        "every batch drawn with the same key",
        ("same_key_every_step", "key_reused"),
        (("batch_key, key = jax.random.split(batch_key)", "_, key = jax.random.split(batch_key)"),),
        "_, key = jax.random.split(",
    ),
    Case(
        "warmup_momentum",
        "learning rate too large",
        ("nonfinite_forward", "nonfinite_gradient", "update_ratio"),
        (("PEAK_LEARNING_RATE = 0.05", "PEAK_LEARNING_RATE = 5.0"),),
        "PEAK_LEARNING_RATE = 5.0",
    ),
    Case(
        "fori_loop_logistic",
        "constant column divided by its std",
        ("small_denominator", "nonfinite_forward"),
        (("/ (x.std(axis=0) + EPSILON)", "/ x.std(axis=0)"),),
        "/ x.std(axis=0)",
    ),
    Case(
        "while_loop_convergence",
        "loop carries the old parameters",
        ("never_updated",),
        (("Fit(state.step + 1, params, velocity", "Fit(state.step + 1, state.params, velocity"),),
        "Fit(state.step + 1, state.params",
    ),
    Case(
        "early_stopping",
        "both branches skip the update",
        ("never_updated",),
        (
            (
                "lambda: (optax.apply_updates(state.params, updates), opt_state)",
                "lambda: (state.params, opt_state)",
            ),
        ),
        "lambda: (state.params, opt_state)",
    ),
    Case(
        "linen_batchnorm",
        "compiled anew in every step",
        ("retraced",),
        (
            ("train_step = make_train_step(clip=1.0)\n", ""),
            ("state, loss = train_step(state", "state, loss = make_train_step(clip=1.0)(state"),
            ("range(60)", "range(20)"),  # Each step compiles again.
        ),
        "make_train_step(clip=1.0)(state",
    ),
    Case(
        "contrastive",
        "square root at zero",
        ("nonfinite_gradient",),
        (
            (
                "jnp.sqrt(jnp.sum((a - b) ** 2, axis=-1) + EPSILON)",
                "jnp.linalg.norm(a - b, axis=-1)",
            ),
        ),
        "jnp.linalg.norm(a - b",
    ),
    Case(
        "reinforce_bandit",
        "reward read back in every step",
        ("read_back_every_step",),
        (
            ('rewards.append(metrics["reward"])', 'rewards.append(float(metrics["reward"]))'),
            ("rewards = jnp.stack(rewards)", "rewards = jnp.array(rewards)"),
        ),
        "rewards.append(float(",
    ),
    Case(
        "diffusion_denoiser",
        "times and noise share a key",
        ("key_reused",),
        (("jax.random.normal(noise_key, x0.shape)", "jax.random.normal(t_key, x0.shape)"),),
        "jax.random.normal(t_key",
    ),
    Case(
        "diffusion_denoiser",
        "square root of a negative number",
        ("nonfinite_forward",),
        (("jnp.linspace(1e-3, 0.15, T)", "jnp.linspace(1e-3, 1.5, T)"),),
        "jnp.sqrt(a) * x0",
    ),
    Case(
        "ema_params",
        "jit forgotten",
        ("not_compiled",),
        (("@jax.jit\n", ""),),
        "def train_step",
    ),
    Case(
        "lbfgs",
        "history of L-BFGS not carried",
        ("optimizer_state_dropped",),
        (("updates, state = solver.update(", "updates, _ = solver.update("),),
        "updates, _ = solver.update(",
    ),
    Case(
        "autoencoder",
        "negative biases switch all units off",
        ("dead_units", "no_gradient"),
        (
            (
                '"bias": jnp.zeros(outputs)',
                '"bias": jnp.full(outputs, -10.0 if outputs == 32 else 0.0)',
            ),
        ),
        "jnp.full(outputs, -10.0",
    ),
    Case(
        "transformer_block",
        "crop length changes in every step",
        ("changing_shapes", "retraced"),
        (
            ("    starts = rng", "    length = rng.integers(4, CONTEXT + 1)\n    starts = rng"),
            ("text[start : start + CONTEXT + 1]", "text[start : start + length + 1]"),
        ),
        "text[start : start + length + 1]",
    ),
    Case(
        "mixed_precision",
        "epsilon is 0 in float16",
        ("small_denominator", "nonfinite_forward", "nonfinite_gradient"),
        (("EPSILON = 1e-3", "EPSILON = 1e-8"),),
        "+ EPSILON)",
    ),
    Case(
        "augmentation",
        "same augmentation in every step",
        ("same_key_every_step", "key_reused"),
        (
            (
                "jax.random.split(jax.random.fold_in(key, step), BATCH)",
                "jax.random.split(key, BATCH)",
            ),
        ),
        "jax.random.split(key, BATCH)",
    ),
    Case(
        "kfold",
        "learning rate too small",
        ("update_ratio", "worse_than_mean"),
        (("optax.adam(2e-2)", "optax.adam(2e-8)"),),
        "optax.adam(2e-8)",
    ),
    Case(
        "shard_map_data_parallel",
        "inputs shuffled without their targets",
        ("worse_than_mean",),
        (
            (
                "    order = rng.permutation(len(x))\n",
                "    rng.shuffle(x)\n    order = np.arange(len(x))\n",
            ),
        ),
        "rng.shuffle(x)",
    ),
    Case(
        "shard_map_data_parallel",
        "optimizer state made anew in every step",
        ("optimizer_state_dropped",),
        (
            (
                "optimizer.update(grads, opt_state)",
                "optimizer.update(grads, optimizer.init(params))",
            ),
        ),
        "optimizer.update(grads, optimizer.init(params))",
    ),
    Case(
        "nnx_dropout",
        "dropout begins anew in every step",
        ("same_key_every_step", "key_reused"),
        (("grad_fn(model, rngs, batch)", "grad_fn(model, nnx.Rngs(dropout=1), batch)"),),
        "grad_fn(model, nnx.Rngs(dropout=1)",
    ),
    Case(
        "equinox_batchnorm",
        "layer drawn with the key that was split",
        ("key_split_then_used",),
        (("key=linear_key)", "key=key)"),),
        "key=key)",
    ),
    Case(
        "finetune_head",
        "head frozen as well",
        ("never_updated",),
        (('"head": "train"}', '"head": "freeze"}'),),
        '"head": "freeze"}',
    ),
    Case(
        "physics_informed",
        "weights and biases are equal",
        ("equal_arrays", "key_reused"),
        (("jax.random.normal(k2, (32,))", "jax.random.normal(k1, (32,))"),),
        '"b1": jax.random.normal(k1',
    ),
)
