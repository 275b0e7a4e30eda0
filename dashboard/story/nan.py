"""The NaN that the epsilon leaves: the gradient of a standard deviation at zero variance."""

import pandas as pd
import streamlit as st

from dashboard.story import words
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
    """Draws the forms of the division with what they give for a dead layer."""
    from mlp_core.diagnosis.probing import dead_layer

    st.subheader("The NaN that the epsilon leaves", anchor="nan")
    st.markdown(
        "A layer is dead for an input when all its units are equal, as after a ReLU that passes "
        "nothing on. Then the standard deviation is 0. The epsilon beside it saves the division, "
        "but training needs the slope as well, and **the slope of a square root at 0 is infinite**:"
        " infinity times a deviation of 0 is NaN. Inside the root, the epsilon keeps it away from "
        "0. That is the switch **Epsilon in the root**."
    )
    rows = {form: words.gradient(dead_layer(fixes)) for form, fixes in _FORMS.items()}
    table = pd.DataFrame(rows, index=["output", "gradient"]).T.rename_axis("a layer divides as")
    left, right = st.columns(2, gap="medium")
    left.dataframe(
        table,
        alt="The output and the gradient of a dead layer for three forms of the division.",
    )
    left.caption(
        "Computed on the server with jax.grad for three equal units; a is their deviation."
    )
    right.code(CODE, language="python", wrap_lines=True)
    right.caption("Try it: it prints the second row, 0.0 and nan.")
