"""Formats a report as text for a terminal."""

import os
import textwrap
from typing import Any

_COLORS = {"fatal": 31, "fault": 31, "limit": 33, "symptom": 33, "hazard": 33, "cost": 36}
_WIDTH = 88


def printed(report: dict[str, Any], is_colored: bool) -> str:
    """Returns the report as text: a paragraph for each finding, worst first.

    Args:
      report: as `Report.as_json` returns it.
    """

    def colored(text: str, code: int) -> str:
        return f"\033[{code}m{text}\033[0m" if is_colored else text

    lines = []
    for finding in report["findings"]:
        severity = finding["severity"]
        file = os.path.relpath(finding["file"]) if finding["file"] else "?"
        where = colored(f"{file}:{finding['line']}", 1)
        lines.append(f"{colored(severity, _COLORS[severity])}  {finding['kind']}  {where}")
        for text in (finding["message"], finding["why"], f"Instead: {finding['remedy']}"):
            lines += textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines.append("")
    return "\n".join([*lines, *_summary(report)])


def _summary(report: dict[str, Any]) -> list[str]:
    error, seen = report["error"], report["seen"]
    lines = []
    if error is not None:
        lines.append(f"The script ended with {error['type']} at {error['file']}:{error['line']}.")
    elif report["exit"] == "interrupted":
        lines.append("The script was interrupted; the findings cover the run up to then.")
    elif report["exit"] == "stopped":
        lines.append("The script was stopped after the number of calls that --steps gives.")
    count = len(report["findings"])
    found = f"{count} finding{'' if count == 1 else 's'}" if count else "No findings"
    lines.append(
        f"{found} in {seen['compiled_calls']:,} calls, {seen['training_steps']:,} training steps, "
        f"and {seen['draws']:,} uses of random keys."
    )
    if not seen["training_steps"]:
        lines.append("No jax.grad or jax.value_and_grad was called, so no training was checked.")
    return lines
