"""Runs scripts in one fresh process, each in a namespace of its own, and prints what they print.

A JSON line for each: its output, or an error that ends all. It imports nothing of this project.
"""

import io
import json
import runpy
import sys
from contextlib import redirect_stdout

for path in sys.argv[1:]:
    printed = io.StringIO()
    with redirect_stdout(printed):
        runpy.run_path(path, run_name="__main__")
    print(json.dumps(printed.getvalue()), flush=True)
