"""What a reader has chosen to look at: the fixes and the settings of one run."""

from dataclasses import replace
from typing import NamedTuple

from mlp_core import Fixes, Settings


class Choice(NamedTuple):
    """One run, by what makes it."""

    fixes: Fixes = Fixes()
    settings: Settings = Settings()

    @property
    def compiled(self) -> "Choice":
        """The same run on the compiled engine: other speed, same losses."""
        return self._replace(fixes=replace(self.fixes, jit_step=True))
