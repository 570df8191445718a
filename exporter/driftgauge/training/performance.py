"""A monitor for notebooks and jobs: the exporter's engine in the process itself, without a server and without Prometheus.

    monitor = PerformanceMonitor()
    monitor.track_prediction("fraud", prediction, latency=0.004, metadata={"amount": 12.5})
    report = monitor.detect_drift("fraud", window_size=500, threshold=0.2)

The first predictions of a model become its reference, unless it was given one; later ones are compared with it over the
last `window_size`. Metadata are the inputs, one number or text a name. Memory: the counts of the last 100 blocks of 100
rows (1 MB a model with 20 columns) and three numbers for each of the last 10,000 predictions, no inputs. Safe to call from several threads.
Time: 10 us a prediction.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftgauge.drift import judge
from driftgauge.drift.profiles import scores as scores_of
from driftgauge.drift.status import WARN, Rule
from driftgauge.profile import Reference
from driftgauge.training.dataset_profile import DatasetProfile
from driftgauge.training.tracked import LATENCIES, Tracked

__all__ = ["DriftReport", "PerformanceMonitor", "PerformanceSummary"]

#: models at most; each has counts of its own
MOST_MODELS = 100
_EVIDENCE = 3.0


@dataclass(frozen=True, slots=True)
class PerformanceSummary:
    """How a model did over the last predictions; NaN where nothing is known.

    Attributes:
        predictions: tracked since the beginning.
        samples: that the figures below rest on, at most.
        p50: median latency in seconds.
        p95: 95th percentile.
        p99: 99th percentile.
        mean: mean latency in seconds.
        throughput: predictions a second, over the time from the first to the last of them.
        error_rate: share that failed.
    """

    predictions: int
    samples: int
    p50: float
    p95: float
    p99: float
    mean: float
    throughput: float
    error_rate: float


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Whether the last predictions differ from the reference.

    Attributes:
        has_drift: some score reached the threshold, and chance is ruled out.
        drift_score: the largest debiased score that counts; 0 where none does.
        affected_metrics: columns that drift, the most first.
        scores: debiased score of every column.
        evidence: of every column, -log10 of the probability without drift.
        samples: predictions that were compared.
        reason: why nothing could be said: `learning`, `too_few`; empty where it could.
    """

    has_drift: bool
    drift_score: float
    affected_metrics: tuple[str, ...]
    scores: Mapping[str, float]
    evidence: Mapping[str, float]
    samples: int
    reason: str = ""


class PerformanceMonitor:
    """Watches models in this process.

    Args:
        reference_size: predictions that become a model's reference where it was given none.
        references: profiles to compare with, by name of the model: of `compute_dataset_profile`, or read from a file.

    >>> monitor = PerformanceMonitor(reference_size=200)
    >>> for i in range(400):
    ...     monitor.track_prediction("fraud", i % 3 == 0, latency=0.01, metadata={"amount": float(i % 50)})
    >>> monitor.detect_drift("fraud", window_size=200).has_drift
    False
    """

    def __init__(
        self, *, reference_size: int = 1_000, references: Mapping[str, DatasetProfile | Reference] | None = None
    ) -> None:
        if reference_size < 100:
            raise ValueError(f"reference_size: expected 100 predictions or more, got {reference_size}")
        self._reference_size = reference_size
        self._references = {
            name: given.reference if isinstance(given, DatasetProfile) else given
            for name, given in (references or {}).items()
        }
        self._models: dict[str, Tracked] = {}
        self._lock = threading.Lock()

    def track_prediction(
        self,
        model_name: str,
        prediction: Any = None,
        latency: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        error: bool = False,
        proba: Any = None,
    ) -> None:
        """Take one prediction in.

        Args:
            model_name: of the model.
            prediction: a class or a number; None where there is none.
            latency: seconds.
            metadata: inputs and other facts, numbers or texts by name; other values count as missing.
            error: whether the inference failed; it has no prediction then.
            proba: class probabilities, whose confidence is watched too.

        Raises:
            ValueError: there are too many models.
        """
        with self._lock:
            known = self._models.get(model_name)
            if known is None:
                if len(self._models) >= MOST_MODELS:
                    raise ValueError(f"model {model_name!r}: {MOST_MODELS} models are tracked already")
                known = self._models[model_name] = Tracked(self._reference_size, self._references.get(model_name))
            known.track(None if error else prediction, latency, metadata or {}, None if error else proba, error=error)

    def detect_drift(self, model_name: str, window_size: int = 500, threshold: float = 0.2) -> DriftReport:
        """Compare the last predictions with the reference.

        Args:
            model_name: of the model.
            window_size: predictions, 10,000 at most; they are counted a hundred at a time, so a window is rounded up to that.
            threshold: debiased Jensen-Shannon distance from which on a column drifts.

        Raises:
            KeyError: no prediction of the model was tracked.
            ValueError: the window or the threshold is none.
        """
        if window_size < 1 or not 0 < threshold <= 1:
            raise ValueError(f"expected window_size >= 1 and 0 < threshold <= 1, got {window_size} and {threshold}")
        with self._lock:
            tracked = self._tracked(model_name)
            reference = tracked.reference
            if reference is None:
                return DriftReport(False, 0.0, (), {}, {}, 0, "learning")
            current = tracked.window(window_size)
        found = scores_of(reference.profile, current)
        names = [column.name for column in reference.profile.spec.schema.columns]
        needed = _EVIDENCE + math.log10(max(len(names), 1))
        status = judge(
            Rule(warn=threshold, alert=threshold, evidence=needed), found.debiased, found.evidence, found.samples
        )
        affected = sorted(
            (place for place in range(len(names)) if status[place] >= WARN), key=lambda place: -found.debiased[place]
        )
        samples = int(current.rows[0])
        return DriftReport(
            bool(affected),
            max((float(found.debiased[place]) for place in affected), default=0.0),
            tuple(names[place] for place in affected),
            dict(zip(names, found.debiased.tolist(), strict=True)),
            dict(zip(names, found.evidence.tolist(), strict=True)),
            samples,
            "too_few" if bool((status < 0).all()) else "",
        )

    def summary(self, model_name: str) -> PerformanceSummary:
        """Return latency, throughput and errors of a model's last predictions (10,000 at most).

        Raises:
            KeyError: no prediction of the model was tracked.
        """
        with self._lock:
            tracked = self._tracked(model_name)
            latencies = np.array(tracked.latencies)
            times, failed = np.array(tracked.times), np.array(tracked.failed)
            total = tracked.total
        p50, p95, p99 = np.quantile(latencies, (0.5, 0.95, 0.99)).tolist() if len(latencies) else (math.nan,) * 3
        span = float(times[-1] - times[0]) if len(times) > 1 else 0.0
        return PerformanceSummary(
            total,
            min(total, LATENCIES),
            p50,
            p95,
            p99,
            float(latencies.mean()) if len(latencies) else math.nan,
            (len(times) - 1) / span if span > 0 else math.nan,
            float(failed.mean()) if len(failed) else math.nan,
        )

    def reference(self, model_name: str) -> Reference | None:
        """Return what a model is compared with, to be written as a profile; None while it is learned."""
        with self._lock:
            return self._tracked(model_name).reference

    def _tracked(self, name: str) -> Tracked:
        if name not in self._models:
            raise KeyError(f"no prediction of model {name!r} was tracked, only of {sorted(self._models)}")
        return self._models[name]
