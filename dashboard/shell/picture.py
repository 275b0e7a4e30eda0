"""A picture of a run to share: the val losses of the run and of v1, and the switches."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.switches import SWITCH
from mlp_core.switches import SWITCHES

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

WIDTH, HEIGHT = 1200, 630
"""The size at which social networks show the picture of a link."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 800, 150, 560
_INK, _FAINT, _RUN, _FIRST = "#101821", "#5f6b78", "#0072b2", "#7a828c"


def svg(choice: Choice, run: "Run", first: "Run | None") -> str:
    """Returns the picture as a self-contained SVG.

    Args:
      first: v1 with the same settings, if it is trained.
    """
    name = words.name(choice)
    is_first = choice.compiled == Choice(settings=choice.settings).compiled
    others = [] if first is None or is_first else [first]
    said = "".join(f"v1 {words.loss(other.final_val_loss)} → " for other in others)
    dotted = " · dotted: v1" if others else ""
    legend = f"Fix by Fix · val loss against updates, log scale{dotted}"
    parts = [
        _text(_LEFT, 70, name if len(name) <= 60 else f"{name[:59]}…", 40, weight=600),
        _text(_LEFT, 118, f"val loss {said}{words.loss(run.final_val_loss)}", 32),
        *_curves(run, others),
        *_switches(choice),
        _text(_LEFT, HEIGHT - 24, legend, 20, _FAINT),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="system-ui, sans-serif"><rect width="100%" height="100%" '
        f'fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _curves(run: "Run", others: "list[Run]") -> list[str]:
    """Returns the lines of the val losses; NaN and infinity are left out."""
    lines = [(each, _FIRST, "4 6") for each in others] + [(run, _RUN, "none")]
    drawn = [each.val_loss[_is_drawn(each.val_loss)] for each, _, _ in lines]
    values = np.concatenate(drawn)
    if not len(values):
        return [_text(_LEFT, 350, "No val loss was ever finite.", 28, _FAINT)]
    low, high = np.log(values.min()), np.log(values.max())
    paths = []
    for each, color, dash in lines:
        kept = _is_drawn(each.val_loss)
        x = _LEFT + (_RIGHT - _LEFT) * each.updates[kept] / max(1, each.settings.steps)
        y = _BOTTOM - (_BOTTOM - _TOP) * (np.log(each.val_loss[kept]) - low) / ((high - low) or 1)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        paths.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="4" '
            f'stroke-dasharray="{dash}"/>'
        )
    return paths


def _is_drawn(losses: np.ndarray) -> np.ndarray:
    return np.isfinite(losses) & (losses > 0)


def _switches(choice: Choice) -> list[str]:
    parts = []
    for place, name in enumerate(SWITCHES):
        y, is_on = 180 + 48 * place, getattr(choice.fixes, name)
        fill = _RUN if is_on else "none"
        parts.append(f'<circle cx="850" cy="{y - 8}" r="10" fill="{fill}" stroke="{_RUN}"/>')
        parts.append(_text(875, y, SWITCH[name].label, 24, _INK if is_on else _FAINT))
    return parts


def _text(x: int, y: int, text: str, size: int, color: str = _INK, weight: int = 400) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{color}">'
        f"{escape(text)}</text>"
    )
