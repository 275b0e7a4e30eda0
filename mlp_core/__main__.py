"""Runs the command line, `python -m mlp_core`; see `mlp_core.cli`."""

from mlp_core.cli.main import main

if __name__ == "__main__":
    main()
