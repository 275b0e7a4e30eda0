"""What the post reports, word for word where it matters: the numbers this project is held to.

Source: "Learning JAX, good ol' MLP" (2025-09-30).
"""

REPORTED_VAL_LOSS = {"v1": 5.64, "norm": 2.86, "batches": 0.82, "final": 0.57}
"""The val loss that the post's text gives for a stage, seed 42; it gives none for the others."""
