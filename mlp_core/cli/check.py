"""The command `check`: runs the user's script in a separate process and prints the findings."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlp_core.child import child_environment
from mlp_core.doctor.records import check_groups, is_bad
from mlp_core.doctor.terminal import printed


def check(parsed: argparse.Namespace) -> None:
    """Prints the findings, and writes them as JSON if `--json` is given.

    Raises:
      SystemExit: with status 1 if a finding is fatal or a fault, or the script crashed.
      ValueError: if the script does not exist, or an option is wrong.
    """
    if not parsed.script.is_file():
        raise ValueError(f"the script must be a file, got {str(parsed.script)!r}")
    groups = [group for group in parsed.only.split(",") if group]
    check_groups(groups, "--only")
    if parsed.steps is not None and parsed.steps < 1:
        raise ValueError(f"--steps must be at least 1, got {parsed.steps}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        steps = "" if parsed.steps is None else str(parsed.steps)
        report = _reported([str(path), steps, ",".join(groups), str(parsed.script)], parsed, path)
    if report is None:
        raise SystemExit(1)
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(report, indent=1) + "\n")
    print(printed(report, is_colored=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    if is_bad(report):
        raise SystemExit(1)


def _reported(first: list[str], parsed: argparse.Namespace, path: Path) -> dict[str, Any] | None:
    """Runs the script and returns its report, or None if its process ended without one."""
    command = [sys.executable, "-m", "mlp_core.doctor.run_script", *first, *parsed.arguments]
    with subprocess.Popen(command, env=child_environment()) as child:
        while True:
            try:
                status = child.wait()
                break
            except KeyboardInterrupt:  # the script receives it too and then reports
                continue
    if not path.exists():
        print(f"The script's process ended with status {status} and no report.", file=sys.stderr)
        return None
    report: dict[str, Any] = json.loads(path.read_text())
    return report
