"""The pages of the app. Everything that `mlp_core` can compute is computed there."""
