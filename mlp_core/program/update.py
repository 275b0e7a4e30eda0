"""The part of a script that turns a gradient into an update."""

from mlp_core.fixes import Fixes
from mlp_core.program.header import WIDTH, has_optimizer
from mlp_core.program.lines import Lines, code, indented
from mlp_core.settings import Settings

BUG_4 = "# Bug 4: only the gradient is compiled. Python updates array by array."
FIX_4 = "# Fix 4: the whole update is compiled."


def state(settings: Settings, fixes: Fixes) -> str:
    """Returns the names of what an update changes."""
    return "params, opt_state" if has_optimizer(settings, fixes) else "params"


def optimizer(settings: Settings, fixes: Fixes) -> Lines:
    """Returns the definition of `OPTIMIZER`, nothing if there is none."""
    if not has_optimizer(settings, fixes):
        return []
    lines, rate = [], "LEARNING_RATE"
    if settings.schedule == "cosine":
        rate = "RATE"
        lines = code("RATE = optax.cosine_decay_schedule(LEARNING_RATE, STEPS)")
    says = "# Fix 5: momentum, a step size for each weight, weight decay."
    chosen = f"optax.adamw({rate}, weight_decay=WEIGHT_DECAY)"
    if not fixes.adamw:
        says = "# Bug 5: plain gradient descent."
        chosen = f"optax.sgd({rate})"
    lines += code(says, "adamw")
    if settings.clip_norm is None:
        return lines + code(f"OPTIMIZER = {chosen}", "adamw")
    chain = ["optax.clip_by_global_norm(CLIP_NORM)", chosen]
    short = f"OPTIMIZER = optax.chain({', '.join(chain)})"
    if len(short) <= WIDTH:
        return lines + code(short, "adamw")
    return (
        lines
        + code("OPTIMIZER = optax.chain(")
        + indented(code(f"{chain[0]},") + code(f"{chain[1]},", "adamw"))
        + code(")")
    )


def update_body(settings: Settings, fixes: Fixes) -> Lines:
    """Returns what makes the new state from `gradient` and the old one."""
    if has_optimizer(settings, fixes):
        return code(
            """
            moves, opt_state = OPTIMIZER.update(gradient, opt_state, params)
            return optax.apply_updates(params, moves), opt_state""",
            "adamw",
        )
    return code(
        """
        # Bug 5: plain gradient descent.
        moves = jax.tree.map(lambda slope: -LEARNING_RATE * slope, gradient)
        return jax.tree.map(jnp.add, params, moves)""",
        "adamw",
    )
