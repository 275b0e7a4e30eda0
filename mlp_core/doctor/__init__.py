"""Finds training bugs in a reader's own JAX script: `python -m mlp_core check train.py`.

`patches` instruments JAX while a script runs, `recording` stores what was seen, `twin` computes
from a compiled function's program what that function does not return, and `checks` turn all of this
into findings. The script itself is not changed and computes the same numbers.
"""

from mlp_core.doctor.records import KINDS, Finding, Report

__all__ = ["KINDS", "Finding", "Report"]
