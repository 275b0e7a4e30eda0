"""The sidebar: the post's stages, a switch for each fix, and the settings."""

from collections.abc import Collection
from dataclasses import fields

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.shell import mirror, own_file, setting_controls, task_gallery
from dashboard.switches import BEYOND, OF_THE_POST, SWITCH
from mlp_core import STAGES, Fixes, Settings
from mlp_core.data.table import diabetes
from mlp_core.settings import hidden_sizes
from mlp_core.tasks import DIABETES, FORMULAS, OWN

_STAGE = "stage"
GROUPS = {
    "stage": "Stage of the post",
    "fixes": "The post's fixes",
    "beyond": "Beyond the post",
    "data": "Data",
    "experiment": "Experiment",
}
"""The title of each group of controls, by the name of the group in links."""
_DATA_EXPANDED = "data_expanded"

_DEFAULTS = Settings()


def draw(hidden: Collection[str] = (), note: str = "") -> None:
    """Draws the sidebar. Read its values with `chosen_fixes` and `chosen_settings`.

    Args:
      hidden: the names of `GROUPS` to hide. Their controls keep their values.
      note: a note above the controls; may be empty.
    """
    with st.sidebar:
        st.container(key="app_name").markdown("**Fix by Fix**")
        if note:
            st.caption(note)
        if hidden:
            _put_out_of_sight(hidden)
        stage = _group("stage")
        for name, draw_group in _DRAW.items():
            with _group(name):
                draw_group()
        # Drawn last, because the switches determine the selected stage; shown first.
        with stage:
            _draw_stage()
        # Controls that are hidden must not be reset.
        if not hidden:
            st.button("Reset all", on_click=reset, icon=":material/restart_alt:", type="tertiary")


def _group(name: str) -> DeltaGenerator:
    return st.container(key=f"group_{name}")


def _put_out_of_sight(groups: Collection[str]) -> None:
    # Hidden with CSS, because Streamlit drops the uploaded file of a control that is not drawn.
    names = ", ".join(f".st-key-group_{name}" for name in GROUPS if name in groups)
    st.html(f"<style>{names} {{ display: none }}</style>")


def chosen_fixes() -> Fixes:
    """Returns the fixes that the switches show."""
    return Fixes(**{field.name: st.session_state[field.name] for field in fields(Fixes)})


def chosen_settings() -> Settings:
    """Returns the settings that the controls show. The batch size is at most all training rows.

    Raises:
      ValueError: if the settings are invalid together, the hidden sizes are not a list of whole
        numbers, or the diabetes data are damaged.
      FileMissingError: if the task is an uploaded file and there is none yet.
    """
    values = {name: st.session_state[name] for name in setting_controls.NAMES}
    values["hidden"] = hidden_sizes(values["hidden"])
    if values["task"] in FORMULAS:
        return Settings(**values | {"validate": _DEFAULTS.validate})
    values |= {"examples": _DEFAULTS.examples, "noise": _DEFAULTS.noise}
    if values["task"] == OWN:
        values["task"] = own_file.task()
    elif values["task"] == DIABETES:
        diabetes()
    num_train = Settings(task=values["task"], batch_size=1).num_train
    return Settings(**values | {"batch_size": min(values["batch_size"], num_train)})


def chosen_run() -> Choice | None:
    """Returns the chosen run; None if its settings are invalid or its file is missing."""
    try:
        return Choice(chosen_fixes(), chosen_settings())
    except (own_file.FileMissingError, ValueError):
        return None


def show(choice: Choice) -> None:
    """Sets all controls to a run. Call it before they are drawn, for instance in a callback."""
    for field in fields(Fixes):
        st.session_state[field.name] = getattr(choice.fixes, field.name)
    for name in setting_controls.NAMES:
        value = getattr(choice.settings, name)
        st.session_state[name] = words.setting(value) if name in ("hidden", "task") else value


def reset() -> None:
    """Sets all controls to the first version of the post."""
    show(Choice())


def reset_settings() -> None:
    """Sets all settings except the task to the post's. Only for callbacks."""
    task = st.session_state["task"]
    show(Choice(chosen_fixes()))
    st.session_state["task"] = task


def _draw_fixes() -> None:
    st.markdown(
        "**The post's fixes**",
        help="The post counts five fixes. Its second has two parts, 2a and 2b, so there are six "
        "switches. Gradient descent (5) is not a mistake: AdamW is an upgrade.",
    )
    for name in OF_THE_POST:
        _draw_switch(name)


def _draw_beyond() -> None:
    st.markdown("**Beyond the post**", help="Fixes that the post does not make.")
    for name in BEYOND:
        _draw_switch(name)


def _draw_switch(name: str) -> None:
    # The default repeats the session's value, because a busy browser may show the default instead.
    st.toggle(
        SWITCH[name].label,
        st.session_state[name],
        key=name,
        help=SWITCH[name].help,
        persist_state="session",
    )


def draw_switch_again(name: str, copy: str) -> None:
    """Draws a copy of a switch of the sidebar on the page.

    Args:
      name: that of the switch.
      copy: the name from which the key of this copy is made.
    """
    shown = st.session_state[name]
    key = mirror.key(copy, shown)
    st.toggle(SWITCH[name].label, shown, key=key, on_change=_take_copy, args=(name, key))


def _take_copy(name: str, key: str) -> None:
    if click := mirror.clicked(key):
        st.session_state[name] = click.now


def _draw_data() -> None:
    # Expanded at first if a link selects other data. After that, the reader controls it.
    other_data = st.session_state["task"] != _DEFAULTS.task
    expanded = st.session_state.setdefault(_DATA_EXPANDED, other_data)
    with st.expander("Data", icon=":material/table:", expanded=expanded):
        task_gallery.button()
        setting_controls.draw_data()


def _draw_experiment() -> None:
    with st.expander("Experiment", icon=":material/tune:"):
        setting_controls.draw_experiment()


_DRAW = {
    "fixes": _draw_fixes,
    "beyond": _draw_beyond,
    "data": _draw_data,
    "experiment": _draw_experiment,
}


def _draw_stage() -> None:
    stage = words.stage_of(chosen_fixes())
    # The switches determine the selected stage, so that a link does not need to contain it.
    key = mirror.key(_STAGE, stage)
    st.pills(
        "Stage of the post",
        list(STAGES),
        default=stage,
        key=key,
        required=stage is not None,
        on_change=_take_stage,
        args=(key,),
        help="The stages of the post. Each stage keeps the fixes of the stages before it.",
    )


def _take_stage(key: str) -> None:
    click = mirror.clicked(key)
    fixes = STAGES.get(click.now) if click else None
    if fixes is not None:
        for field in fields(Fixes):
            st.session_state[field.name] = getattr(fixes, field.name)
