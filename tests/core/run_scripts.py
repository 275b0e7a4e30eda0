"""Runs scripts in one fresh process, each in its own namespace, and prints their output.

Prints one JSON line per script with its output; an error in a script ends the process. Imports
nothing from this project. Each script starts with the JAX flags that the environment sets.
"""

import io
import json
import runpy
import sys
from contextlib import redirect_stdout

import jax

flags = dict(jax.config.values)
for path in sys.argv[1:]:
    for name, value in flags.items():
        jax.config.update(name, value)
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            print(end)
    print(json.dumps(printed.getvalue()), flush=True)
