"""Checks of random keys."""

from collections.abc import Iterator
from itertools import pairwise

from mlp_core.doctor.places import Place
from mlp_core.doctor.recording import Draw, Recorder, Uses
from mlp_core.doctor.records import ScriptFinding

NEAR = 3
"""Draws that are at most this many lines apart are reported together."""
REPEATS = 3
"""A line that uses the same key in this many steps is reported; fewer could be deliberate."""
MOST_STEPS = 0.9
"""The share of the training steps in which a line must use the same key."""


def _draws(uses: Uses) -> list[Draw]:
    return [draw for draw in uses.draws if draw.operation != "split"]


def _is_reused(one: Draw, other: Draw) -> bool:
    """Returns whether two draws with one key, in this order, are a mistake, not a repetition.

    Programs call a function with the same key again on purpose, to get the same result: for an
    evaluation, a copy of a network, or a comparison from the same start. Two draws on one line are
    therefore a mistake only if no training step is between them, and if they either come from the
    same calls or differ in size.
    """
    if one.stack.place != other.stack.place:
        is_copied = one.stack.is_init and other.stack.is_init
        return not (is_copied and one.numbers == other.numbers)
    if one.step != other.step:
        return False
    if one.call[0] and one.call[0] == other.call[0] and one.call != other.call:
        return False
    if one.stack.calls == other.stack.calls and one.stack.places == other.stack.places:
        return one.call == other.call
    return one.numbers != other.numbers


def _lines(lines: list[int]) -> str:
    """Returns line numbers as text, such as `lines 3, 4, and 7`."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    *before, last = map(str, lines)
    return f"lines {', '.join(before)}{',' if len(before) > 1 else ''} and {last}"


def reused(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds draws with the same key on different lines or in the iterations of one loop.

    Precondition: both draws were observed with their keys, outside compiled functions or in a twin.
    `_is_reused` excludes deliberate repetitions.
    """
    found: dict[tuple[Place, ...], int] = {}
    loops: dict[Place, Draw] = {}
    for uses in recorder.keys.values():
        draws = _draws(uses)
        for draw in draws:
            if draw.times > 1:
                loops.setdefault(draw.stack.place, draw)
        if len(draws) < 2:
            continue
        wrong: list[Place] = []
        for second, draw in enumerate(draws):
            if any(_is_reused(before, draw) for before in draws[:second]):
                wrong += [] if draw.stack.place in wrong else [draw.stack.place]
        if wrong:
            first = draws[0].stack.place
            places = (first, *(place for place in wrong if place != first))
            found[places] = found.get(places, 0) + 1
    training = _training(recorder)
    for place, draw in loops.items():
        kind = "same_key_every_step" if draw.call[0] in training else "key_reused"
        message = (
            f"Line {place.line} draws {draw.times} times with the same key, in the iterations of a "
            "`scan` or across a `vmap`."
        )
        numbers = {"draws": draw.times, "lines": [place.line]}
        yield ScriptFinding(kind, "fault", *place, message, numbers)
    yield from _grouped(found)


def _training(recorder: Recorder) -> set[str]:
    """Returns the names, as in `Draw.call`, of the compiled functions that compute a gradient."""
    regions = recorder.regions.values()
    return {f"{one.name}:{one.place.line}" for one in regions if one.is_training}


def _grouped(found: dict[tuple[Place, ...], int]) -> Iterator[ScriptFinding]:
    """Yields a finding for each group of neighboring lines, and one for the lines farther away."""
    groups: dict[tuple[Place, tuple[Place, ...]], int] = {}
    for lines_of_key, keys in found.items():
        first, *rest = lines_of_key
        near = [first]
        for place in sorted(rest):
            if place.file == first.file and 0 <= place.line - near[-1].line <= NEAR:
                near.append(place)
        far = tuple(sorted(place for place in rest if place not in near))
        if len(near) > 1 or not far:
            group = (first, tuple(near))
            groups[group] = groups.get(group, 0) + keys
        if far:
            groups[first, far] = groups.get((first, far), 0) + keys
    for (first, places), keys in groups.items():
        lines = [place.line for place in places]
        if places[0] == first and len(places) > 1:
            message = f"The same key is used for draws on {_lines(lines)}."
        elif places == (first,):
            message = f"Line {first.line} draws more than once with the same key."
        else:
            message = (
                f"{_lines(lines).capitalize()} {'draws' if len(lines) == 1 else 'draw'} with a key "
                f"that line {first.line} has already used."
            )
        if keys > 1:
            message = f"{message[:-1]} ({keys} such keys)."
        numbers = {"keys": keys, "lines": sorted({first.line, *lines})}
        yield ScriptFinding("key_reused", "fault", *places[0], message, numbers)


def same_every_step(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a line that uses the same key in every training step.

    Precondition: the draw is inside the compiled training step, in at least three examined steps;
    or it is outside, in at least three steps and nearly as often as there are steps. An evaluation
    with a fixed key is less frequent, or in a function that computes no gradient.
    """
    training = _training(recorder)
    found: dict[Place, int] = {}
    for uses in recorder.keys.values():
        for place, steps in uses.steps.items():
            draws = [draw for draw in _draws(uses) if draw.stack.place == place]
            if not draws or draws[0].times > 1:
                continue
            inside = {draw.call for draw in draws if draw.call[0] in training}
            is_eager = all(draw.call[0] == "" for draw in draws)
            if len(inside) >= REPEATS or (is_eager and _is_steady(steps, recorder.step)):
                found[place] = max(found.get(place, 0), len(steps))
    for place, steps_seen in found.items():
        message = f"Line {place.line} draws with the same key in every training step."
        numbers = {"steps": recorder.step, "looked_at": steps_seen, "lines": [place.line]}
        yield ScriptFinding("same_key_every_step", "fault", *place, message, numbers)


def _is_steady(steps: set[int], total: int) -> bool:
    """Returns whether these steps are close together and continue to the end of the training."""
    ordered = sorted(steps)
    if len(ordered) < REPEATS:
        return False
    gaps = [after - before for before, after in pairwise(ordered)]
    return max(gaps) <= 2 and len(ordered) >= MOST_STEPS * (total - ordered[0]) / 2


def split_then_used(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a key that was split and also used for a draw. Precondition: both were observed."""
    found: dict[tuple[Place, Place], int] = {}
    for uses in recorder.keys.values():
        splits = [draw for draw in uses.draws if draw.operation == "split"]
        draws = _draws(uses)
        if splits and draws and splits[0].stack.place != draws[0].stack.place:
            pair = splits[0].stack.place, draws[0].stack.place
            found[pair] = found.get(pair, 0) + 1
    for (split, draw), keys in found.items():
        message = f"Line {draw.line} draws with a key that line {split.line} also splits."
        numbers = {"keys": keys, "lines": sorted({split.line, draw.line})}
        yield ScriptFinding("key_split_then_used", "hazard", *draw, message, numbers)
