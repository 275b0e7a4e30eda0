"""Runs scripts in one fresh process, each in a namespace of its own, and prints what they print.

A JSON line for each: its output, or an error that ends all. It imports nothing of this project.
Each script begins with the flags of JAX that the environment sets.
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
