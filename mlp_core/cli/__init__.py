"""The command line: `python -m mlp_core`."""
