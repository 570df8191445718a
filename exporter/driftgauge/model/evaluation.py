"""What one evaluation of a model found, and what can be told of a model at any time: immutable records.

Arrays are [windows, columns] or [columns]; columns are in the order of the reference's schema, windows as in `WINDOWS`.
NaN means undefined, and nothing is published for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import UNDECIDED, JensenShannon, RateRatio, StuckValues
from driftgauge.model.anomalies import AnomalyScores
from driftgauge.model.clients import ClientCounts
from driftgauge.model.embeddings import EmbeddingChange, EmbeddingScores
from driftgauge.model.generations import GenerationCounts
from driftgauge.model.label_view import LabelView
from driftgauge.model.level_watch import LevelView
from driftgauge.model.performance import Performance
from driftgauge.model.recent import RecentCounts
from driftgauge.model.tokens import TokenScores
from driftgauge.profile import ColumnSchema, Profile, Reference, Window

__all__ = [
    "AGAINST",
    "LATENCY_BUCKETS",
    "QUANTILES",
    "ChangeScores",
    "ClassShares",
    "Counters",
    "Evaluation",
    "ModelView",
    "SegmentScores",
    "StuckScores",
]

Float64s = NDArray[np.float64]

#: what a segment is compared with: its own past, or the reference's same segment
AGAINST = ("past", "reference")

#: levels of the published latency quantiles
QUANTILES = (0.5, 0.95, 0.99)

#: upper bounds of the classic latency histogram in seconds: 1-2.5-5 from 1 ms to 1 minute, what SLOs are written in
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class ClassShares:
    """Shares of an output's classes in the status window, and the rate ratio of the rare ones (NaN for the others)."""

    column: ColumnSchema
    classes: tuple[str, ...]
    ratios: Float64s
    rates: RateRatio


@dataclass(frozen=True, slots=True)
class ChangeScores:
    """Scores of the newest traffic against the model's own past: a sudden change, never drift.

    `mode` names the past: `same_hour_7d` (the same hour of the seven days before), `previous_window` (the day before).
    """

    mode: str
    window: Window
    scores: JensenShannon


@dataclass(frozen=True, slots=True)
class SegmentScores:
    """Scores of the last day of every segment.

    Attributes:
        names: `field=value`, in the order of the arrays.
        against: what each is compared with, one of `AGAINST`.
        columns: the judged ones, in the order of the arrays.
        scores: arrays [segments, columns].
        status: -1 to 2, [segments, columns].
        evidence_threshold: evidence that a status needs.
    """

    names: tuple[str, ...]
    against: tuple[str, ...]
    columns: tuple[ColumnSchema, ...]
    scores: JensenShannon
    status: NDArray[np.int8]
    evidence_threshold: float


@dataclass(frozen=True, slots=True)
class StuckScores:
    """Whether one value stays in a column, as of the last full hour; all arrays are [columns].

    Attributes:
        found: how much of one value there is in most hours, and how sure that is.
        warn: threshold of the ratio; infinite where the reference does not calibrate it.
        alert: threshold of the ratio; likewise.
        evidence_threshold: evidence that a status needs.
        status: -1 to 2.
        scored: the columns' statuses by their scores alone.
    """

    found: StuckValues
    warn: Float64s
    alert: Float64s
    evidence_threshold: float
    status: NDArray[np.int8]
    scored: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Evaluation:
    """The scores of all windows at one time, and the statuses that follow.

    Attributes:
        time: of the evaluation, seconds since 1970, on the model's clock.
        reference: what was compared with.
        windows: the windows, shortest first.
        coverage: observed share of each window's length or rows, [windows].
        scores: Jensen-Shannon scores, arrays [windows, columns].
        warn: threshold of each score, [windows, columns]; infinite where a window does not warn.
        alert: threshold of each score, [windows, columns].
        evidence_threshold: evidence that a status of each window needs, [windows].
        judges: which windows drive which columns' status now, [windows, columns].
        dispersion: factor by which scores scatter more widely than independent rows, >= 1, [windows, columns].
        window_status: status of each score with its hysteresis, -1 to 2, [windows, columns].
        status: the columns' own status over the judging windows, or that of a stuck value, -1 to 2, [columns].
        undecided: why a column's status is -1; "" where it is not.
        status_window: the window that display measures and column facts are about.
        measures: further measures on the status window by their name in `config.MEASURES`, each [columns].
        facts: mean, stddev_ratio, missing_ratio, out_of_range_ratio, unseen_ratio on the status window, each [columns].
        classes: shares of the classes of categorical outputs in the status window.
        latency: quantiles of the request duration, [windows, len(QUANTILES)].
        current: the status window's profile.
        weights: of the columns in the model's verdict, [columns].
        changes: scores against the model's own past.
        segments: scores of parts of the traffic; None where none are configured.
        performance: estimates without labels; None where the reference has too few labelled rows.
        log_e: natural logarithm of the e-CUSUM of each column, [columns]; None where it is not wanted.
        embeddings: distances of the mean embeddings; None where the reference has none.
        tokens: distances of the tokens of texts; None where the reference has none.
        embedding_changes: distances of the mean embeddings from the model's own past; empty before the first full hour.
        hours: share of the status window's rows in each hour of day (UTC), [24]; None where rows have no times.
        begun: time of the first row that was counted; None where rows have no times.
        levels: series of the model as a whole, as the detectors of changes see them; empty where none is wanted.
        stuck: whether one value stays; None before the first full hour, and where no column has values of its own.
        anomalies: shares of the rows beyond the detector's threshold; None where the reference has no detector.
    """

    time: float
    reference: Reference
    windows: tuple[Window, ...]
    coverage: Float64s
    scores: JensenShannon
    warn: Float64s
    alert: Float64s
    evidence_threshold: Float64s
    judges: NDArray[np.bool_]
    dispersion: Float64s
    window_status: NDArray[np.int8]
    status: NDArray[np.int8]
    undecided: tuple[str, ...]
    status_window: Window
    measures: Mapping[str, Float64s]
    facts: Mapping[str, Float64s]
    classes: tuple[ClassShares, ...]
    latency: Float64s
    current: Profile
    weights: Float64s
    changes: tuple[ChangeScores, ...] = ()
    segments: SegmentScores | None = None
    performance: Performance | None = None
    embeddings: EmbeddingScores | None = None
    tokens: TokenScores | None = None
    log_e: Float64s | None = None
    levels: tuple[LevelView, ...] = ()
    stuck: StuckScores | None = None
    anomalies: AnomalyScores | None = None
    embedding_changes: tuple[EmbeddingChange, ...] = ()
    hours: Float64s | None = None
    begun: float | None = None

    @property
    def judging(self) -> NDArray[np.bool_]:
        """Windows that drive the status of some column now, [windows]."""
        return np.asarray(self.judges.any(axis=1))

    @property
    def verdict(self) -> int:
        """The worst status of the columns that have a weight, -1 to 2."""
        return int(self.status[self.weights > 0].max(initial=UNDECIDED))

    @property
    def columns(self) -> tuple[ColumnSchema, ...]:
        """The columns, in the order of the arrays."""
        return self.reference.profile.spec.schema.columns


@dataclass(frozen=True, slots=True)
class Counters:
    """What a model has counted since it was registered.

    Attributes:
        requests: inference requests.
        failures: failed ones by reason.
        predictions: rows predicted.
        latency_counts: requests per bucket of `LATENCY_BUCKETS` and beyond, not cumulative.
        latency_sum: seconds.
        late: rows left out because of their event time, by reason (`late`, `future`).
        violations: values that broke the schema, by (column, reason).
        last_observation: time of the newest observation; None before the first.
        clients: what client processes report of themselves; None where none ever has.
        generations: of a language model; None before its first.
        suppressed_segments: rows whose segment is not told apart, by field.
        tensor_rows: rows of pictures and sequences by result; none before the first.
        hour: what the last hour held.
        minutes: what the last five minutes held.
    """

    requests: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    predictions: int = 0
    latency_counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(LATENCY_BUCKETS) + 1, dtype=np.int64)
    )
    latency_sum: float = 0.0
    late: Mapping[str, int] = field(default_factory=dict)
    violations: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_observation: float | None = None
    clients: ClientCounts | None = None
    generations: GenerationCounts | None = None
    suppressed_segments: Mapping[str, int] = field(default_factory=dict)
    tensor_rows: Mapping[str, int] = field(default_factory=dict)
    hour: RecentCounts = field(default_factory=RecentCounts)
    minutes: RecentCounts = field(default_factory=RecentCounts)


@dataclass(frozen=True, slots=True)
class ModelView:
    """All that can be told of one version of a model at one time.

    Attributes:
        name: of the model.
        version: of the model.
        state: `learning`, `ready` or `no_reference` (a profile is configured and cannot be read).
        mode: `file`, `learned` or `accepted`: where the reference comes from.
        counters: since registration.
        learned_rows: rows learned from so far, and the number wanted.
        reference: None while there is none.
        total: everything counted against the reference since it was set; None without one.
        evaluation: the last one; None before the first.
        settings: the model's settings (`config.ModelSettings`).
        previous: the reference before the one that was accepted; None where none was.
        labels: what labels say; None where neither ids nor labels have come.
        anomaly_rows: rows by what became of them when anomalies were looked for (`anomalies.RESULTS`).
    """

    name: str
    version: str
    state: str
    mode: str
    counters: Counters
    learned_rows: tuple[int, int]
    reference: Reference | None
    total: Profile | None
    evaluation: Evaluation | None
    settings: Any
    previous: Reference | None = None
    labels: LabelView | None = None
    anomaly_rows: Mapping[str, int] = field(default_factory=dict)
