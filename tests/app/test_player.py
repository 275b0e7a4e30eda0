"""The Lab's player: the data sent to the browser, and the time of sending."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import mlp_core
from dashboard.choice import Choice
from dashboard.player import tables
from dashboard.player.payload import payload
from mlp_core import STAGES, Fixes, Settings, train
from mlp_core.data.dataset import dataset
from mlp_core.diagnosis.compact import MOST_LETTERS, decoded, encoded
from mlp_core.diagnosis.snapshots import snapshots
from mlp_core.tasks import TASKS
from tests.app.conftest import Open, run_until, settled

SHORT = {"steps": "60", "jit_step": "true"}


def players(app: AppTest) -> list[Any]:
    """Returns the players on the page, which has other components as well."""
    return [each for each in app.get("bidi_component") if '"updates"' in each.proto.json]


def sent(app: AppTest) -> list[dict[str, object]]:
    """Returns the data of each player on the page."""
    return [json.loads(player.proto.json) for player in players(app)]


def opened(open_app: Open, **link: str) -> dict[str, object]:
    """Returns the data of the player at a link."""
    app = open_app(watch="true", **link)
    run_until(app, lambda: players(app))
    assert not app.exception
    (given,) = sent(app)
    return given


def test_nothing_is_sent_before_the_reader_opens_the_player(open_app: Open) -> None:
    app = open_app(**SHORT)
    assert sent(app) == []

    app.toggle(key="watch").set_value(True).run()

    run_until(settled(app), lambda: players(app))
    (given,) = sent(app)
    assert given["steps"] == 60
    assert app.query_params["watch"] == "true"
    app.toggle(key="watch").set_value(False).run()
    assert sent(settled(app)) == []


@pytest.mark.parametrize("task", TASKS)
def test_every_task_can_be_played(open_app: Open, task: str) -> None:
    given = opened(open_app, task=task, **SHORT)

    assert len(json.dumps(given)) <= MOST_LETTERS
    assert len(given["inputs"]) == Settings(task=task).num_features
    assert given["params"] is not None


def test_a_run_that_ends_in_nan_can_be_played(open_app: Open) -> None:
    given = opened(open_app, seed="11", split_keys="true", whole_batches="true", jit_step="true")

    assert len(json.dumps(given)) <= MOST_LETTERS
    assert all(math.isfinite(tick) for tick in given["ticks"])
    assert given["largest_weight"] > 0


def test_a_network_that_is_too_large_to_draw_is_sent_without_parameters(open_app: Open) -> None:
    given = opened(open_app, hidden="32, 8", **SHORT)

    assert given["params"] is None
    assert given["widths"] == [5, 32, 8]


def test_the_tables_are_made_when_they_are_opened(open_app: Open) -> None:
    app = open_app(watch="true", **SHORT)
    run_until(app, lambda: players(app))
    before = len(app.dataframe)

    app.session_state["twin_player"] = True
    app.run()

    titles = [list(frame.value) for frame in app.dataframe[-3:]]
    assert len(app.dataframe) == before + 3
    assert titles[0][:4] == ["update", "epoch", "minibatch", "rows"]
    assert titles[1][:2] == ["layer", "unit"]
    assert titles[2] == ["layer", "from", "to", "weight", "gradient"]


def forward(given: dict[str, object], params: np.ndarray, x: np.ndarray) -> float:
    """Repeats the player script's steps in NumPy, with the indices in the payload."""
    inner, outer, with_bias = given["norm"]
    for layer in given["layers"]:
        inputs, outputs = layer["inputs"], layer["outputs"]
        weight = params[layer["weight"] :][: inputs * outputs].reshape(outputs, inputs)
        bias = params[layer["bias"] :][:outputs]
        if "gain" not in layer:
            return float((weight @ x + bias)[0])
        sums = weight @ x + (with_bias * params[layer["pre"] :][:outputs] if with_bias else 0)
        centered = sums - sums.mean()
        scaled = centered / (np.sqrt((centered**2).mean() + inner) + outer)
        x = np.maximum(params[layer["gain"] :][:outputs] * scaled + bias, 0)
    raise AssertionError("the head comes last")


@pytest.mark.parametrize("stage", ["v1", "final", "beyond"])
def test_the_places_of_the_payload_make_the_run_predictions(stage: str) -> None:
    settings, fixes = Settings(), replace(STAGES[stage], jit_step=True)
    compact = encoded(snapshots(settings, fixes))

    given = payload(Choice(fixes, settings), compact)

    last = decoded(compact).params[-1].astype(np.float64)
    found = [forward(given, last, np.array(x)) for x in given["x"]]
    x_val = dataset(settings).x_val[: len(found)]
    predicted = np.asarray(mlp_core.predict(train(settings, fixes).params, x_val, fixes))[:, 0]
    np.testing.assert_allclose(found, predicted, rtol=0.02, atol=0.01)


def test_the_tables_tell_each_update_its_minibatch() -> None:
    compact = encoded(snapshots(Settings(), Fixes(jit_step=True)))

    rows = tables.updates(compact, decoded(compact)).set_index("update")

    assert rows.loc[0, ["epoch", "minibatch", "rows"]].tolist() == [1, 0, 0]
    assert rows.loc[1, ["epoch", "minibatch", "rows"]].tolist() == [1, 1, 256]
    assert rows.loc[33, ["epoch", "minibatch", "rows"]].tolist() == [2, 1, 256]
    assert rows.loc[34, ["epoch", "minibatch", "rows"]].tolist() == [2, 2, 0]
    assert np.isnan(rows.loc[34, "minibatch loss"])
