"""The terms that the pages use, each with a definition for readers who are new to JAX."""

import re

import streamlit as st

TERMS = {
    "Validation loss (val loss)": "the mean squared error on rows that the training does not see. "
    "Lower is better.",
    "Baseline": "a simple rule to compare with, such as always predicting the mean.",
    "Minibatch": "the rows that one update uses.",
    "Epoch": "one pass over all training rows.",
    "Update": "one change of the parameters by the optimizer; also called a step.",
    "NaN": "“not a number”: the result of 0 / 0, for instance. What is computed from NaN is NaN.",
    "Seed": "the number from which everything random follows: the data, the first weights, and the "
    "order of the rows.",
    "PRNG key": "what JAX draws random numbers from. The same key always gives the same numbers, "
    "so a key must be split before it is used again.",
    "LayerNorm": "a layer that subtracts the mean of its inputs and divides by their standard "
    "deviation, then multiplies by a gain and adds a bias, both learned.",
    "Epsilon": "a small number in a denominator that prevents a division by 0.",
    "Dead unit": "a ReLU unit that is 0 for every row, so that its weights get no gradient.",
    "AdamW": "an optimizer with momentum, its own step size for each weight, and weight decay.",
    "JIT": "just-in-time compilation: `jax.jit` traces a function once for each shape of its "
    "inputs and compiles it to one program.",
    "Trace": "one run of a Python function by JAX with placeholders instead of numbers, to record "
    "its operations.",
    "Dispatch": "sending one operation or one compiled program to the device.",
    "R²": "the share of the target's variance that the predictions explain: 1 is perfect, 0 is as "
    "good as predicting the mean.",
    "95% interval": "a range made by a method that contains the true value for 95 of 100 samples.",
    "Shapley value": "the mean change of the val loss when a fix is turned on, over all orders of "
    "turning the fixes on.",
}
"""Definitions by term."""

_FOUND_BY = {
    "Validation loss (val loss)": "val loss",
    "Dead unit": "dead",
    "JIT": r"jit\b|compil",
    "PRNG key": r"\bkeys?\b",
    "Shapley value": "Shapley|all orders",
    "95% interval": "interval",
}
"""The pattern that finds a term in a text, if it is not the term itself."""


def show() -> None:
    """Draws all terms with their definitions."""
    for term, meaning in TERMS.items():
        st.markdown(f"**{term}:** {meaning}")


def write(text: str) -> None:
    """Draws a text with a question mark that shows the definitions of its terms."""
    st.markdown(text, help=of(text))


def of(text: str) -> str | None:
    """Returns the definitions of the terms in a text, as Markdown; None if it uses none."""
    found = [
        f"**{term}:** {meaning}"
        for term, meaning in TERMS.items()
        if re.search(_FOUND_BY.get(term, rf"\b{re.escape(term)}"), text, re.IGNORECASE)
    ]
    return "\n\n".join(found) or None
