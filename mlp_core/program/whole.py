"""The script whose whole run is one `jax.lax.scan`, and many seeds one `jax.vmap` of it."""

from mlp_core.fixes import Fixes
from mlp_core.program import functions, loop
from mlp_core.program import update as updates
from mlp_core.program.lines import Lines, Section, apart, code, indented
from mlp_core.settings import Settings

SAYS = "as one scan"

_LOSS = '''
def loss(params, x, y, weight):
    """Returns the weighted sum of the squared errors."""
    return jnp.sum(weight * (predict(params, x) - y) ** 2)
'''

_ORDERS = '''
@jax.jit
def orders(key):
    """Returns the order of the training rows in each epoch, one a row."""

    def next_key(_, key):
        return jax.random.split(key)[0]

    def epoch(key, _):
        key, subkey = jax.random.split(key)
        key = jax.lax.fori_loop(0, EPOCH_STEPS, next_key, key)
        return key, jax.random.permutation(subkey, TRAIN)

    return jax.lax.scan(epoch, key, length=-(-STEPS // EPOCH_STEPS))[1]
'''

_START = '''
def start(seed):
    """Returns all that a seed draws: examples, parameters, the order of the rows."""
    key, data_key = jax.random.split(jax.random.PRNGKey(seed))
    key, params_key = jax.random.split(key)
    return examples(data_key), init(params_key), orders(key)
'''

_TRAIN = '''
def train(data, params, orders):
    """Returns the losses before each update, 0 where none are printed, and at the end."""
'''

_LOSSES = """
x_train, y_train, x_val, y_val = data

def losses(params):
    train_loss = loss(params, x_train, y_train, 1 / len(x_train))
    return jnp.stack([train_loss, loss(params, x_val, y_val, 1 / len(x_val))])
"""

_UPDATE = """
printed = number % PRINT_EVERY == 0
recorded = jax.lax.cond(printed, losses, lambda _: jnp.zeros(2), params)
rows, count = batch(orders[number // EPOCH_STEPS], number % EPOCH_STEPS)
weight = (jnp.arange(BATCH_SIZE) < count)[:, None] / jnp.maximum(count, 1)
x, y = x_train[rows], y_train[rows]
"""

_SWEEP = '''
def sweep(seeds):
    """Returns the val loss at the end of each seed's run, all trained at once."""
    starts = [start(seed) for seed in seeds]
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *starts)
    return jax.jit(jax.vmap(train))(*stacked)[1][:, 1]
'''

_RUN = f"""
losses, last = run(*start(SEED))
{loop.TITLES}
for number, (train_loss, val_loss) in enumerate(losses[::PRINT_EVERY]):
    report(number * PRINT_EVERY, train_loss, val_loss)
report(STEPS, *last)
"""

_MANY = """
for seed, val_loss in enumerate(sweep(range(8))):
    print(f"seed {seed}: val loss {val_loss:.6f}")
"""


def sections(settings: Settings, fixes: Fixes) -> tuple[Section, ...]:
    """Returns what follows the examples."""
    network = [functions.init(settings, fixes), functions.predict(fixes), code(_LOSS)]
    optimizer = updates.optimizer(settings, fixes)
    state = updates.state(settings, fixes)
    step = [*([optimizer] if optimizer else []), _step(settings, fixes, state)]
    return (
        Section("Network", apart(network)),
        Section("Batches", apart([_batch(fixes), code(_ORDERS), code(_START)])),
        Section("The whole run", apart([*step, _train(state), _run(fixes)])),
        Section("One run", apart([code(loop.REPORT), code(_RUN)])),
        Section("Many seeds at once", apart([code(_SWEEP), code(_MANY)])),
    )


def _batch(fixes: Fixes) -> Lines:
    head = '''
EPOCH_STEPS = -(-TRAIN // BATCH_SIZE)


def batch(order, place):
    """Returns the rows of an epoch's batch, padded, and how many of them count."""
    first = place * BATCH_SIZE
'''
    if fixes.whole_batches:
        count = """
        # Fix 3: all batches are full, but for the rest at the end of an epoch.
        rows = order[jnp.minimum(first + jnp.arange(BATCH_SIZE), TRAIN - 1)]
        return rows, jnp.minimum(BATCH_SIZE, TRAIN - first)"""
    else:
        count = """
        # Bug 3: a slice of a slice. It holds rows only while first is 0.
        return order[:BATCH_SIZE], jnp.where(first == 0, BATCH_SIZE, 0)"""
    return code(head) + indented(code(count, "whole_batches"))


def _step(settings: Settings, fixes: Fixes, state: str) -> Lines:
    head = f'''
def step({state}, x, y, weight):
    """Returns what a batch makes of the parameters."""
    gradient = jax.grad(loss)(params, x, y, weight)
'''
    guard: Lines = []
    if not fixes.whole_batches:
        guard = code(
            """
            # Of no rows the slope is 0, whatever the padding would make of it.
            some = weight.any()
            gradient = jax.tree.map(lambda slope: jnp.where(some, slope, 0.0), gradient)""",
            "whole_batches",
        )
    return code(head) + indented(guard + updates.update_body(settings, fixes))


def _train(state: str) -> Lines:
    opens = ["params, opt_state = state"] if "opt_state" in state else []
    carry, first = ("params", "")
    if opens:
        carry, first = "state", "state = params, OPTIMIZER.init(params)\n        "
    update = code(f"def update({carry}, number):") + indented(
        code(
            "\n".join(
                [*opens, _UPDATE.strip("\n"), f"return step({state}, x, y, weight), recorded"]
            )
        )
    )
    end = code(f"""
        {first}{carry}, recorded = jax.lax.scan(update, {carry}, jnp.arange(STEPS))
        return recorded, losses({"state[0]" if opens else "params"})""")
    body = apart([code(_LOSSES), update, end], blank=1)
    return code(_TRAIN) + indented(body)


def _run(fixes: Fixes) -> Lines:
    if fixes.jit_step:
        says = "# Fix 4, taken to its end: not the update but the whole run is compiled."
    else:
        says = "# Bug 4 cannot be had here: a scan is always compiled as a whole."
    return code(f"{says}\nrun = jax.jit(train)", "jit_step")
