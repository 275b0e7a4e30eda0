"""The script in pure functions: every state is an argument and a result."""

from mlp_core.fixes import Fixes
from mlp_core.program import loop, network
from mlp_core.program import update as updates
from mlp_core.program.header import of_optimizer
from mlp_core.program.lines import Line, Lines, Section, apart, code, indented
from mlp_core.settings import Settings

SAYS = "in pure functions"


def sections(settings: Settings, fixes: Fixes) -> tuple[Section, ...]:
    """Returns what follows the examples."""
    state = updates.state(settings, fixes)
    start = code("params = init(subkey)")
    update = code(f"{state} = step({state}, x, y)")
    if "opt_state" in state:
        switch = of_optimizer(settings, fixes)
        start += code("opt_state = OPTIMIZER.init(params)", *switch)
        update = [line._replace(switches=switch) for line in update]
    losses = ("loss(params, x_train, y_train)", "loss(params, x_val, y_val)")
    train = loop.train(fixes, start, losses, update, "params")
    return (
        Section("Network", apart([init(settings, fixes), predict(fixes), code(_LOSS)])),
        Section("Update", _step(settings, fixes, state)),
        Section("Training", apart([code(loop.REPORT), train])),
        Section("Run", code("params = train()")),
    )


def init(settings: Settings, fixes: Fixes) -> Lines:
    """Returns the function that draws the parameters."""
    head = '''
def init(key):
    """Draws the parameters to start from."""
'''
    body = network.init_body(settings, fixes)
    return code(head) + indented(body + code('return {"layers": layers, "head": head}'))


def predict(fixes: Fixes) -> Lines:
    """Returns the function that predicts."""
    head = '''
def predict(params, x):
    """Returns a prediction for each row of x."""
'''
    return code(head) + indented(network.predict_body(fixes))


_LOSS = '''
@jax.jit
def loss(params, x, y):
    """Returns the mean squared error."""
    return jnp.mean((predict(params, x) - y) ** 2)
'''


def _step(settings: Settings, fixes: Fixes, state: str) -> Lines:
    head = f"def step({state}, x, y):"
    says = '    """Returns what a batch makes of the parameters."""'
    if fixes.jit_step:
        before: list[Lines] = []
        step = [*code(f"{updates.FIX_4}\n@jax.jit\n{head}", "jit_step"), Line(says)]
        gradient = "jax.grad(loss)(params, x, y)"
    else:
        before = [code(f"{updates.BUG_4}\ngradient_of = jax.jit(jax.grad(loss))", "jit_step")]
        step = [*code(head), Line(says)]
        gradient = "gradient_of(params, x, y)"
    step += indented(
        code(f"gradient = {gradient}", "jit_step") + updates.update_body(settings, fixes)
    )
    optimizer = updates.optimizer(settings, fixes)
    return apart([*([optimizer] if optimizer else []), *before, step])
