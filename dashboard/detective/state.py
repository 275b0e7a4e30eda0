"""The reader's actions in this session: the case, the probes, the accusation, and the streak.

They are plain values that only the session stores. The link contains the case as well.
"""

import streamlit as st

from mlp_core import game
from mlp_core.game import Case, case

LEVEL, NUMBER = "level", "case"
"""The link parameters of the case, and the keys of their controls."""

_OPEN = "detective_case"
_SKIPPED = "detective_skipped"
_PROBED = "detective_probed"
_MARKED = "detective_suspected"
_ACCUSED = "detective_accused"
_GAVE_UP = "detective_gave_up"
_STREAK = "detective_streak"
_HEALED = "detective_healed"
_POINTED_OUT = "detective_pointed_out"


def current() -> Case:
    """Returns the case of the link. If the case has changed, resets the actions."""
    wanted = (st.session_state[LEVEL], st.session_state[NUMBER])
    if _OPEN not in st.session_state:
        _open(*wanted)
    elif st.session_state[_OPEN] != wanted:
        if not is_over() and st.session_state[_PROBED]:
            st.session_state[_STREAK] = 0
        _open(*wanted)
    now = case(*wanted)
    for _ in range(st.session_state[_SKIPPED]):
        now = now.with_next_seed()
    return now


def skip_seed() -> None:
    """Moves the case to its next seed, for a run that shows too few symptoms."""
    st.session_state[_SKIPPED] += 1


def open_case(level: str, number: int) -> None:
    """Opens another case. Only for callbacks."""
    st.session_state[LEVEL], st.session_state[NUMBER] = level, number


def probed() -> list[str]:
    """Returns the probes that the reader has paid for, oldest first."""
    return list(st.session_state[_PROBED])


def probe(name: str) -> None:
    """Records that the reader paid for a probe."""
    if name not in st.session_state[_PROBED]:
        st.session_state[_PROBED] = [*st.session_state[_PROBED], name]


def suspected() -> list[str]:
    """Returns the switches that are marked as suspects."""
    return list(st.session_state[_MARKED])


def suspect(switch: str, is_suspected: bool) -> None:
    """Marks or unmarks a switch as a suspect."""
    others = [name for name in st.session_state[_MARKED] if name != switch]
    st.session_state[_MARKED] = [*others, switch] if is_suspected else others


def accuse() -> None:
    """Ends the case by accusing the marked suspects."""
    accused = suspected()
    st.session_state[_ACCUSED] = accused
    level, number = st.session_state[_OPEN]
    solved = game.is_solved(case(level, number), accused)
    st.session_state[_STREAK] = streak() + 1 if solved else 0


def give_up() -> None:
    """Ends the case without an accusation."""
    st.session_state[_ACCUSED], st.session_state[_GAVE_UP] = [], True
    st.session_state[_STREAK] = 0


def is_over() -> bool:
    """Returns whether the case has ended."""
    return st.session_state[_ACCUSED] is not None


def accused() -> list[str]:
    """Returns the accused switches, or an empty list before the accusation."""
    return list(st.session_state[_ACCUSED] or [])


def is_solved(now: Case) -> bool:
    """Returns whether the reader accused exactly the bugs."""
    return is_over() and game.is_solved(now, accused())


def gave_up() -> bool:
    """Returns whether the reader asked for the solution."""
    return bool(st.session_state[_GAVE_UP])


def streak() -> int:
    """Returns the number of cases solved in a row without a mistake."""
    return int(st.session_state.get(_STREAK, 0))


def points(now: Case, spent: int) -> int:
    """Returns the remaining points, or the score once the case has ended.

    Args:
      spent: the total cost of the probes.
    """
    return game.score(now, accused(), spent) if is_over() else game.points_left(spent)


def healed() -> list[str]:
    """Returns the bugs that the reader fixed after the verdict."""
    return list(st.session_state[_HEALED])


def heal(switch: str, is_healed: bool) -> None:
    """Fixes a bug, or restores it."""
    others = [name for name in st.session_state[_HEALED] if name != switch]
    st.session_state[_HEALED] = [*others, switch] if is_healed else others


def pointed_out() -> str:
    """Returns the bug whose symptom is to be marked, or an empty string."""
    return str(st.session_state[_POINTED_OUT])


def point_out(switch: str) -> None:
    """Selects the bug whose symptom is marked on the curve."""
    st.session_state[_POINTED_OUT] = switch


def _open(level: str, number: int) -> None:
    st.session_state[_OPEN] = (level, number)
    st.session_state[_SKIPPED] = 0
    st.session_state[_PROBED], st.session_state[_MARKED] = [], []
    st.session_state[_ACCUSED], st.session_state[_GAVE_UP] = None, False
    st.session_state[_HEALED], st.session_state[_POINTED_OUT] = [], ""
