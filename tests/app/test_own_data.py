"""Other tasks, and a reader's own CSV file, on every page."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

import mlp_core
from dashboard.choice import Choice
from dashboard.shell import own_file
from dashboard.work import pool, runs
from mlp_core import STAGES, Settings
from mlp_core.data import dataset
from mlp_core.data.table import Table, closed, opened
from mlp_core.tasks import TASKS
from tests.app.conftest import choose, copied_link, opened_at, run_until, val_loss
from tests.app.links import OF_THE_READERS_RUN

ROWS = 60
SHORT = {"steps": "60"}


def content(rows: int = ROWS, gaps: int = 0) -> bytes:
    """Returns a file in which y is 100 + 20 a, with this many rows without a value of a."""
    numbers = np.random.default_rng(0).normal(size=(rows, 2)).round(4)
    lines = [
        f"{'' if row < gaps else a},{b},word,{100 + 20 * a:.3f}"
        for row, (a, b) in enumerate(numbers)
    ]
    return "\n".join(["a,b,name,y", *lines]).encode()


def uploaded(app: AppTest, file: bytes, name: str = "mine.csv") -> AppTest:
    """Returns the page after a file has been uploaded."""
    return app.file_uploader(key="csv_upload").set_value((name, file, "text/csv")).run()


def settled(app: AppTest) -> AppTest:
    """Returns the page after it has drawn the results of its runs."""
    drawn = ("vega_lite_chart", "slider", "info", "download_button")
    return run_until(app, lambda: not app.get("progress") and any(map(app.get, drawn)))


def said(app: AppTest) -> str:
    """Returns every sentence of the page and the sidebar."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(element.value for kind in kinds for element in kind)


# Evidence is compiled for each shape, so only those of one formula and one table are tested.
ON_PAGES = [(page, task) for page in OF_THE_READERS_RUN for task in TASKS if page != "diagnosis"]
ON_PAGES += [("diagnosis", "friedman"), ("diagnosis", "diabetes")]


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize(("page", "task"), ON_PAGES)
def test_every_page_works_with_every_task(page: str, task: str) -> None:
    app = settled(opened_at(page, task=task, **SHORT, norm_init="true"))

    assert not app.exception
    assert not app.error


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize("page", OF_THE_READERS_RUN)
def test_every_page_asks_for_the_file_and_then_works_with_it(page: str) -> None:
    app = opened_at(page, task="csv", **SHORT, norm_init="true")
    assert "This run needs a CSV file" in said(app)

    app = settled(uploaded(app, content()))

    assert not app.exception
    assert not app.error
    assert "This run needs a CSV file" not in said(app)


def test_the_detective_has_cases_of_its_own_and_asks_for_no_file(
    nothing_trained: None,
) -> None:
    app = opened_at("detective", task="csv", **SHORT)

    assert not app.exception
    assert "Case 1, easy" in said(app)
    assert "This run needs a CSV file" not in said(app)


@pytest.mark.usefixtures("fresh_caches")
def test_a_file_trains_with_its_losses_in_its_own_units_too() -> None:
    app = settled(
        uploaded(opened_at("lab", task="csv", whole_batches="true", hidden="4"), content())
    )

    assert float(val_loss(app)) > 0
    assert "Left out: name (the same in all rows)." in said(app)
    assert "In units of y, the typical error (root mean square) of the network is" in said(app)
    assert "Each minibatch contains all 48 training rows" in said(app)


@pytest.mark.usefixtures("fresh_caches")
def test_rows_with_gaps_are_left_out_only_when_the_reader_agrees() -> None:
    app = uploaded(opened_at("lab", task="csv", **SHORT), content(gaps=7))
    assert "7 of 60 rows lack a value" in said(app)
    assert not app.metric

    app.button(key="leave_out_gaps").click().run()

    assert app.checkbox[0].value

    app = settled(app)
    assert "Each minibatch contains all 42 training rows" in said(app)


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00", "not UTF"),
        (b"a,b\n" + b"1,2\n" * 30 + b"1,2,3\n", "Line 32 (row 31 of the data) has 3 fields"),
        (content(rows=10), "there are 10"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_why(file: bytes, problem: str) -> None:
    app = uploaded(opened_at("lab", task="csv"), file)

    assert problem in said(app).replace("\\", "")
    assert not app.exception
    assert not app.metric


@pytest.mark.usefixtures("fresh_caches")
def test_what_a_stranger_wrote_comes_out_as_text() -> None:
    hostile = content().replace(b"a,b,name,y", b"<script>x</script>,**b**,![i](u),$y$")

    app = settled(uploaded(opened_at("lab", task="csv", **SHORT), hostile))

    assert r"\!\[i\]\(u\) (the same" in said(app)
    assert r"In units of \$y\$" in said(app)


@pytest.mark.usefixtures("fresh_caches")
def test_choosing_columns_changes_the_run() -> None:
    app = settled(
        uploaded(opened_at("lab", task="csv", whole_batches="true", hidden="4"), content())
    )
    with_a = val_loss(app)

    app.multiselect[0].set_value(["b"]).run()

    assert val_loss(settled(app)) != with_a


@pytest.mark.usefixtures("fresh_caches")
def test_a_pin_on_a_file_stays_in_the_session_and_out_of_the_link() -> None:
    app = settled(uploaded(opened_at("lab", task="csv", **SHORT), content()))

    choose(app, "Pin this run")

    assert "Unpin this run" in app.menu_button(key="more").options
    link = copied_link(app)
    assert "Anyone who opens the link has to upload the file" in said(app)
    assert "csv-" not in link
    assert "task=csv" in link


def test_a_link_cannot_ask_for_the_table_of_another_session() -> None:
    task = opened(Table(("a",), "y", np.arange(60.0)[:, None], np.arange(60.0)))
    pin = Choice(STAGES["final"], Settings(task=task, batch_size=16)).code

    app = opened_at("lab", pins=pin, task=task, **SHORT)

    assert not app.exception
    assert app.selectbox(key="task").value == "sum"
    assert app.session_state["pins"] == []
    closed(task)


@pytest.mark.usefixtures("fresh_caches")
def test_nothing_told_of_a_targets_scale_is_kept_with_a_table_gone() -> None:
    table = Table(("a",), "y", np.arange(60.0)[:, None], np.arange(60.0))
    settings = Settings(task=opened(table), batch_size=16)
    runs.target_scale(settings)

    closed(settings.task)

    with pytest.raises(ValueError, match="task must be a table that is open"):
        runs.target_scale(settings)


def test_columns_left_out_are_told_by_reason_and_not_all_by_name() -> None:
    reasons = {f"c{n}": "no numbers in most rows" for n in range(7)} | {"k": "the same in all rows"}

    said = own_file._left_out(reasons)

    assert said == (
        "Left out: c0, c1, c2, c3, c4 and 2 more (no numbers in most rows); "
        "k (the same in all rows)."
    )


def test_the_work_on_a_table_is_dropped_with_it() -> None:
    workers = pool.Workers(threads=1, keep=8)
    task = opened(Table(("a",), "y", np.arange(60.0)[:, None], np.arange(60.0)))
    kept, dropped = Choice(), Choice(settings=Settings(task=task, batch_size=16))
    for key in (kept, dropped):
        workers.start(key, lambda: (n for n in [1])).wait(5)

    closed(task)

    assert workers.find(kept) is not None
    assert workers.find(dropped) is None
    workers.close()


def test_a_table_that_is_closed_while_it_is_drawn_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = opened(Table(("a",), "y", np.arange(60.0)[:, None], np.arange(60.0)))
    settings, split = Settings(task=task, batch_size=16), dataset._split

    def closing(*given: Any) -> Any:
        closed(task)
        return split(*given)

    with monkeypatch.context() as patch:
        patch.setattr(dataset, "_split", closing)
        with pytest.raises(ValueError, match="task must be a table that is open"):
            mlp_core.dataset(settings)

    with pytest.raises(ValueError, match="task must be a table that is open"):
        mlp_core.dataset(settings)


@pytest.mark.usefixtures("nothing_trained")
def test_a_file_is_kept_with_its_choices_through_other_tasks_and_a_reset() -> None:
    app = uploaded(opened_at("lab", task="csv", **SHORT), content(gaps=7))
    app.multiselect[0].set_value(["a"]).run()
    app.checkbox[0].check().run()

    app.selectbox(key="task").select("friedman").run()
    next(button for button in app.button if button.label == "Reset all").click().run()
    app.selectbox(key="task").select("csv").run()

    assert app.multiselect[0].value == ["a"]
    assert app.checkbox[0].value
    assert "This run needs a CSV file" not in said(app)


@pytest.mark.usefixtures("nothing_trained")
def test_the_page_shows_how_the_file_was_read() -> None:
    file = "a;b;y\n" + "".join(f"0,{row + 300};n{row};{row * row}\n" for row in range(30))

    app = uploaded(opened_at("lab", task="csv"), file.encode())

    table = app.dataframe[0].value
    assert table.loc[0, ["column", "kind", "row 1", "row 2"]].tolist() == [
        "a",
        "number",
        "0.3",
        "0.301",
    ]
    assert table["missing"].tolist() == ["0", "0", "0"]
    assert table.loc[2, ["min", "max"]].tolist() == ["0", "841"]
    assert "separator semicolon, decimal comma" in said(app)


@pytest.mark.usefixtures("nothing_trained")
def test_the_reader_may_choose_the_separator_and_the_decimal_mark() -> None:
    file = "a;y\n" + "".join(f"{row + 1},{row + 100};{row * row}\n" for row in range(30))
    app = uploaded(opened_at("lab", task="csv"), file.encode())
    assert app.dataframe[0].value.loc[0, "row 1"] == "1100"

    next(box for box in app.selectbox if box.label == "Decimal mark").select("comma").run()

    assert app.dataframe[0].value.loc[0, "row 1"] == "1.1"


def test_a_session_keeps_the_file_on_show_and_the_newest_upload_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = MemoryUploadedFileManager("/upload")
    for place in range(5):
        manager.add_file("me", UploadedFileRec(str(place), "a.csv", "text/csv", b"a,b"))
    manager.add_file("you", UploadedFileRec("0", "a.csv", "text/csv", b"a,b"))
    context = SimpleNamespace(session_id="me", uploaded_file_mgr=manager)
    monkeypatch.setattr(own_file, "get_script_run_ctx", lambda: context)

    own_file._drop_unused_uploads(SimpleNamespace(file_id="1"))

    assert list(manager.file_storage["me"]) == ["1", "4"]
    assert list(manager.file_storage["you"]) == ["0"]


@pytest.mark.usefixtures("fresh_caches")
def test_a_target_with_two_values_is_trained_on_and_its_loss_is_explained() -> None:
    file = "a,sex\n" + "".join(
        f"{row * 7 % 60}.5,{'male' if row % 3 else 'female'}\n" for row in range(60)
    )

    app = settled(uploaded(opened_at("lab", task="csv", **SHORT), file.encode()))

    assert "has two values. The loss is the squared error" in said(app)
    assert "predicting the mean reaches" in said(app)


@pytest.mark.usefixtures("nothing_trained")
def test_the_last_rows_are_suggested_and_chosen_for_a_file_in_the_order_of_time() -> None:
    file = "day,y\n" + "".join(f"2020-01-{row % 28 + 1:02d},{row * row}\n" for row in range(60))

    app = uploaded(opened_at("lab", task="csv", validate="last", **SHORT), file.encode())

    assert "Consider validating on the last rows. Day is a date" in said(app).replace("\\", "")
    assert "validate=last" in copied_link(app)
