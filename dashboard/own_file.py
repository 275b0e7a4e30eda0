"""A reader's own CSV file: chosen in the sidebar, kept in this session alone, gone with it.

Only the session holds the file. What is made from it, the runs included, is dropped when the
session ends or another file takes its place, and no other session can ask for it.
"""

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import jobs, pace, runs, words
from mlp_core.settings import Settings
from mlp_core.table import OWN, closed, opened

if TYPE_CHECKING:
    from mlp_core.csv_file import CsvFile

UPLOAD_KEY = "csv_upload"
MOST_MEGABYTES = 25
_NAMED = 5
_TASK = "csv_task"
_PROBLEM = "csv_problem"
_GAPS = "csv_gaps"


class FileMissingError(Exception):
    """There is no table to train on yet; the message says what the reader should do."""


class _GapsError(ValueError):
    """Rows lack numbers, and the reader has not said yet that they may go."""

    def __init__(self, message: str, key: str):
        super().__init__(message)
        self.key = key
        """Of the tick that says so."""


class _Columns(NamedTuple):
    target: str
    features: tuple[str, ...]


def draw() -> None:
    """Draws what chooses a file and its columns; the task they make is `task()` afterwards."""
    st.session_state[_TASK] = st.session_state[_PROBLEM] = st.session_state[_GAPS] = None
    upload = st.file_uploader(
        "CSV file",
        type=["csv", "tsv", "txt"],
        key=UPLOAD_KEY,
        max_upload_size=MOST_MEGABYTES,
        help="The first line names the columns. At most 200,000 rows and 100 columns. The file "
        "stays in this session: it is not stored, not shared and not part of any link.",
    )
    if upload is None:
        st.session_state[_PROBLEM] = (
            "This run needs a CSV file: choose one in the sidebar, under **Data**. A link cannot "
            "bring it along."
        )
        return
    try:
        st.session_state[_TASK] = _chosen_task(upload)
    except ValueError as error:
        st.session_state[_GAPS] = error.key if isinstance(error, _GapsError) else None
        st.session_state[_PROBLEM] = f"{words.plain(upload.name)}: {words.plain(str(error), 600)}"
        st.warning(st.session_state[_PROBLEM])


def task() -> str:
    """Returns the task that the reader's table is.

    Raises:
      FileMissingError: if there is no table, or one that cannot be trained on.
    """
    found = st.session_state.get(_TASK)
    if found is None:
        raise FileMissingError(
            st.session_state.get(_PROBLEM) or "Choose a CSV file in the sidebar."
        )
    return str(found)


def name() -> str | None:
    """Returns what the reader's file is called; None if there is none."""
    upload = st.session_state.get(UPLOAD_KEY)
    return upload.name if upload and st.session_state.get(_TASK) else None


def show_problem(missing: FileMissingError) -> None:
    """Draws on the page, where a phone hides the sidebar, what is missing and the quick remedy."""
    st.info(str(missing), icon=":material/upload_file:")
    gaps = st.session_state.get(_GAPS)
    if gaps:
        st.button("Leave them out", on_click=_leave_out, args=(gaps,), key="leave_out_gaps")


def _leave_out(gaps: str) -> None:
    st.session_state[gaps] = True


def _chosen_task(upload: UploadedFile) -> str:
    """Draws the choice of columns and returns the task.

    Raises:
      ValueError: if the file or the choice is none to train on.
    """
    file = _read(upload.file_id, upload)
    columns = _chosen_columns(file, upload.file_id)
    _agree_to_gaps(file, columns, upload.file_id)
    return _opened(upload.file_id, columns, file)


def _chosen_columns(file: "CsvFile", file_id: str) -> _Columns:
    names = list(file.frame)
    if file.left_out:
        st.caption(_left_out(file.left_out))
    target = st.selectbox("Target", names, index=len(names) - 1, key=f"csv_target_{file_id}")
    others = [name for name in names if name != target]
    place = names.index(target)
    features = st.multiselect(
        "Predict it from", others, default=others, key=f"csv_features_{place}_{file_id}"
    )
    return _Columns(target, tuple(features))


def _left_out(reasons: dict[str, str]) -> str:
    """Returns which columns cannot be used, by reason, the first few of each by name."""
    said = []
    for reason in dict.fromkeys(reasons.values()):
        names = [words.plain(name) for name, why in reasons.items() if why == reason]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        said.append(f"{', '.join(names[:_NAMED])}{more} ({reason})")
    return f"Left out: {'; '.join(said)}."


def _agree_to_gaps(file: "CsvFile", columns: _Columns, file_id: str) -> None:
    """Asks before rows are dropped.

    Raises:
      _GapsError: if the reader has not agreed.
    """
    from mlp_core.csv_file import rows_with_gaps

    gaps, rows = rows_with_gaps(file, [*columns.features, columns.target]), len(file.frame)
    if not gaps:
        return
    text, key = f"Leave out {gaps:,} of {rows:,} rows", f"csv_gaps_{file_id}"
    if not st.checkbox(text, key=key, help="They lack a finite number."):
        raise _GapsError(
            f"{gaps:,} of {rows:,} rows lack a finite number in a chosen column. Leave them out, "
            "or choose other columns.",
            key,
        )


@st.cache_resource(scope="session", max_entries=1, show_spinner="Reading the file …")
def _read(file_id: str, _upload: UploadedFile) -> "CsvFile":
    from mlp_core import csv_file

    with pace.crowd().out_of_turn():  # a large file takes seconds
        return csv_file.read(_upload.getvalue())


def _forget(task: str) -> None:
    """Drops a table that the session has no more use for, with all that was made from it."""
    from mlp_core import data, starts

    closed(task)
    jobs.forget_everywhere(lambda key: _is_of(key, task))
    data.forget_datasets()
    starts.forget_examples()
    runs.forget_targets()


@st.cache_resource(scope="session", max_entries=1, show_spinner=False, on_release=_forget)
def _opened(file_id: str, columns: _Columns, _file: "CsvFile") -> str:
    from mlp_core import csv_file

    return opened(csv_file.table(_file, columns.target, columns.features))


def _is_of(key: object, task: str) -> bool:
    """Returns whether the work under a key of `jobs.Workers` is on this table."""
    parts = key if isinstance(key, tuple) else (key,)
    tasks = [part.task if isinstance(part, Settings) else part for part in parts]
    return task in tasks and task.startswith(OWN)
