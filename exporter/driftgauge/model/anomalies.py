"""Anomalies of a model's rows: which rows are scored, and how many are beyond the reference's threshold.

A bounded sample of the rows waits, at most a second's budget; whoever drives the model scores it where nothing has to wait for
that, and hands the scores back. They are counted at the time of their rows, in the column of the profile, so that windows,
thresholds and evidence are those of any column.

Memory: a sample of a second, 8 bytes a value. Time: sampling 50 ns a row; scoring see `derive.forest` and its neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift.excess import excess_evidence
from driftgauge.model.timeline import SLOT_SECONDS
from driftgauge.profile import Block, Profile, ProfileSpec
from driftgauge.profile.scoring import AnomalyColumn

__all__ = ["RESULTS", "AnomalySample", "AnomalyScores", "Waiting", "anomaly_scores"]

Float64s = NDArray[np.float64]

#: what becomes of a row: it has a score, the budget left it out, or it has no value that could be scored
RESULTS = ("scored", "not_sampled", "unusable")


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Rows that are to be scored.

    Attributes:
        column: how.
        values: [rows, inputs].
        times: of the rows, [rows].
    """

    column: AnomalyColumn
    values: Float64s
    times: Float64s

    def scores(self) -> NDArray[np.float32]:
        """Return the scores; NaN for rows of which nothing is known."""
        return self.column.scores(self.values)


class AnomalySample:
    """Rows that wait, a uniform sample of those that came since the last were taken.

    Args:
        spec: with a detector.
        rows: that wait at most.
        counts: of rows by what became of them, `RESULTS`; added to.
    """

    def __init__(self, spec: ProfileSpec, rows: int, counts: Counter[str]) -> None:
        assert spec.scoring is not None
        self._spec, self._column, self._size, self._counts = spec, spec.scoring, rows, counts
        self._values = np.empty((rows, len(spec.scoring.inputs)))
        self._times = np.empty(rows)
        self._rng = np.random.default_rng(0)
        self._seen = 0

    def add(self, block: Block, time: float) -> None:
        """Take rows of one minute in; those without inputs say nothing."""
        rows = np.flatnonzero(~block.absent[0])
        number = np.arange(self._seen, self._seen + len(rows))
        self._seen += len(rows)
        # Row i takes the place of an earlier one with the probability size / (i + 1): Vitter's algorithm R.
        place = np.where(number < self._size, number, self._rng.integers(0, number + 1))
        kept = place < self._size
        self._values[place[kept]] = self._column.values(block.narrow, block.wide, rows[kept])
        self._times[place[kept]] = time

    def take(self) -> Waiting | None:
        """Return what waits, and begin anew; None when nothing does."""
        held = min(self._seen, self._size)
        self._counts["not_sampled"] += self._seen - held
        self._seen = 0
        return Waiting(self._column, self._values[:held].copy(), self._times[:held].copy()) if held else None

    def counted(self, waiting: Waiting, scores: NDArray[np.float32]) -> Iterator[tuple[Profile, float]]:
        """Yield the counts of *scores*, minute by minute, each with a time in it."""
        known = ~np.isnan(scores)
        self._counts["scored"] += int(np.count_nonzero(known))
        self._counts["unusable"] += int(np.count_nonzero(~known))
        minutes = waiting.times[known] // SLOT_SECONDS
        for minute in np.unique(minutes):
            yield self._spec.of_scores(scores[known][minutes == minute]), float(minute * SLOT_SECONDS)


@dataclass(frozen=True, slots=True)
class AnomalyScores:
    """Rows beyond the threshold, arrays [windows]; NaN where nothing was scored.

    Attributes:
        ratio: their share of the scored rows.
        evidence: -log10 of the probability of such a share without a rise, 0 to 300.
        samples: scored rows.
        reference_ratio: the share in the reference.
    """

    ratio: Float64s
    evidence: Float64s
    samples: NDArray[np.int64]
    reference_ratio: float


def anomaly_scores(reference: Profile, windows: Sequence[Profile], dispersion: Float64s) -> AnomalyScores | None:
    """Compare the windows' anomalies with the reference's; None where it has no detector.

    Args:
        reference: with a detector, or without.
        windows: counted with its spec.
        dispersion: factor by which columns scatter more widely than independent rows, [windows, columns].
    """
    column = reference.spec.scoring
    if column is None:
        return None
    usual = column.beyond(reference.histogram)
    found = np.array([column.beyond(window.histogram) for window in windows], dtype=np.int64).reshape(-1, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = found[:, 0] / found[:, 1]
    # Rows that come together, as sessions do, count for fewer.
    evidence = [
        excess_evidence(*usual, int(beyond), int(scored)) / max(float(factor), 1.0)
        for (beyond, scored), factor in zip(found, dispersion[:, column.place], strict=True)
    ]
    reference_ratio = usual[0] / usual[1] if usual[1] else float("nan")
    return AnomalyScores(ratio, np.array(evidence), found[:, 1].copy(), reference_ratio)
