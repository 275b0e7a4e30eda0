"""Counts the operations that Python dispatches one by one during a few training steps.

A profile hook (`sys.setprofile`) counts the calls of JAX's functions from the user's code.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlp_core.doctor.places import Place, is_jax, is_readers
from mlp_core.doctor.recording import Recorder, Window

_STARTS = (6, 24, 96)
"""The windows begin after these numbers of training steps, by which functions are compiled."""
_STEPS = 3
_READS = {"__float__", "__int__", "__bool__", "__index__", "__array__", "__format__", "_item"}
_READS |= {"tolist", "device_get", "block_until_ready", "__complex__"}
_ARRAY_FILES = ("_src/array.py", "_src/api.py", "_src/numpy/array_methods.py")
_OPERATION_FILES = ("_src/numpy/", "_src/lax/", "_src/nn/", "_src/scipy/")
_NO_OPERATIONS = {"_getitem", "__getitem__", "rewriting_take", "shape", "ndim", "size", "asarray"}
_NO_OPERATIONS |= {"array", "dtype", "__iter__", "_unstack", "issubdtype", "result_type", "__len__"}


class Watch:
    """Counts operations and values read back, in windows of three training steps."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._left = 0
        self._previous: Any = None
        self._operations: Counter[Place] = Counter()
        self._reads: list[set[Place]] = []

    def after_step(self) -> None:
        """Begins or ends a window after a training step."""
        if self._left:
            self._left -= 1
            if self._left == 0:
                self._end()
            else:
                self._reads.append(set())
        elif self._recorder.step in _STARTS and sys.getprofile() is None:
            self._left, self._operations, self._reads = _STEPS, Counter(), [set()]
            sys.setprofile(self._seen)

    def _end(self) -> None:
        sys.setprofile(None)
        self._recorder.windows.append(Window(_STEPS, self._operations, self._reads))

    def stop(self) -> None:
        """Discards the open window, if there is one."""
        if self._left:
            self._left = 0
            sys.setprofile(None)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Suspends the counting, so that the examination itself is not counted."""
        hook = sys.getprofile() if self._left else None
        if hook is not None:
            sys.setprofile(None)
        try:
            yield
        finally:
            if hook is not None:
                sys.setprofile(hook)

    def _seen(self, frame: Any, event: str, argument: Any) -> None:
        if event != "call":
            return
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        caller = frame.f_back
        if not is_jax(file) or caller is None or is_jax(caller.f_code.co_filename):
            return
        place = _readers_place(caller)
        if place is None:
            return
        if name in _READS and file.endswith(_ARRAY_FILES):
            self._reads[-1].add(place)
        elif name not in _NO_OPERATIONS and any(part in file for part in _OPERATION_FILES):
            self._operations[place] += 1


def _readers_place(frame: Any) -> Place | None:
    while frame is not None:
        if is_readers(frame.f_code.co_filename):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None
