"""The parts of a script that draw the network's parameters and predict with them.

Both are bodies, so that a function and a method can be made of them.
"""

from mlp_core.fixes import Fixes
from mlp_core.program.lines import Lines, code, indented
from mlp_core.settings import Settings


def init_body(settings: Settings, fixes: Fixes) -> Lines:
    """Returns what makes `layers` and `head` from `key`."""
    lines = code(f"""
        layers = []
        for inputs, outputs in pairwise(({settings.num_features}, *HIDDEN)):""")
    lines += indented(_layer(fixes))
    return lines + _head(fixes)


def _layer(fixes: Fixes) -> Lines:
    key = _layer_key(fixes)
    lines = _layer_keys(fixes)
    lines += code(f"""
        scale = jnp.sqrt(2 / inputs)
        W = scale * jax.random.normal({key["W"]}, (outputs, inputs))""")
    if fixes.norm_init:
        lines += code(
            """
            # Fix 2b: LayerNorm starts with bias 0 and gain 1: it changes nothing yet.
            b = jnp.zeros(outputs)
            g = jnp.ones(outputs)""",
            "norm_init",
        )
    else:
        lines += code(
            f"""
            # Bug 2b: LayerNorm's bias and gain are drawn as if they were weights.
            b = scale * jax.random.normal({key["b"]}, (outputs,))
            g = scale * jax.random.normal({key["g"]}, (outputs,))""",
            "norm_init",
        )
    if not fixes.bias_before_norm:
        return lines + code('layers.append({"W": W, "b": b, "g": g})')
    return lines + code(
        """
        # Beyond the post: a bias that is added before LayerNorm.
        c = jnp.zeros(outputs)
        layers.append({"W": W, "b": b, "g": g, "c": c})""",
        "bias_before_norm",
    )


def _layer_key(fixes: Fixes) -> dict[str, str]:
    """Returns the name of the key that each array is drawn from."""
    return {name: f"{name}_key" if fixes.split_keys else "subkey" for name in "Wbg"}


def _layer_keys(fixes: Fixes) -> Lines:
    if not fixes.split_keys:
        what = "layer's weights" if fixes.norm_init else "W, b and g, so that b equals g"
        comment = f"# Bug 1: one key draws {what}"
        comment += ", and the last one the head's once more." if fixes.norm_init else "."
        return code(f"{comment}\nkey, subkey = jax.random.split(key)", "split_keys")
    if fixes.norm_init:
        split = "key, W_key = jax.random.split(key)"
    else:
        split = "key, W_key, b_key, g_key = jax.random.split(key, 4)"
    return code(f"# Fix 1: every array has its own key.\n{split}", "split_keys")


def _head(fixes: Fixes) -> Lines:
    W_key, b_key = ("W_key", "b_key") if fixes.split_keys else ("subkey", "subkey")
    first = "# Bug 1 again: the head takes the last layer's key."
    if fixes.split_keys:
        first = "_, W_key, b_key = jax.random.split(key, 3)"
    return code("scale = jnp.sqrt(2 / HIDDEN[-1])") + code(
        f"""
        {first}
        W = scale * jax.random.normal({W_key}, (1, HIDDEN[-1]))
        head = {{"W": W, "b": jax.random.normal({b_key}, (1,))}}""",
        "split_keys",
    )


def predict_body(fixes: Fixes) -> Lines:
    """Returns what predicts from `params` and `x`."""
    return (
        code('for layer in params["layers"]:')
        + indented(_product(fixes) + _norm(fixes))
        + indented(code('x = jax.nn.relu(layer["g"] * a + layer["b"])'))
        + code('return x @ params["head"]["W"].T + params["head"]["b"]')
    )


def _product(fixes: Fixes) -> Lines:
    if not fixes.bias_before_norm:
        return code('a = x @ layer["W"].T', "bias_before_norm")
    return code(
        """
        # Beyond the post: with its own bias the layer can tell how long x is.
        a = x @ layer["W"].T + layer["c"]""",
        "bias_before_norm",
    )


def _norm(fixes: Fixes) -> Lines:
    switches = ("norm_epsilon", "epsilon_in_root")
    mean = code("mean = a.mean(axis=1, keepdims=True)")
    if not fixes.norm_epsilon:
        return mean + code(
            """
            # Bug 2a: where all of a layer's units are equal, this divides 0 by 0.
            a = (a - mean) / a.std(axis=1, keepdims=True)""",
            *switches,
        )
    if not fixes.epsilon_in_root:
        return mean + code(
            """
            # Fix 2a: the divisor is never 0. The slope of std still is NaN at 0.
            a = (a - mean) / (EPSILON + a.std(axis=1, keepdims=True))""",
            *switches,
        )
    return mean + code(
        """
        # Fix 2a, and beyond the post: in the root, epsilon guards the slope as well.
        a = (a - mean) / jnp.sqrt(a.var(axis=1, keepdims=True) + EPSILON)""",
        *switches,
    )
