"""Labelling: predictions and labels in, outcomes by time and their accounts out; of one version of a model.

    observation with id ──► join ──► outcomes ──► windows
    label ────────────────►

A label inside its observation needs no id. Law: labels received, and those that waited in a checkpoint, = matched + unmatched
(expired, evicted, unusable) + duplicate + waiting. Nothing is kept of models whose rows carry neither ids nor labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Flags
from driftgauge.label_settings import LabelSettings
from driftgauge.model.label_join import LabelJoin, Matched, Predicted
from driftgauge.model.label_view import DELAY_BUCKETS, LabelCounters, LabelView, figures_of
from driftgauge.model.outcome_windows import OutcomeWindows
from driftgauge.profile import WINDOWS, Reference
from driftgauge.profile.classes import Digests, Values, digests
from driftgauge.profile.outcomes import predictions_of
from driftgauge.state import State

__all__ = ["Labelling", "keys_of"]

Float64s = NDArray[np.float64]

#: a clock that goes back by more than this leaves the slots ahead of it behind
_BACK_SECONDS = 600.0


def keys_of(batch: Batch) -> Digests:
    """Return the digests of a batch's ids, 0 where a row has none."""
    if batch.ids is None:
        return np.zeros(batch.rows, dtype=np.uint64)
    table = np.append(digests(batch.ids.vocabulary), np.uint64(0))
    return np.asarray(table[np.maximum(batch.ids.codes, -1)])


class Labelling:
    """The labels of one version of a model.

    Args:
        settings: of its labels.
        shown: what turns a class into what is shown of it; None: its text.
    """

    def __init__(self, settings: LabelSettings, shown: Callable[[str], str] | None = None) -> None:
        self._settings = settings
        self._shown = shown
        self._windows: OutcomeWindows | None = None
        self._join: LabelJoin | None = None
        self._reference: Reference | None = None
        self._counts: Counter[str] = Counter()
        self._delays = np.zeros(len(DELAY_BUCKETS) + 1, dtype=np.int64)
        self._delay_sum = 0.0
        self._newest = -np.inf

    def refer_to(self, reference: Reference) -> None:
        """Compare with the outcomes of *reference* from now on."""
        self._reference = reference
        if self._windows is not None:
            self._windows.refer_to(reference)

    def resettle(self, settings: LabelSettings) -> None:
        """Take settings; what waits and the windows begin anew where they change what is kept."""
        changed, self._settings = settings.counting != self._settings.counting, settings
        if self._join is None:
            return
        if changed:
            self._join.clear()
            gone, self._join, self._windows = self._join, None, None
            self._join, self._windows = self._begun(self._newest)
            self._join.go_on(gone)
        else:
            self._join.settings = settings

    def holds(self, keys: Digests) -> Flags:
        """Return which ids have a prediction here."""
        return np.zeros(len(keys), dtype=bool) if self._join is None else self._join.holds(keys)

    def observe(self, batch: Batch, now: float) -> None:
        """Take observations in at the model's time *now*; those without an id or a label are none of ours."""
        if not self._settings.enabled or (batch.ids is None and batch.labels is None):
            return
        join, windows = self._begun(now)
        keys = keys_of(batch)
        values, confidence = predictions_of(batch, windows.classes, windows.classes.digests(self._settings.classes))
        known = values.known if batch.failed is None else values.known & ~batch.failed
        truth = _nothing(batch.rows) if batch.labels is None else windows.classes.values(batch.labels)
        labelled = truth.known
        self._counts["received"] += int(np.count_nonzero(labelled))
        self._counts["unusable"] += int(np.count_nonzero(labelled & ~known))
        labelled &= known
        if labelled.any():
            none = np.zeros(int(np.count_nonzero(labelled)))
            arrived = none + now
            rows = Matched(truth.take(labelled), values.take(labelled), confidence[labelled], none, arrived)
            self._enter(windows, rows, now)
        if (countable := int(np.count_nonzero(known & (labelled | (keys != 0))))) > 0:
            windows.predicted(countable, now)
        kept = known & (keys != 0)
        self._counts["predictions"] += int(np.count_nonzero(kept))
        if kept.any():
            moments = _moments(batch, now)
            predicted = Predicted(keys[kept], values.take(kept), confidence[kept], moments[kept])
            self._enter(windows, join.predict(predicted, labelled[kept], now), now)

    def label(self, batch: Batch, now: float) -> None:
        """Take labels in at the model's time *now*: a batch of ids and labels."""
        assert batch.labels is not None
        join, windows = self._begun(now)
        self._counts["received"] += batch.rows
        truth = windows.classes.values(batch.labels)
        self._enter(windows, join.label(keys_of(batch), truth, _moments(batch, now), now), now)

    def view(self, now: float) -> LabelView | None:
        """Return all that can be told; None while nothing has come that concerns labels."""
        if self._join is None or self._windows is None:
            return None
        join, windows = self._join, self._windows
        join.expire(now)
        counts = self._counts
        counters = LabelCounters(
            counts["received"],
            counts["matched"],
            {**join.unmatched, "unusable": counts["unusable"]},
            join.duplicates,
            join.waiting,
            counts["predictions"],
            dict(join.forgotten),
            join.unlabelled,
            self._delays.copy(),
            self._delay_sum,
        )
        sketches = [windows.window(window, now) for window in WINDOWS]
        outcomes = None if self._reference is None else self._reference.outcomes
        if outcomes is not None and (windows.spec is None or outcomes.spec.task != windows.spec.task):
            outcomes = None
        return LabelView(
            counters,
            self._settings,
            WINDOWS,
            tuple(windows.classes.names),
            windows.spec,
            outcomes,
            tuple(sketches),
            figures_of(sketches, outcomes),
        )

    def slot(self, seconds: int, number: int) -> dict[str, Any]:
        """Return the sketches of the outcomes whose labels came in slot *number* (time // seconds); none without any."""
        return {} if self._windows is None else self._windows.slot(seconds, number)

    def freeze(self) -> State | None:
        """Return a copy of what waits and of the windows, None where nothing was kept; the accounts are a process's own."""
        if self._join is None or self._windows is None:
            return None
        parts = {"join": self._join.freeze(), "windows": self._windows.freeze()}
        return State({"counting": self._counting}, parts=parts)

    def thaw(self, state: State, now: float) -> None:
        """Go on from *state* at the model's time *now*, or begin anew where its settings have changed what is kept.

        Raises:
            StateError: it is damaged; nothing has changed.
        """
        if state.fact("counting", str) != self._counting:
            return
        join, windows = LabelJoin(self._settings), OutcomeWindows(self._settings, self._shown)
        join.thaw(state.part("join"), now)
        windows.thaw(state.part("windows"), now)
        if self._reference is not None:
            windows.refer_to(self._reference)
        self._join, self._windows, self._newest = join, windows, now

    @property
    def _counting(self) -> str:
        return repr(self._settings.counting)

    def _begun(self, now: float) -> tuple[LabelJoin, OutcomeWindows]:
        """Return what is kept, from the first id or label on."""
        if self._join is None or self._windows is None:
            self._join, self._windows = LabelJoin(self._settings), OutcomeWindows(self._settings, self._shown)
            if self._reference is not None:
                self._windows.refer_to(self._reference)
        if now < self._newest - _BACK_SECONDS:
            self._windows.forget_after(now)
            self._newest = now
        self._newest = max(self._newest, now)
        return self._join, self._windows

    def _enter(self, windows: OutcomeWindows, matched: Matched | None, now: float) -> None:
        if matched is None:
            return
        rows = len(matched.delays)
        usable = windows.add(matched, now)
        self._counts["matched"] += usable
        self._counts["unusable"] += rows - usable
        windows.labelled(matched.arrived)
        place = np.searchsorted(DELAY_BUCKETS, matched.delays, side="left")
        self._delays += np.bincount(place, minlength=len(self._delays))
        self._delay_sum += float(matched.delays.sum())


def _moments(batch: Batch, now: float) -> Float64s:
    """Return when the rows happened."""
    if batch.timestamps is None:
        return np.full(batch.rows, now)
    return np.where(np.isnan(batch.timestamps), now, batch.timestamps).astype(np.float64)


def _nothing(rows: int) -> Values:
    return Values(np.full(rows, np.nan), np.zeros(rows, dtype=np.uint64))
