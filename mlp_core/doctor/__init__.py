"""Finds training bugs in a user's own JAX script: `python -m mlp_core check train.py`.

`patches` instruments JAX and optax while a script runs; `watched_jit` and `gradients` contain its
larger parts. `examiner` examines each call, `twin` computes intermediate values of a compiled
function from its jaxpr, `recording` stores the observations, and `checks` turns them into findings.
The script is not modified and computes the same numbers.
"""

from mlp_core.doctor.records import KINDS, Report, ScriptFinding

__all__ = ["KINDS", "Report", "ScriptFinding"]
