"""The part of a script that draws or reads its examples."""

from mlp_core.program.header import is_standardised
from mlp_core.program.lines import Lines, apart, code, indented
from mlp_core.settings import Settings
from mlp_core.table import table_of

_TARGETS = {
    "sum": "y = x.sum(axis=1)",
    "product": "y = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4]",
    "friedman": """y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1])
y += 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]""",
    "sine": "y = jnp.sin(2 * x[:, 0])",
    "length": "y = jnp.linalg.norm(x, axis=1)",
}

_STANDARDISED = '''
def standardised(columns):
    """Returns columns with mean 0 and deviation 1 over the rows that train."""
    columns = np.asarray(columns, np.float64)
    mean, deviation = columns[:TRAIN].mean(axis=0), columns[:TRAIN].std(axis=0)
    constant = deviation <= 1e-12 * np.abs(columns[:TRAIN]).max(axis=0)
    columns = (columns - mean) / np.where(constant, 1.0, deviation)
    return jnp.asarray(columns, jnp.float32)
'''

_READ = """
try:
    with open(TABLE, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
except FileNotFoundError:
    raise SystemExit(f"{TABLE} is missing: run this where the file is") from None
x = np.array([[float(row[name]) for name in FEATURES] for row in rows])
y = np.array([float(row[TARGET]) for row in rows])
"""

_SHUFFLE = """
order = jax.random.permutation(key, len(rows))
x, y = standardised(x[order]), standardised(y[order, None])
"""

_KEEP_ORDER = """
# The last rows validate, so the rows stay in the order of the file.
x, y = standardised(x), standardised(y[:, None])
"""


def examples(settings: Settings) -> Lines:
    """Returns the functions that make the examples from a key."""
    of_table, in_order = table_of(settings.task) is not None, settings.validate == "last"
    says = "Draws" if not of_table else "Reads" if in_order else "Reads and shuffles"
    signature = f'''
def examples(key):
    """{says} the examples: x and y to train on, x and y to validate."""
'''
    body = (
        code(_READ) + code(_KEEP_ORDER if in_order else _SHUFFLE) if of_table else _drawn(settings)
    )
    body += code("return x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:]")
    own = code(signature) + indented(body)
    return apart([code(_STANDARDISED), own]) if is_standardised(settings) else own


def _drawn(settings: Settings) -> Lines:
    draw = f"(key, (EXAMPLES, {settings.num_features}))"
    if is_standardised(settings):
        lines = code(f"x = np.asarray(jax.random.uniform{draw})")
    else:
        lines = code(f"x = jax.random.normal{draw}")
    lines += code(_TARGETS[settings.task])
    if settings.noise:
        lines += code("""
            noise_key = jax.random.fold_in(key, 1)
            y = y + NOISE * jax.random.normal(noise_key, y.shape)""")
    if is_standardised(settings):
        return lines + code("x, y = standardised(x), standardised(y[:, None])")
    return lines + code("y = y[:, None]")
