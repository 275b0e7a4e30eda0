"""The script with a class that holds its parameters, as one comes from PyTorch."""

from mlp_core.fixes import Fixes
from mlp_core.program import loop, network
from mlp_core.program import update as updates
from mlp_core.program.header import of_optimizer
from mlp_core.program.lines import Lines, Section, apart, code, indented
from mlp_core.settings import Settings

SAYS = "in a class that holds its parameters"

_LOSS = """
def _mean_squared_error(self, params, x, y):
    return jnp.mean((self.predict(params, x) - y) ** 2)
"""

_HELD_LOSS = '''
def loss(self, x, y):
    """Returns the mean squared error."""
    return self._loss(self.params, x, y)
'''


def sections(settings: Settings, fixes: Fixes) -> tuple[Section, ...]:
    """Returns what follows the examples."""
    losses = ("mlp.loss(x_train, y_train)", "mlp.loss(x_val, y_val)")
    train = loop.train(fixes, code("mlp = MLP(subkey)"), losses, code("mlp.step(x, y)"), "mlp")
    optimizer = updates.optimizer(settings, fixes)
    network = [*([optimizer] if optimizer else []), _mlp(settings, fixes)]
    return (
        Section("Network", apart(network)),
        Section("Training", apart([code(loop.REPORT), train])),
        Section("Run", code("mlp = train()")),
    )


def _mlp(settings: Settings, fixes: Fixes) -> Lines:
    head = '''
class MLP:
    """A network that holds its parameters, as one in PyTorch does."""
'''
    methods = [
        _init(settings, fixes),
        _predict(fixes),
        code(_LOSS),
        code(_HELD_LOSS),
        *_step(settings, fixes),
    ]
    return apart([code(head), indented(apart(methods, blank=1))], blank=1)


def _init(settings: Settings, fixes: Fixes) -> Lines:
    body = network.init_body(settings, fixes)
    body += code('self.params = {"layers": layers, "head": head}')
    if "opt_state" in updates.state(settings, fixes):
        body += code("self.opt_state = OPTIMIZER.init(self.params)", *of_optimizer(settings, fixes))
    body += code("self._loss = jax.jit(self._mean_squared_error)")
    if fixes.jit_step:
        compiled = f"{updates.FIX_4}\nself._update = jax.jit(self._updated)"
    else:
        compiled = f"{updates.BUG_4}\nself._gradient = jax.jit(jax.grad(self._loss))"
    return code("def __init__(self, key):") + indented(body + code(compiled, "jit_step"))


def _predict(fixes: Fixes) -> Lines:
    head = '''
def predict(self, params, x):
    """Returns a prediction for each row of x."""
'''
    return code(head) + indented(network.predict_body(fixes))


def _step(settings: Settings, fixes: Fixes) -> list[Lines]:
    state = updates.state(settings, fixes)
    held = ", ".join(f"self.{name}" for name in state.split(", "))
    gradient = "jax.grad(self._loss)" if fixes.jit_step else "self._gradient"
    updated = code(f"def _updated(self, {state}, x, y):") + indented(
        code(f"gradient = {gradient}(params, x, y)", "jit_step")
        + updates.update_body(settings, fixes)
    )
    update = "self._update" if fixes.jit_step else "self._updated"
    head = '''
def step(self, x, y):
    """Learns from a batch."""
'''
    step = code(head) + indented(code(f"{held} = {update}({held}, x, y)", "jit_step"))
    return [updated, step]
