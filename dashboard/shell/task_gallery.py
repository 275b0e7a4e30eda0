"""The tasks side by side, each with a picture of its data and a description."""

import numpy as np
import streamlit as st

from dashboard.shell.setting_controls import TASK
from mlp_core import Settings
from mlp_core.tasks import TASKS

_OPEN = "task_gallery_open"
_ROWS = 240
_WIDTH, _HEIGHT = 200, 90


def button() -> None:
    """Draws the button that opens the gallery, and the gallery while it is open."""
    st.button("Browse the tasks", on_click=_open, icon=":material/grid_view:", key="browse_tasks")
    if st.session_state.get(_OPEN):
        _show()


def _open() -> None:
    st.session_state[_OPEN] = True


def _close() -> None:
    st.session_state[_OPEN] = False


@st.dialog("What the network is to learn", width="large", on_dismiss=_close)
def _show() -> None:
    columns = st.columns(3, gap="medium")
    for place, task in enumerate(TASKS):
        with columns[place % 3], st.container(border=True, key=f"task_card_{task}"):
            picture, caption = thumbnail(task)
            st.image(picture, caption=caption)
            st.markdown(f"**{task}**")
            st.caption(TASK[task])
            is_chosen = st.session_state["task"] == task
            st.button(
                "In use" if is_chosen else f"Use {task}",
                on_click=_use,
                args=(task,),
                disabled=is_chosen,
                key=f"use_{task}",
            )
    if not st.session_state.get(_OPEN):
        st.rerun()  # the whole page, which closes the dialog


def _use(task: str) -> None:
    st.session_state[_OPEN], st.session_state["task"] = False, task


@st.cache_data(show_spinner=False, max_entries=16)
def thumbnail(task: str) -> tuple[str, str]:
    """Returns a plot of a task as SVG, and its caption.

    The plot shows the target against the feature with the largest correlation to it.
    """
    from mlp_core.data.dataset import dataset

    data = dataset(Settings(task=task))
    x, y = data.x_train[:_ROWS], data.y_train[:_ROWS, 0]
    best = int(np.argmax([abs(np.corrcoef(feature, y)[0, 1]) for feature in x.T]))
    left, top = _scaled(x[:, best], _WIDTH), _HEIGHT - _scaled(y, _HEIGHT)
    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.8"/>' for a, b in zip(left, top, strict=True)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{2 * _WIDTH}" height="{2 * _HEIGHT}" fill="#3f8fc4" fill-opacity="0.7">'
        f"{dots}</svg>"
    )
    return picture, f"the target against feature {best + 1}"


def _scaled(values: np.ndarray, size: int) -> np.ndarray:
    """Returns the values scaled to 4..`size` - 4, with the 2% farthest out at the edges."""
    low, high = np.quantile(values, [0.01, 0.99])
    return 4 + (size - 8) * np.clip((values - low) / ((high - low) or 1), 0, 1)
