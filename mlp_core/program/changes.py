"""The lines of the program that change between two combinations of fixes."""

from difflib import SequenceMatcher
from functools import lru_cache

from mlp_core.program import lines
from mlp_core.settings import Settings
from mlp_core.switches import Fixes


@lru_cache(64)  # 15 ms each
def changed_lines(
    settings: Settings, before: Fixes, after: Fixes, source: str | None = None
) -> tuple[str, ...]:
    """Returns the removed and added lines of the program, as a diff without context.

    Args:
      source: the name of the user's file.
    """
    old, new = (
        [line.text for line in lines(settings, fixes, source=source)] for fixes in (before, after)
    )
    changed: list[str] = []
    for kind, *ends in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            removed, added = old[ends[0] : ends[1]], new[ends[2] : ends[3]]
            changed += [f"-{text}" for text in removed if text]
            changed += [f"+{text}" for text in added if text]
    return tuple(changed)
