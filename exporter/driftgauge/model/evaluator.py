"""Evaluator: sums of windows in, scores and statuses out; owns the statuses' memory (hysteresis, dispersion), nothing else.

Time: about 5 ms for 100 columns in six windows, in a few NumPy calls.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.config import ModelSettings
from driftgauge.drift import ALERT, OK, UNDECIDED, Hysteresis, JensenShannon, jensen_shannon_of_kinds
from driftgauge.drift.profiles import MEASURES
from driftgauge.drift.profiles import scores as scores_of
from driftgauge.model.column_settings import column_settings
from driftgauge.model.dispersion import trailing_dispersion
from driftgauge.model.evaluation import QUANTILES, ChangeScores, Evaluation
from driftgauge.model.judgement import Judgement
from driftgauge.model.measures import class_shares, facts
from driftgauge.model.sums import Trailing, WindowSums
from driftgauge.profile import WINDOWS, Reference, Window
from driftgauge.state import State

__all__ = ["Evaluator"]

Float64s = NDArray[np.float64]

#: the window that display measures and column facts are about, where it is evaluated: a day has every hour in it
STATUS_WINDOW = next(window for window in WINDOWS if window.name == "24h")


class Evaluator:
    """Scores a model's windows against its reference.

    Args:
        reference: what is compared with.
        settings: of the model.
        windows: what will be evaluated, such as one batch; those of traffic when None.
    """

    def __init__(
        self, reference: Reference, settings: ModelSettings, windows: tuple[Window, ...] | None = None
    ) -> None:
        if windows is None:
            windows = (*WINDOWS, *(Window.of_rows(rows) for rows in settings.count_windows))
        self._reference = reference
        self._settings = settings
        schema = reference.profile.spec.schema
        columns = column_settings(settings, schema.columns)
        self._weights = np.array([column.weight for column in columns])
        self._muted_until = np.array(
            [
                -np.inf if column.mute_until is None else datetime.combine(column.mute_until, time.min, UTC).timestamp()
                for column in columns
            ]
        )
        self._judgement = Judgement.of(settings, reference, windows)
        self._hysteresis = Hysteresis((len(windows), len(columns)))
        self._trailing = np.full((len(windows), len(columns)), np.nan)
        self._judging = np.zeros(len(windows), dtype=bool)
        self._changes: tuple[ChangeScores, ...] = ()

    def evaluate(self, sums: WindowSums) -> Evaluation:
        """Score all windows and move the statuses; once per tick."""
        judgement = self._judgement
        dispersion = _lent(np.fmax(judgement.dispersion, self._trailing), judgement.drives)
        scores = _scores(self._reference, sums, dispersion)
        judges = judgement.judges(sums.coverage, sums.spans, self._judging)
        self._judging = np.asarray(judges.any(axis=1))
        # What does not judge has no status, however it scores.
        samples = np.where(judges | judgement.guard, scores.samples, 0)
        window_status = self._hysteresis.update(judgement.rule, scores.debiased, scores.evidence, samples)
        deciding = np.where(judges | (window_status == ALERT), window_status, UNDECIDED)
        status = deciding.max(axis=0, initial=UNDECIDED)
        muted = sums.time < self._muted_until
        status[muted] = UNDECIDED
        window_status = np.where(muted, UNDECIDED, window_status).astype(np.int8)
        self._disperse(sums.trailing, scores, status)
        if sums.changes is not None:
            self._changes = tuple(
                ChangeScores(change.mode, change.window, scores_of(change.past, change.current))
                for change in sums.changes
            )
        shown = next((w for w in sums.windows if w.name == STATUS_WINDOW.name), sums.windows[-1])
        place = sums.windows.index(shown)
        current = sums.profiles[place]
        return Evaluation(
            sums.time,
            self._reference,
            sums.windows,
            sums.coverage,
            scores,
            judgement.warn,
            judgement.alert,
            judgement.evidence,
            judges,
            dispersion,
            window_status,
            status,
            self._undecided(status, scores, judges, muted),
            shown,
            {name: MEASURES[name](self._reference.profile, current) for name in self._settings.drift.measures},
            facts(self._reference.profile, current),
            class_shares(self._reference.profile, current),
            np.concatenate([profile.latency.quantiles(QUANTILES) for profile in sums.profiles]),
            current,
            self._weights,
            self._changes,
            hours=sums.hours[place] if sums.hours[place].any() else None,
            begun=sums.begun,
        )

    def freeze(self) -> State:
        """Return a copy of what earlier evaluations have left: statuses, and the scatter of past traffic."""
        return State(arrays={"trailing": self._trailing.copy()}, parts={"statuses": self._hysteresis.freeze()})

    def thaw(self, state: State) -> None:
        """Go on from what *state* says.

        Raises:
            StateError: it is of other windows or columns; nothing has changed.
        """
        trailing = state.array("trailing", np.float64, self._trailing.shape)
        self._hysteresis.thaw(state.part("statuses"))
        self._trailing = trailing.copy()

    def _undecided(
        self, status: NDArray[np.int8], scores: JensenShannon, judges: NDArray[np.bool_], muted: NDArray[np.bool_]
    ) -> tuple[str, ...]:
        """Say of every column why it has no status."""
        profile = self._reference.profile
        referenced = np.concatenate([profile.histogram.total, profile.categories.total]) > 0
        sampled = scores.samples.max(axis=0, initial=0) > 0
        drives = self._judgement.drives.any(axis=0)
        variable = self._judgement.too_variable.any(axis=0) & ~drives
        reasons = np.select(
            [status != UNDECIDED, muted, ~referenced, variable, ~drives, ~sampled, ~judges.any(axis=0)],
            ["", "muted", "no_reference", "too_variable", "no_window", "no_samples", "warming"],
            "too_few",
        )
        return tuple(reasons.tolist())

    def _disperse(self, trailing: dict[str, Trailing], scores: JensenShannon, status: NDArray[np.int8]) -> None:
        """Take the scatter of past traffic in, but not where it looks like drift: it would hide that.

        A column's very first figure is taken in any case: until then sessions look like drift.
        """
        if not trailing:
            return
        drives = self._judgement.drives
        calm = (status <= OK) & (scores.evidence < self._judgement.evidence[:, None] / 2)
        hours_known = self._reference.strata is not None
        # What moves from day to day is the thresholds' business; what a day's rows share within it, the factor's.
        sessions = _factors(trailing["15m"], by_hour=True)
        if np.isnan(sessions).any():  # too few rows in a quarter of an hour
            sessions = np.where(np.isnan(sessions), _factors(trailing["1h"], by_hour=True), sessions)
        known, found = np.zeros(drives.shape[1], dtype=bool), dict[tuple[str, bool], Float64s]()
        for row, window in enumerate(self._judgement.windows):
            if not drives[row].any():
                continue
            name = window.name if window.name in trailing else STATUS_WINDOW.name
            by_hour = hours_known and window.seconds < STATUS_WINDOW.seconds
            if (name, by_hour) not in found:  # the long windows share their blocks
                # The many short blocks tell the shape, the few as long as the window how much it scatters in all.
                found[name, by_hour] = np.fmax(_factors(trailing[name], by_hour=by_hour, shaped=False), sessions)
            factors = found[name, by_hour]
            known |= ~np.isnan(self._trailing[row])
            taken = drives[row] & ~np.isnan(factors) & (calm[row] | ~known)
            self._trailing[row, taken] = factors[taken]
            known |= taken


def _lent(factors: Float64s, drives: NDArray[np.bool_]) -> Float64s:
    """Return factors [windows, columns], 1 where nothing is known.

    What scatters within a short window scatters as much within a longer one, so none is below those of the shorter
    windows that judge.
    """
    known, shorter = factors.copy(), np.ones(factors.shape[1])
    for row, judging in zip(known, drives, strict=True):
        row[:] = np.fmax(row, shorter)
        shorter = np.where(judging, row, shorter)
    return known


def _factors(blocks: Trailing, *, by_hour: bool = False, shaped: bool = True) -> Float64s:
    """Return the dispersion of every column; *by_hour*, blocks are compared with those of the same hour only."""
    return np.concatenate(
        [
            trailing_dispersion(counts, blocks.hours if by_hour else None, shaped=shaped)
            for counts in (blocks.numeric, blocks.categorical)
        ]
    )


def _scores(reference: Reference, sums: WindowSums, dispersion: Float64s) -> JensenShannon:
    """Score every window and column, [windows, columns]; with strata against the hours that the window has."""
    numeric = np.stack([profile.histogram.counts for profile in sums.profiles])
    categorical = np.stack([profile.categories.counts for profile in sums.profiles])
    expected: tuple[Float64s | Counts, Float64s | Counts]
    expected = reference.profile.histogram.counts, reference.profile.categories.counts
    if reference.strata is not None:
        weighted = [reference.strata.weighted(shares) for shares in sums.hours]
        expected = np.stack([part[0] for part in weighted]), np.stack([part[1] for part in weighted])
    return jensen_shannon_of_kinds((expected[0], numeric), (expected[1], categorical), dispersion=dispersion)
