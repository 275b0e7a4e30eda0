"""Runs a user's script: `python -m mlp_core.doctor.run_script REPORT STEPS ONLY SCRIPT ...`.

The script runs in a separate process, as if Python had started it. The report is a JSON file.
"""

import json
import runpy
import sys
import traceback
from pathlib import Path
from types import TracebackType

from mlp_core.doctor.session import watch


def main(report_file: str, steps: str, only: str, script: str, *arguments: str) -> int:
    """Runs the script and writes the report; returns the script's exit status."""
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    groups = only.split(",") if only else []
    status, report = 0, None
    try:
        with watch(groups, int(steps) if steps else None) as report:
            runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except KeyboardInterrupt:
        status = 130
    except Exception as error:
        status = 1
        traceback.print_exception(error.with_traceback(_readers_part(error, script)))
    if report is not None:
        Path(report_file).write_text(json.dumps(report.as_json()))
    return status


def _readers_part(error: Exception, script: str) -> TracebackType | None:
    """Returns the traceback from the script on, as Python would print it without this tool."""
    part = error.__traceback__
    while part is not None and part.tb_frame.f_code.co_filename != script:
        part = part.tb_next
    return part or error.__traceback__


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
