"""The run that a reader has chosen, and the short code that identifies it in a link.

`v1` is the code of v1, and `AdamW~s7` that of AdamW with seed 7: a code lists the fixes that are
on, then each setting that is not the default, as a letter and a value. Codes contain only
characters that a URL does not escape.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from dashboard.switches import SWITCH
from mlp_core import Fixes, Settings
from mlp_core.switches import SWITCHES

LETTERS = {
    "seed": "s",
    "task": "k",
    "examples": "e",
    "noise": "n",
    "val_share": "v",
    "hidden": "h",
    "steps": "t",
    "batch_size": "b",
    "learning_rate": "r",
    "weight_decay": "w",
    "schedule": "c",
    "clip_norm": "g",
    "validate": "l",
}
"""The letter of each setting. A new field needs a new letter. Never change what a letter means."""

_DEFAULTS = Settings()
_LONGEST_CODE = 300
_NO_FIXES = "v1"


class Choice(NamedTuple):
    """One run, identified by its fixes and its settings."""

    fixes: Fixes = Fixes()
    settings: Settings = Settings()

    @property
    def compiled(self) -> "Choice":
        """The same run with `jit_step` on, which changes the speed but not the losses."""
        return self._replace(fixes=replace(self.fixes, jit_step=True))

    @property
    def code(self) -> str:
        """The short code of the run."""
        on = [SWITCH[name].short for name in SWITCHES if getattr(self.fixes, name)]
        parts = [".".join(on) or _NO_FIXES]
        for name, letter in LETTERS.items():
            value = getattr(self.settings, name)
            if value != getattr(_DEFAULTS, name):
                parts.append(letter + _written(value))
        return "~".join(parts)

    @classmethod
    def of_code(cls, code: str) -> "Choice":
        """Returns the run that a code identifies.

        Raises:
          ValueError: if the code is malformed or a setting is out of bounds.
        """
        if len(code) > _LONGEST_CODE:
            raise ValueError(
                f"a run code must have at most {_LONGEST_CODE} characters, got {len(code)}"
            )
        first, *rest = code.split("~")
        names = {letter: name for name, letter in LETTERS.items()}
        unknown = [part for part in rest if part[:1] not in names]
        if unknown:
            raise ValueError(
                f"each part of a run code must begin with one of {', '.join(names)}, got "
                f"{unknown[0]!r}"
            )
        settings: dict[str, Any] = {
            names[part[0]]: _read(names[part[0]], part[1:]) for part in rest
        }
        return cls(_fixes(first), Settings(**settings))


def _fixes(text: str) -> Fixes:
    names = {SWITCH[name].short: name for name in SWITCHES}
    on = [] if text == _NO_FIXES else text.split(".")
    unknown = [short for short in on if short not in names]
    if unknown:
        raise ValueError(f"each fix must be one of {', '.join(names)}, got {unknown[0]!r}")
    return Fixes(**{names[short]: True for short in on})


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _read(name: str, text: str) -> int | float | str | tuple[int, ...]:
    if name == "hidden":
        return tuple(map(int, text.split("-")))
    default = getattr(_DEFAULTS, name)
    if isinstance(default, str):
        return text
    return int(text) if isinstance(default, int) else float(text)
