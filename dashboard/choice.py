"""The run that a reader has chosen: its fixes and its settings."""

from dataclasses import replace
from typing import NamedTuple

from mlp_core import Fixes, Settings


class Choice(NamedTuple):
    """One run, identified by its fixes and its settings."""

    fixes: Fixes = Fixes()
    settings: Settings = Settings()

    @property
    def compiled(self) -> "Choice":
        """The same run with `jit_step` on, which changes the speed but not the losses."""
        return self._replace(fixes=replace(self.fixes, jit_step=True))
