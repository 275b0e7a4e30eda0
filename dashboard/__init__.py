"""Everything a reader sees; computes nothing that `mlp_core` can compute."""
