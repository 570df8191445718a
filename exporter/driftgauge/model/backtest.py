"""Backtest: what thresholds would have said of data that were logged: false episodes a week, and the delay to a known change.

The rows are counted into slots of time first, in any order, because profiles add; then the slots are played in order
through the product's own ring, evaluator and hysteresis, once, with all thresholds side by side. An episode is a column that
goes from quiet to alert; what begins before the change is false, and without a known change everything is.

Memory: a profile for each slot with rows (20 KB for 100 columns), and a few bytes for each threshold, window and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.drift import ALERT, Hysteresis, Rule
from driftgauge.model.evaluation import Evaluation
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.sums import collect
from driftgauge.profile import HOUR_SECONDS, Profile, ProfileSpec, Reference, Ring, Window

__all__ = ["CALIBRATED", "GRID", "Backtest", "SlotCounts", "backtest"]

WEEK_SECONDS = 604_800.0
#: thresholds that are tried; the product's own, calibrated by column and window, come before them
GRID = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75)
#: the name of the product's own thresholds
CALIBRATED = "calibrated"


class SlotCounts:
    """Profiles of the rows of each slot of time.

    Args:
        spec: what is counted.
        slot_seconds: length of a slot.
    """

    def __init__(self, spec: ProfileSpec, slot_seconds: float) -> None:
        self._spec = spec
        self.seconds = slot_seconds
        self.profiles: dict[int, Profile] = {}
        self.without_time = 0

    def add(self, batch: Batch) -> None:
        """Count the rows of *batch* by their event times; rows without one are left out and counted."""
        times = np.full(batch.rows, np.nan) if batch.timestamps is None else batch.timestamps
        self.without_time += int(np.count_nonzero(np.isnan(times)))
        known = np.flatnonzero(~np.isnan(times))
        block = self._spec.scored(self._spec.read(batch).block)
        slots = (times[known] // self.seconds).astype(np.int64)
        for slot in np.unique(slots).tolist():
            counted = self._spec.count(block.take(known[slots == slot]))
            before = self.profiles.get(slot)
            self.profiles[slot] = counted if before is None else before.merge(counted)

    @property
    def span(self) -> tuple[float, float]:
        """Begin of the first slot and end of the last one, in seconds since 1970; there must be one."""
        return min(self.profiles) * self.seconds, (max(self.profiles) + 1) * self.seconds


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the thresholds said.

    Attributes:
        thresholds: names of the thresholds, the product's own first.
        windows: the windows, shortest first.
        columns: names of the columns, in the order of the schema.
        weeks: time before the change in which some window judged some column.
        judged: share of that time in which each window judged each column, [windows, columns].
        episodes: false alert episodes in each window, [thresholds, windows, columns].
        status_episodes: false alert episodes of the columns' own status, over all judging windows, [thresholds, columns].
        delays: seconds from the change to the first alert, NaN where there was none, [thresholds, windows, columns].
        status_delays: the same of the columns' own status, [thresholds, columns].
        alert: the product's own threshold, [windows, columns]; infinite where a window does not judge.
        counted: columns with a weight in the model's verdict, [columns]; the model's rates and proposals are of these alone.
    """

    thresholds: tuple[str, ...]
    windows: tuple[Window, ...]
    columns: tuple[str, ...]
    weeks: float
    judged: NDArray[np.float64]
    episodes: NDArray[np.int64]
    status_episodes: NDArray[np.int64]
    delays: NDArray[np.float64]
    status_delays: NDArray[np.float64]
    alert: NDArray[np.float64]
    counted: NDArray[np.bool_]

    @property
    def rates(self) -> NDArray[np.float64]:
        """False alert episodes a week of the model as a whole, [thresholds]; NaN when nothing was judged."""
        return _per_week(self.status_episodes[:, self.counted].sum(axis=1), self.weeks)

    @property
    def window_rates(self) -> NDArray[np.float64]:
        """False alert episodes a week in each window, [thresholds, windows]; NaN when nothing was judged."""
        return _per_week(self.episodes[..., self.counted].sum(axis=2), self.weeks)

    def least_thresholds(self, per_week: float) -> tuple[float, Mapping[str, float], tuple[str, ...]]:
        """Return what keeps the model within a budget of false episodes a week.

        The common threshold is the lowest of the grid, from the default of 0.2 on, at which most columns are quiet; columns
        that are not get the lowest one of their own at which each keeps its share of the budget.

        Returns:
            The common threshold, those of single columns, and the columns that no threshold keeps quiet.
        """
        weeks = max(self.weeks, 1e-9)
        levels = np.array(GRID)
        first = int(np.searchsorted(levels, 0.2))
        own = np.where(self.counted, self.status_episodes[1:], 0)
        quiet = [int(np.count_nonzero(row)) * 2 <= int(self.counted.sum()) for row in own[first:]]
        common = first + (quiet.index(True) if True in quiet else len(quiet) - 1)
        loud = np.flatnonzero(own[common] > 0)
        if float(own[common].sum()) / weeks <= per_week:
            return float(levels[common]), {}, ()
        share = per_week * weeks / max(len(loud), 1)
        raised: dict[str, float] = {}
        hopeless: list[str] = []
        for column in loud.tolist():
            fitting = np.flatnonzero(own[common:, column] <= share)
            if not len(fitting):
                hopeless.append(self.columns[column])
            elif fitting[0]:
                raised[self.columns[column]] = float(levels[common + fitting[0]])
        return float(levels[common]), raised, tuple(hopeless)


def backtest(
    reference: Reference, slots: SlotCounts, settings: ModelSettings, *, change: float | None = None
) -> Backtest:
    """Play *slots* against *reference*.

    Args:
        reference: what is compared with.
        slots: the logged rows; there must be some.
        settings: of the model; the time between two evaluations is a slot's.
        change: when a change is known to have begun, in seconds since 1970; None when none is known.
    """
    ring, evaluator = Ring(reference.profile.spec), Evaluator(reference, settings)
    empty, played = reference.profile.spec.zero(), None
    for slot in range(min(slots.profiles), max(slots.profiles) + 1):
        now = (slot + 1) * slots.seconds - 1e-3
        ring.add(slots.profiles.get(slot, empty), now)
        sums = collect(ring, (), now, past=slots.seconds >= HOUR_SECONDS or not int(now + 1) % HOUR_SECONDS)
        evaluation = evaluator.evaluate(sums)
        if played is None:
            played = _Played(evaluation, settings, slots.seconds)
        played.see(evaluation, before=change is None or now < change, change=change)
    assert played is not None
    return played.result()


class _Played:
    """Counts episodes while evaluations come in."""

    def __init__(self, first: Evaluation, settings: ModelSettings, seconds: float) -> None:
        windows, columns = first.alert.shape
        self._first, self._seconds = first, seconds
        self._levels = np.array(GRID)
        shape = (len(GRID) + 1, windows, columns)
        fixed = np.broadcast_to(self._levels[:, None, None], (len(GRID), windows, columns))
        # A slot's rows would all lie in a shorter window; the catch-all of the guarding window keeps its own threshold.
        whole = np.array([window.seconds >= seconds for window in first.windows])[:, None]
        own = np.where(whole, first.alert, np.inf)
        self._guard = np.isfinite(own) & np.isinf(first.warn)
        alert = np.concatenate([own[None], np.where(np.isfinite(first.warn) & whole, fixed, own)])
        self._own = own
        evidence = first.evidence_threshold[None, :, None]
        self._rule = Rule(np.full(shape, np.inf), alert, evidence, settings.drift.least_samples)
        self._hysteresis = Hysteresis(shape)
        self._on = np.zeros(shape, dtype=bool)
        self._status_on = np.zeros((shape[0], columns), dtype=bool)
        self._episodes = np.zeros(shape, dtype=np.int64)
        self._status_episodes = np.zeros((shape[0], columns), dtype=np.int64)
        self._delays = np.full(shape, np.nan)
        self._status_delays = np.full((shape[0], columns), np.nan)
        self._judged = np.zeros((windows, columns), dtype=np.int64)
        self._slots = 0

    def see(self, evaluation: Evaluation, *, before: bool, change: float | None) -> None:
        """Take one evaluation in; *before* says whether an alert in it is false."""
        scores = evaluation.scores
        deciding = (evaluation.judges | self._guard) & np.isfinite(self._own)
        samples = np.where(deciding, scores.samples, 0)
        status = self._hysteresis.update(self._rule, scores.debiased, scores.evidence, samples)
        on = status == ALERT
        status_on = on.any(axis=1)
        if before:
            self._episodes += on & ~self._on
            self._status_episodes += status_on & ~self._status_on
            self._judged += deciding
            self._slots += bool(deciding.any())
        elif change is not None:
            self._note(self._delays, on, evaluation.time - change)
            self._note(self._status_delays, status_on, evaluation.time - change)
        self._on, self._status_on = on, status_on

    @staticmethod
    def _note(delays: NDArray[np.float64], on: NDArray[np.bool_], delay: float) -> None:
        delays[on & np.isnan(delays)] = delay

    def result(self) -> Backtest:
        """Return what was counted."""
        return Backtest(
            (CALIBRATED, *(f"{level:g}" for level in GRID)),
            self._first.windows,
            tuple(column.name for column in self._first.columns),
            self._slots * self._seconds / WEEK_SECONDS,
            self._judged / max(self._slots, 1),
            self._episodes,
            self._status_episodes,
            self._delays,
            self._status_delays,
            self._own,
            self._first.weights > 0,
        )


def _per_week(episodes: NDArray[np.int64], weeks: float) -> NDArray[np.float64]:
    return episodes / weeks if weeks else np.full(episodes.shape, np.nan)
