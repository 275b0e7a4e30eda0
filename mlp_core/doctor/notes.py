"""The notes that a twin takes: intermediate values, with the iterations in which they occurred."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from mlp_core.doctor.places import Stack
from mlp_core.doctor.recording import is_sampled


class Note(NamedTuple):
    """An intermediate value of a program."""

    kind: str
    """ "draw", "split", "mark", "root", "relu", "square", "broadcast", or "finite"."""
    stack: Stack
    name: str
    values: Any
    """Arrays, with one more leading axis for each enclosing loop; after `flattened` at most one."""
    loops: int = 0
    """The number of enclosing loops."""
    turns: Any = None
    """The iteration of each row of the values, ascending after `flattened`; None outside of loops.
    In nested scans, iterations are counted across all of them. Before `flattened`, -1 stands for a
    row that was not reached, also in a branch of a condition."""

    def flattened(self) -> "Note | None":
        """Returns the note with one leading axis for all loops; None if it was never reached."""
        if self.turns is None:
            return self
        turns = np.ravel(self.turns)
        reached = np.argsort(turns, kind="stable")[np.count_nonzero(turns < 0) :]
        if not len(reached):
            return None

        def rows(values: Any) -> Any:
            return values.reshape(len(turns), *np.shape(values)[self.loops :])[reached]

        note = self._replace(values=jax.tree.map(rows, self.values), turns=turns[reached])
        return note if self.loops else note.at(0)

    def sampled(self) -> Iterator[tuple[int | None, "Note"]]:
        """Yields the sampled iterations and the last one, each with its note."""
        if self.turns is None:
            yield None, self
            return
        for turn in self.turns:
            if is_sampled(turn) or turn == self.turns[-1]:
                yield int(turn), self.at(turn)

    def at(self, turn: int | None) -> "Note":
        """Returns the note of this iteration, or of the last one before it."""
        if turn is None or self.turns is None:
            return self
        row = max(int(np.searchsorted(self.turns, turn, side="right")) - 1, 0)
        return self._replace(values=jax.tree.map(lambda v: v[row], self.values), turns=None)


def split(notes: Iterable[Note]) -> tuple[list[Note], list[Any]]:
    """Returns the notes without their arrays, and the arrays, for `joined`."""
    notes = list(notes)
    without = [note._replace(values=None, turns=None) for note in notes]
    return without, [(note.values, note.turns) for note in notes]


def joined(notes: Iterable[Note], arrays: Iterable[Any], loops: int = 0) -> list[Note]:
    """Returns the notes with these arrays, inside this many more loops."""
    return [
        note._replace(values=values, turns=turns, loops=note.loops + loops)
        for note, (values, turns) in zip(notes, arrays, strict=True)
    ]
