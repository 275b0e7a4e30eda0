"""The Speed page from top to bottom."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, wide
from dashboard.speed import charts, measuring, retracing, tables, words
from dashboard.work import timings
from mlp_core.timing.figures import Measurement, Point

_AXES = {"steps": "steps of a run", "batch_size": "rows of a batch", "width": "units of a layer"}


def show(choice: Choice) -> None:
    """Draws the measurement made here, or the one that ships until there is one."""
    wanted = timings.request(choice)
    here = timings.result(wanted)
    shown = here or _shipped()
    if shown is not None:
        st.markdown(words.answer(shown))
    _draw_source(choice, here)
    measuring.show(wanted, "Measure again" if here else "Measure on the server")
    if shown is not None:
        _draw_forms(shown)
        _draw_totals(shown)
    _draw_growth(choice, () if here or shown is None else shown.points)
    retracing.show(choice, shown)
    with st.expander("What the words mean", icon=":material/dictionary:"):
        st.markdown(words.EXPLAINED)


def _shipped() -> Measurement | None:
    """Returns the measurement that ships; None, and says so, if it cannot be read."""
    try:
        return timings.shipped().measurement
    except ValueError as error:
        st.error(f"The stored figures cannot be read: {error}.", icon=":material/error:")
        return None


def _draw_source(choice: Choice, here: Measurement | None) -> None:
    """Says where the figures come from."""
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
        alt="The time of one step in each of five forms on a log scale, with the factor between "
        "neighbors. The table below has the numbers.",
    )
    st.caption(f"{words.spread(shown)} {words.SENT}")
    wide.table(
        tables.numbers(shown),
        key="forms",
        hide_index=True,
        height="content",
        alt="Each form with its time a step, what it sends to the device and what it compiles.",
    )


def _draw_totals(shown: Measurement) -> None:
    st.subheader("After how many steps does compiling pay?", anchor="pays")
    st.markdown(words.pays(shown))
    canvas.draw(
        charts.totals(),
        {
            "totals": tables.totals(shown),
            "ends": tables.total_ends(shown),
            "crossings": tables.crossings(shown),
        },
        key="speed_totals",
        alt="The time passed after so many steps, compiling included, a line for each form. The "
        "sentences above say where the lines cross.",
    )
    st.caption(
        "The time before the first step (batches drawn, trace, compile), plus the median time of a "
        "step for each step; the first call is not added. A dot marks the step from which on a "
        "form is ahead of the one before it."
    )


def _draw_growth(choice: Choice, stored: tuple[Point, ...]) -> None:
    """Draws the small charts; of what was measured here, or of what ships."""
    st.subheader("How does it grow?", anchor="growth")
    wanted = timings.request(choice, "growth")
    here = timings.result(wanted)
    points = here.points if here else stored
    st.markdown(words.growth())
    measuring.show(
        wanted, "Measure again" if here else "Measure how it grows on the server (some minutes)"
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
                alt=f"The time of a step against the {title}, a line for each form.",
            )
