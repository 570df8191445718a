"""Intake: the caller's side of a monitor; what is copied, let in, only counted or turned away.

Guarantee: every request counts, whatever becomes of its rows: a call that is sampled out, too large or finds no room adds
to the totals all the same. No method raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from driftgauge.client import lifecycle
from driftgauge.client.copying import OVERHEAD, copied, size_of
from driftgauge.client.counting import rows_of
from driftgauge.client.entries import Call, Counted, Deferred, Facts, Label, entry_of, is_packed
from driftgauge.client.mistakes import Mistakes
from driftgauge.client.options import Options
from driftgauge.client.pictures import with_pictures
from driftgauge.client.sender import Sender
from driftgauge.client.texts import with_words
from driftgauge.failures import failure_of

__all__ = ["Intake"]

_KNOWN = frozenset({"latency_s", *Facts.__annotations__})


class Intake:
    """Takes calls in.

    Args:
        sender: whose buffer they go to.
        options: bounds, and the share of calls to send.
        mistakes: where mistakes in arguments are noted.
    """

    def __init__(self, sender: Sender, options: Options, mistakes: Mistakes) -> None:
        self.buffer = sender.buffer
        self.mistakes = mistakes
        self._sender = sender
        self._enabled = options.enabled
        self._rate = options.sample
        self._texts = options.texts
        self._largest = options.buffer_bytes // 2

    def drawn(self) -> bool:
        """Draw whether the rows of a call are sent."""
        return self._rate >= 1 or self._sender.sampler.random() < self._rate

    def call(
        self,
        features: Any,
        prediction: Any,
        proba: Any,
        facts: Mapping[str, Any],
        surplus: Sequence[Any],
        *,
        drawn: bool,
    ) -> Call:
        """Return a copy of a call that begins a request, or its count where its rows are not to be sent."""
        try:
            if surplus or not facts.keys() <= _KNOWN:
                self._note_surplus(surplus, facts)
            more = {name: value for name, value in facts.items() if value is not None and name in _KNOWN} or None
            if drawn and self._enabled:
                features = with_words(with_pictures(features, self.mistakes), self._texts)
                size = OVERHEAD + size_of(features) + size_of(prediction) + size_of(proba) + size_of(more)
                if size <= self._largest:
                    return copied(features), copied(prediction), copied(proba), copied(more), 1, size
                self.mistakes("size", f"a call of {size} bytes is more than half of buffer_bytes; it is only counted")
                self.buffer.too_large += rows_of(features, prediction, proba)
        except Exception as error:  # noqa: BLE001 - what is logged is anything, with methods of its own
            self.unusable(error)
            return Counted(0)
        return _count_of(features, prediction, proba, more)

    def append_call(self, call: Call) -> None:
        """Append a call."""
        if self.append(call, call[-1] if isinstance(call, tuple) else call.size) or not self._enabled:
            return
        if isinstance(call, Counted):
            self._lose(call.rows, call.requests, call.status)
            return
        features, prediction, proba, more, requests, _ = entry_of(call)
        rows = rows_of(features, prediction, proba)
        self._lose(rows, requests, (more or {}).get("status"))
        if self.buffer.limit:
            self.buffer.full += rows
        else:
            self.buffer.closed += rows

    def append_request(self, calls: Sequence[Call], latency_s: float | None, status: Any) -> None:
        """Append the calls of a request that ended: the first one brings its latency."""
        try:
            self.buffer.in_flight -= 1
            said = {"latency_s": latency_s} if status is None else {"latency_s": latency_s, "status": status}
            for number, call in enumerate(calls or (Counted(0),)):
                self.append_call(_part_of(call, said, 0 if number else 1))
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self.unusable(error)

    def append_deferred(self, read: Callable[[], Any], size: int, latency_s: float | None, status: Any) -> None:
        """Append a request that ended, whose rows the thread finds by calling *read*; failed ones are only counted."""
        try:
            if failure_of(status) is None and self.drawn():
                size += OVERHEAD
                if self.append(Deferred(read, latency_s, status, size), size):
                    self.buffer.in_flight -= 1
                    return
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self.unusable(error)
        self.append_request((), latency_s, status)

    def append_label(self, name: Any, label: Any, ts: Any) -> None:
        """Append a label."""
        try:
            size = OVERHEAD + size_of(name) + size_of(label) + size_of(ts)
            if not self.append(Label(copied(name), copied(label), copied(ts), size), size) and self._enabled:
                self.buffer.lost_labels += 1
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self.mistakes(f"label {type(error).__name__}", f"a label cannot be used: {_text_of(error)}")
            self.buffer.invalid_labels += 1

    def append(self, entry: Any, size: int) -> bool:
        """Append an entry if there is room; start the thread if it has not been."""
        buffer = self.buffer
        if not self._enabled or not buffer.has_room(size):
            return False
        buffer.calm -= size
        buffer.append(entry)
        if not self._sender.running:
            self._sender.start()
            lifecycle.look_after_child()
        elif buffer.calm < 0 and not buffer.woken:
            buffer.woken = True
            self._sender.wake()
        return True

    def unusable(self, error: Exception) -> None:
        """Note a call that cannot be logged."""
        self.mistakes(f"call {type(error).__name__}", f"what was logged cannot be used: {_text_of(error)}")
        self.buffer.invalid += 1

    def _lose(self, rows: int, requests: int, status: Any) -> None:
        """Count what found no room."""
        self.buffer.lost_requests += requests
        if failure_of(status) is None:
            self.buffer.lost_rows += rows
        else:
            self.buffer.lost_failures += requests

    def _note_surplus(self, surplus: Sequence[Any], facts: Mapping[str, Any]) -> None:
        if surplus:
            self.mistakes("surplus", f"log takes features, prediction and proba by position; {len(surplus)} more came")
        for name in [name for name in facts if name not in _KNOWN][:8]:
            self.mistakes(f"argument {name[:64]}", f"log knows no argument {name[:64]!r}")


def _part_of(call: Call, said: Mapping[str, Any], requests: int) -> Call:
    """Return a call with what is known of its request: whether it begins it, how long it took, how it ended."""
    if isinstance(call, Counted):
        return Counted(call.rows, requests, said["latency_s"], said.get("status", call.status))
    if is_packed(call) and requests and "status" not in said:
        return *call[:3], said["latency_s"], *call[4:]
    features, prediction, proba, more, _, size = entry_of(call)
    return features, prediction, proba, {**more, **said} if more else said, requests, size


def _count_of(features: Any, prediction: Any, proba: Any, more: Mapping[str, Any] | None) -> Counted:
    rows = rows_of(features, prediction, proba)
    if more is None:
        return Counted(rows)
    latency = more.get("latency_s")
    by_row = latency is not None and rows > 1 and np.ndim(latency) == 1
    return Counted(rows, rows if by_row else 1, latency, more.get("status"))


def _text_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a foreign error's text is foreign code
        return type(error).__name__
