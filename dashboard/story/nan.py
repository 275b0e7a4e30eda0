"""The NaN that epsilon does not prevent: the gradient of a standard deviation at zero variance."""

import pandas as pd
import streamlit as st

from dashboard.story import details, words
from mlp_core import Fixes

_FORMS = {
    "a / std": Fixes(),
    "a / (ε + std)": Fixes(norm_epsilon=True),
    "a / √(var + ε)": Fixes(norm_epsilon=True, epsilon_in_root=True),
}
CODE = """import jax, jax.numpy as jnp

def layer_norm(a, eps=1e-5):
    return (a - a.mean()) / (eps + a.std())

def first_unit(a):
    return layer_norm(a)[0]

dead = jnp.full(3, 0.5)
print(first_unit(dead))
print(jax.grad(first_unit)(dead)[0])"""


def show() -> None:
    """Draws the output and the gradient of each form of the division for a dead layer."""
    from mlp_core.diagnosis.probing import dead_layer

    st.header("The NaN that epsilon does not prevent", anchor="nan")
    st.markdown(
        "A layer is dead for an input if all its units are equal, for example because a ReLU sets "
        "all of them to 0. Then the standard deviation is 0. Adding epsilon to it makes the "
        "division finite, but training also needs the gradient, and **the derivative of a square "
        "root at 0 is infinite**: infinity times a deviation of 0 is NaN. Epsilon inside the root "
        "keeps its argument above 0. The switch **Epsilon in the root** does this."
    )
    rows = {form: words.gradient(dead_layer(fixes)) for form, fixes in _FORMS.items()}
    table = pd.DataFrame(rows, index=["output", "gradient"]).T.rename_axis("division")
    left, right = details.fold("Values and code", "nan").columns(2, gap="medium")
    left.dataframe(
        table,
        alt="The output and the gradient of a dead layer for three forms of the division.",
    )
    left.caption(
        "Computed on the server with jax.grad for three equal units; a is the deviation from their "
        "mean."
    )
    right.code(CODE, language="python", wrap_lines=True)
    right.caption("Run this code: it prints the second row of the table, 0.0 and nan.")
