"""The form that makes a lesson of the present view."""

import streamlit as st

from dashboard.draw import words
from dashboard.shell import lessons, sidebar, url


def show() -> None:
    """Draws the form, and the link to this view with the tasks and without the hidden controls."""
    st.markdown("A link to this view that shows tasks to anyone who opens it, step by step.")
    task = st.text_area(
        "Task",
        lessons.task(),
        max_chars=lessons.LONGEST,
        height=120,
        key="new_lesson_task",
        placeholder="Which switch lowers the val loss most? Say why before you try.\n"
        "Find switches that reach a val loss below 1. [val loss < 1]",
        help=f"One step on each line, up to {lessons.MOST_STEPS}. A line that ends with "
        "`[val loss < 1]` is checked: the lesson says whether the run on the page has reached it.",
    )
    for part in lessons.misread_goals(lessons.plain(task)):
        st.warning(
            f"“{words.plain(part)}” is not read as a goal, so the lesson shows it as text. End the "
            "line with `[val loss < 1]`, and write the number in digits, like 0.5."
        )
    hide = st.pills(
        "Hide in the sidebar",
        tuple(sidebar.GROUPS),
        selection_mode="multi",
        default=[group for group in sidebar.GROUPS if group in lessons.hidden()],
        format_func=sidebar.GROUPS.__getitem__,
        key="new_lesson_hidden",
        help="Hidden controls keep their current values. Anyone with the link can show them again.",
    )
    if lessons.plain(task) or hide:
        st.code(url.link(lesson=task, lesson_step=1, hide=hide), language=None, wrap_lines=True)
    else:
        st.caption("The link appears here once you enter a task or hide a group.")
