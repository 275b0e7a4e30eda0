"""The training loop of a script, as functions and classes share it."""

from mlp_core.fixes import Fixes
from mlp_core.program.lines import Lines, code, indented

REPORT = '''
def report(update, train_loss, val_loss):
    """Prints a line of losses."""
    print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)
'''
"""The function that prints; the table's first line is `TITLES`."""

TITLES = """print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")"""


def train(fixes: Fixes, start: Lines, losses: tuple[str, str], update: Lines, result: str) -> Lines:
    """Returns the function that trains.

    Args:
      start: what draws the first parameters from `subkey`.
      losses: the train and the val loss.
      update: what makes an update from the batch `x, y`.
      result: what is trained.
    """
    report = f"report({{}}, {', '.join(losses)})"
    body = (
        code("""
            key, subkey = jax.random.split(jax.random.PRNGKey(SEED))
            x_train, y_train, x_val, y_val = examples(subkey)
            key, subkey = jax.random.split(key)""")
        + start
        + _first_order(fixes)
        + code(f"start = 0\n{TITLES}\nfor update in range(STEPS):")
        + indented(code("if update % PRINT_EVERY == 0:"))
        + indented(code(report.format("update")), 2)
        + indented(_rows(fixes))
        + indented(code("x, y = x_train[rows], y_train[rows]"))
        + indented(update)
        + indented(code("start += BATCH_SIZE\nif start >= TRAIN:\n    start = 0"))
        + indented(_next_order(fixes), 2)
        + code(report.format("STEPS"))
        + code(f"return {result}")
    )
    head = '''
def train():
    """Trains the network and prints its losses on the way."""
'''
    return code(head) + indented(body)


def _first_order(fixes: Fixes) -> Lines:
    if not fixes.whole_batches:
        return []
    return code(
        """
        # Fix 3: one order of the rows for a whole epoch, sliced in turn.
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, TRAIN)""",
        "whole_batches",
    )


def _rows(fixes: Fixes) -> Lines:
    if fixes.whole_batches:
        return code(
            """
            key, _ = jax.random.split(key)  # so that all versions draw the same orders
            rows = order[start : start + BATCH_SIZE]""",
            "whole_batches",
        )
    return code(
        """
        # Bug 3: a slice of a slice. It holds rows only while start is 0.
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, TRAIN)[:BATCH_SIZE]
        rows = order[start : start + BATCH_SIZE]""",
        "whole_batches",
    )


def _next_order(fixes: Fixes) -> Lines:
    if not fixes.whole_batches:
        return code("key, _ = jax.random.split(key)", "whole_batches")
    return code(
        """
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, TRAIN)""",
        "whole_batches",
    )
