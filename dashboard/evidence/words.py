"""What the Evidence page says, from the findings alone."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlp_core.evidence import Check, Finding, Severity

BADGES: dict["Severity", tuple[str, str]] = {
    "fatal": ("ended the run", "red"),
    "fault": ("fault", "orange"),
    "limit": ("limit", "blue"),
    "symptom": ("symptom", "gray"),
    "hazard": ("no harm yet", "yellow"),
    "cost": ("costs time", "gray"),
}
"""What each severity is called, and the colour of its badge."""


def answer(findings: "Sequence[Finding]", checks: "Sequence[Check]") -> str:
    """Returns the worst finding and how many there are, or that nothing was found."""
    if not findings:
        return f"**Nothing wrong was found.** {len(checks)} checks looked at this very run."
    count = len(findings)
    more = "It is the only finding." if count == 1 else f"{count} findings, worst first."
    return f"**{findings[0].title}.** {more}"


def spaced(text: str) -> str:
    """Returns a sentence of a finding with its per cent signs set apart, as on all pages."""
    return re.sub(r"(\d)%", r"\1 %", text)


def checked(checks: "Sequence[Check]", findings: "Sequence[Finding]") -> str:
    """Returns every check as a line, marked where it found something."""
    found = {finding.name: finding for finding in findings}
    lines = []
    for check in checks:
        icon = ":material/error:" if check.name in found else ":material/check:"
        lines.append(f"- {icon} {spaced(check.checked)}")
    return "\n".join(lines)
