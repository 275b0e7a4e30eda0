"""Finds training bugs in a reader's own JAX script: `python -m mlp_core check train.py`.

`patches` instruments JAX and optax while a script runs; `watched_jit` and `gradients` hold its
larger parts. `examiner` examines each call, `twin` computes from a compiled function's program what
that function does not return, `recording` stores what was seen, and `checks` turn all of this into
findings. The script itself is not changed and computes the same numbers.
"""

from mlp_core.doctor.records import KINDS, Report, ScriptFinding

__all__ = ["KINDS", "Report", "ScriptFinding"]
