"""Statistics of a grid of runs: scores, the effect of each fix, and confidence intervals."""
