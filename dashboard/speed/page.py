"""The layout of the Speed page."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, wide
from dashboard.shell import glossary
from dashboard.speed import charts, measuring, retracing, tables, words
from dashboard.work import timings
from mlp_core.timing.figures import Measurement, Point

QUESTION = "What does compiling buy?"

_AXES = {
    "steps": "steps in a run",
    "batch_size": "rows in a minibatch",
    "width": "units in a layer",
}


def show(choice: Choice) -> None:
    """Draws the measurement from this server, or the stored one until there is one."""
    wanted = timings.request(choice)
    here = timings.result(wanted)
    shown = here or _shipped()
    if shown is not None:
        glossary.write(words.answer(shown))
    _draw_source(choice, here)
    measuring.show(wanted, "Measure again" if here else "Measure on the server")
    if shown is not None:
        _draw_forms(shown)
        _draw_totals(shown)
    _draw_growth(choice, () if here or shown is None else shown.points)
    retracing.show(choice, shown)
    with st.expander("Terms", icon=":material/dictionary:"):
        st.markdown(words.EXPLAINED)


def _shipped() -> Measurement | None:
    """Returns the stored measurement. If it cannot be read, draws an error and returns None."""
    try:
        return timings.shipped().measurement
    except ValueError as error:
        st.error(f"The stored measurement cannot be read: {error}.", icon=":material/error:")
        return None


def _draw_source(choice: Choice, here: Measurement | None) -> None:
    """Draws where and when the figures were measured."""
    if here is not None:
        st.caption(words.made_here(here))
        return
    try:
        stored = timings.shipped()
    except ValueError:
        return
    own = Choice(stored.measurement.fixes, stored.measurement.settings)
    yours = "" if timings.request(choice) == timings.request(own) else words.OTHERS
    st.caption(f"{words.made_by(stored)}{yours}")


def _draw_forms(shown: Measurement) -> None:
    canvas.draw(
        charts.bars(),
        {"bars": tables.bars(shown), "factors": tables.factors(shown)},
        key="speed_bars",
        alt="The time of one step in five forms of the training loop, on a log scale, with the "
        "factor between neighbors. The table below has the numbers.",
    )
    st.caption(f"{words.spread(shown)} {words.SENT}")
    wide.table(
        tables.numbers(shown),
        key="forms",
        hide_index=True,
        height="content",
        alt="Each form with its time per step, its dispatches, and its compilation.",
    )


def _draw_totals(shown: Measurement) -> None:
    st.header("After how many steps does compiling pay off?", anchor="pays")
    st.markdown(words.pays(shown))
    canvas.draw(
        charts.totals(),
        {
            "totals": tables.totals(shown),
            "ends": tables.total_ends(shown),
            "crossings": tables.crossings(shown),
        },
        key="speed_totals",
        alt="The elapsed time against steps, including compilation, with a line for each form. The "
        "sentences above say where the lines cross.",
    )
    st.caption(
        "The time before the first step (drawing minibatches, trace, compile) plus the median time "
        "per step; the first call is not included. A dot marks the number of steps from which on "
        "a form is faster in total than the form before it."
    )


def _draw_growth(choice: Choice, stored: tuple[Point, ...]) -> None:
    """Draws the small charts from the measurement on this server, or from the stored one."""
    st.header("How does the time grow with size?", anchor="growth")
    wanted = timings.request(choice, "growth")
    here = timings.result(wanted)
    points = here.points if here else stored
    st.markdown(words.growth())
    measuring.show(
        wanted, "Measure again" if here else "Measure the growth on the server (a few minutes)"
    )
    if not points:
        st.info("Nothing is measured for these settings yet.", icon=":material/show_chart:")
        return
    if not here:
        st.caption(words.made_by(timings.shipped()))
    for column, (axis, title) in zip(st.columns(3, gap="medium"), _AXES.items(), strict=True):
        table = tables.grown(points, axis)
        with column:
            canvas.draw(
                charts.grown(title),
                {"points": table, "ends": tables.grown_ends(table)},
                key=f"speed_{axis}",
                alt=f"The time of a step against the {title}, with a line for each form.",
            )
