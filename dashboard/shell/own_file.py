"""A CSV file that a reader uploads in the sidebar, which only this session can use.

Everything computed from the file, including runs, is dropped when the session ends or the file is
replaced, and no other session can access it. The controls are drawn on every page and for every
task, and hidden if they have no effect, because Streamlit forgets controls that are not drawn.
"""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.draw import words
from dashboard.work import pace
from mlp_core.data.csv_file.decode import MAX_MEGABYTES
from mlp_core.data.table import closed, opened, table_of

if TYPE_CHECKING:
    from mlp_core.data.csv_file.columns import Column
    from mlp_core.data.csv_file.read import CsvFile

UPLOAD_KEY = "csv_upload"
_AUTOMATIC = "auto"
_NAMED = 5
_TASK = "csv_task"
_PROBLEM = "csv_problem"
_GAPS = "csv_gaps"
_FILE = "csv_file"
_DECIMALS = {"dot": ".", "comma": ","}
_HIDDEN = "<style>.st-key-own_file { display: none }</style>"


class FileMissingError(Exception):
    """There is no table to train on yet. The message says what the reader should do."""


class _GapsError(ValueError):
    """Rows lack values, and the reader has not agreed to leave them out."""

    def __init__(self, message: str, key: str):
        super().__init__(message)
        self.key = key
        """The key of the checkbox for agreeing."""


class _Columns(NamedTuple):
    target: str
    features: tuple[str, ...]


class _Dialect(NamedTuple):
    """How to parse the file, as chosen by the reader; None means automatic."""

    separator: str | None
    decimal: str | None


def draw(in_use: bool) -> None:
    """Draws the choice of a file and its columns. Afterwards `task()` returns the resulting task.

    Args:
      in_use: whether the page trains on the file; otherwise the controls are hidden.
    """
    state = st.session_state
    state[_TASK] = state[_PROBLEM] = state[_GAPS] = state[_FILE] = None
    if not in_use:
        st.html(_HIDDEN)
    with st.container(key="own_file"):
        upload = st.file_uploader(
            "CSV file",
            type=["csv", "tsv", "txt", "gz"],
            key=UPLOAD_KEY,
            max_upload_size=MAX_MEGABYTES,
            help=f"At most {MAX_MEGABYTES} MB, 100,000 rows, and 64 columns after encoding. Only "
            "this session can use the file. It is not stored, shared, or part of any link.",
        )
        _drop_unused_uploads(upload)
        if upload is None:
            state[_PROBLEM] = (
                "This run needs a CSV file: choose one in the sidebar, under **Data**. A link "
                "cannot contain the file."
            )
            return
        try:
            state[_TASK] = _chosen_task(upload)
        except ValueError as error:
            state[_GAPS] = error.key if isinstance(error, _GapsError) else None
            state[_PROBLEM] = f"{words.plain(upload.name)}: {words.plain(str(error), 600)}"
            st.warning(state[_PROBLEM])


def task() -> str:
    """Returns the task of the uploaded table.

    Raises:
      FileMissingError: if there is no table, or the table is not suitable for training.
    """
    found = st.session_state.get(_TASK)
    if found is None:
        raise FileMissingError(
            st.session_state.get(_PROBLEM) or "Choose a CSV file in the sidebar."
        )
    return str(found)


def name() -> str | None:
    """Returns the name of the uploaded file, or None."""
    upload = st.session_state.get(UPLOAD_KEY)
    return upload.name if upload and st.session_state.get(_TASK) else None


def show_problem(missing: FileMissingError) -> None:
    """Draws on the page what is missing and how to fix it, because a phone hides the sidebar."""
    st.info(str(missing), icon=":material/upload_file:")
    gaps = st.session_state.get(_GAPS)
    if gaps:
        st.button("Leave out these rows", on_click=_leave_out, args=(gaps,), key="leave_out_gaps")


def draw_reading() -> None:
    """Draws how the file was parsed: the detected format, each column, and its first values."""
    file, upload = st.session_state.get(_FILE), st.session_state.get(UPLOAD_KEY)
    if file is None or upload is None:
        return
    label = f"How {words.plain(upload.name)} was read: {file.num_rows:,} rows"
    with st.expander(label, expanded=True, icon=":material/table_view:", key="how_it_was_read"):
        st.markdown(words.plain(file.guessed[:1].upper() + file.guessed[1:], 300) + r"\.")
        if file.notes:
            shown = "; ".join(file.notes[:_NAMED])
            more = f"; and {len(file.notes) - _NAMED} more" if len(file.notes) > _NAMED else ""
            st.caption(f"Assumed: {words.plain(shown, 600)}{more}")
        st.dataframe(
            reading(file), hide_index=True, height="content" if len(file.columns) < 9 else 330
        )


def reading(file: "CsvFile") -> pd.DataFrame:
    """Returns a row of text for each column: name, kind, first values, gaps, range, and use."""
    rows = [
        {"column": column.name, "kind": column.kind}
        | {f"row {place}": _written(value) for place, value in enumerate(column.first, 1)}
        | {
            "missing": f"{column.missing:,}",
            "min": _written(column.low),
            "max": _written(column.high),
            "use": _use(column),
        }
        for column in file.columns
    ]
    return pd.DataFrame(rows).fillna("")


def _use(column: "Column") -> str:
    reason = column.unusable or column.excluded
    if reason:
        return f"left out: {reason}"
    if len(column.labels) == 2:
        return f"0 = {column.labels[0]}, 1 = {column.labels[1]}"
    return f"{len(column.labels)} columns of 0 and 1" if column.labels else "feature or target"


def _written(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.10g}"


def _leave_out(gaps: str) -> None:
    st.session_state[gaps] = True


def _drop_unused_uploads(upload: UploadedFile | None) -> None:
    """Removes uploaded files that the control does not show.

    The newest file is kept because the browser may be about to show it.
    """
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    manager = context.uploaded_file_mgr
    stored = list(manager.file_storage.get(context.session_id, ()))
    for file_id in stored[:-1]:
        if upload is None or file_id != upload.file_id:
            manager.remove_file(context.session_id, file_id)


def _chosen_task(upload: UploadedFile) -> str:
    """Draws the choice of columns and returns the task.

    Raises:
      ValueError: if the file or the choice is not suitable for training.
    """
    from mlp_core.data.csv_file.read import why_validate_on_last

    dialect = _chosen_dialect(upload.file_id)
    file = _read(upload.file_id, dialect, upload)
    st.session_state[_FILE] = file
    st.caption(words.plain(file.guessed, 300))
    columns = _chosen_columns(file, upload.file_id)
    _agree_to_gaps(file, columns, upload.file_id)
    task = _opened(upload.file_id, dialect, columns, file)
    table = table_of(task)
    why = why_validate_on_last(file, table) if table is not None else None
    if why:
        reason = words.plain(why[:1].upper() + why[1:], 200)
        st.caption(f"Consider validating on the last rows. {reason}\\.")
    return task


def _chosen_dialect(file_id: str) -> _Dialect:
    from mlp_core.data.csv_file.rows import SEPARATORS

    separators = {word: mark for mark, word in SEPARATORS.items()}
    left, right = st.columns(2)
    separator = left.selectbox(
        "Separator", [_AUTOMATIC, *separators], key=f"csv_separator_{file_id}"
    )
    decimal = right.selectbox(
        "Decimal mark", [_AUTOMATIC, *_DECIMALS], key=f"csv_decimal_{file_id}"
    )
    return _Dialect(separators.get(separator), _DECIMALS.get(decimal))


def _chosen_columns(file: "CsvFile", file_id: str) -> _Columns:
    from mlp_core.data.csv_file.read import offered_features, offered_target

    names = [column.name for column in file.usable]
    offered = offered_target(file)
    left_out = {c.name: reason for c in file.columns if (reason := c.unusable or c.excluded)}
    if left_out:
        st.caption(_left_out(left_out))
    # The keys contain what the options depend on, because a control whose options change loses its
    # value.
    key = f"{file_id}_{hash(tuple(names))}"
    target = st.selectbox("Target", names, index=names.index(offered), key=f"csv_target_{key}")
    others = [name for name in names if name != target]
    place = names.index(target)
    features = st.multiselect(
        "Predict it from",
        others,
        default=offered_features(file, target),
        key=f"csv_features_{place}_{key}",
    )
    return _Columns(target, tuple(features))


def _left_out(reasons: dict[str, str]) -> str:
    """Returns which columns are not offered as features, grouped by reason."""
    said = []
    for reason in dict.fromkeys(reasons.values()):
        names = [words.plain(name) for name, why in reasons.items() if why == reason]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        said.append(f"{', '.join(names[:_NAMED])}{more} ({words.plain(reason, 200)})")
    return f"Left out: {'; '.join(said)}."


def _agree_to_gaps(file: "CsvFile", columns: _Columns, file_id: str) -> None:
    """Draws a checkbox for leaving out rows with missing values, if there are any.

    Raises:
      _GapsError: if the reader has not agreed.
    """
    from mlp_core.data.csv_file.read import rows_with_gaps

    gaps, rows = rows_with_gaps(file, [*columns.features, columns.target]), file.num_rows
    if not gaps:
        return
    text, key = f"Leave out {gaps:,} of {rows:,} rows", f"csv_gaps_{file_id}"
    if not st.checkbox(text, key=key, help="These rows lack a value in a chosen column."):
        raise _GapsError(
            f"{gaps:,} of {rows:,} rows lack a value in a chosen column. Leave them out, or choose "
            "other columns.",
            key,
        )


@st.cache_resource(scope="session", max_entries=1, show_spinner="Reading the file …")
def _read(file_id: str, dialect: _Dialect, _upload: UploadedFile) -> "CsvFile":
    from mlp_core.data.csv_file.apart import read_csv_apart

    with pace.crowd().out_of_turn():  # a large file takes seconds
        return read_csv_apart(_upload.getvalue(), *dialect)


@st.cache_resource(scope="session", max_entries=1, show_spinner=False, on_release=closed)
def _opened(file_id: str, dialect: _Dialect, columns: _Columns, _file: "CsvFile") -> str:
    from mlp_core.data.csv_file.read import table_from

    return opened(table_from(_file, columns.target, columns.features))
