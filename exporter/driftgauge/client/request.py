"""Request: one inference request, timed from `with` to its end.

Guarantee: what is raised inside goes on unchanged and counts as a failure by its type (timeout, cancelled, overloaded,
error). However often `log` is called, it is one request with one latency. Cost: about 2 us, rows included.
"""

from __future__ import annotations

from time import perf_counter
from types import TracebackType
from typing import Any, Self, Unpack

import numpy as np

from driftgauge.client.copying import FIXED, OVERHEAD
from driftgauge.client.entries import Call, Counted, Facts, further, is_packed
from driftgauge.client.intake import Intake
from driftgauge.client.status import failure_by_exception

__all__ = ["Request"]

_ndarray = np.ndarray


class Request:
    """A context manager; made by `Monitor.request`.

    Args:
        intake: where its calls go.
    """

    __slots__ = ("_calls", "_drawn", "_intake", "_started", "_status")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._calls: list[Call] | None = None
        self._drawn = intake.drawn()
        self._status: Any = None
        self._started = 0.0

    def __enter__(self) -> Self:
        self._intake.buffer.in_flight += 1
        self._calls = []
        self._started = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        latency = perf_counter() - self._started
        calls, self._calls = self._calls, None
        status = self._status if kind is None else failure_by_exception(kind)
        try:
            if status is None and calls and len(calls) == 1 and self._append_quickly(calls[0], latency):
                return
        except MemoryError as out:  # nothing may reach the model
            self._intake.unusable(out)
        self._intake.append_request(calls or (), latency, status)

    def _append_quickly(self, call: Call, latency_s: float) -> bool:
        """Append the only call of a request that went well where it is a packed row and there is room for sure."""
        buffer = self._intake.buffer
        if isinstance(call, Counted) or not is_packed(call) or buffer.calm <= call[5]:
            return False
        data, prediction, proba, _, dtype, size = call
        buffer.append((data, prediction, proba, latency_s, dtype, size))
        buffer.calm -= size
        buffer.in_flight -= 1
        return True

    def log(
        self,
        features: Any = None,
        prediction: Any = None,
        proba: Any = None,
        *surplus: Any,
        latency_s: Any = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Log rows of this request; arguments as for `Monitor.log`."""
        try:
            if (
                self._drawn
                and type(features) is _ndarray
                and features.ndim == 1
                and type(prediction) in FIXED
                and proba is None
                and latency_s is None
                and not (facts or surplus)
                and features.dtype.kind in "fiub"
                and features.nbytes < self._intake.buffer.calm
            ):
                call: Call = (features.tobytes(), prediction, None, None, features.dtype, features.nbytes + OVERHEAD)
            else:
                intake, drawn = self._intake, self._drawn
                call = intake.call(features, prediction, proba, {**facts, "latency_s": latency_s}, surplus, drawn=drawn)
            if self._calls is not None:
                self._calls.append(call)
            else:  # after the end: further rows of a request that was counted
                self._intake.append_call(further(call))
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self._intake.unusable(error)

    def fail(self, status: Any = "error") -> None:
        """Count this request as failed although nothing is raised."""
        self._status = status
