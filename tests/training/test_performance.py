"""The monitor in the process."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge import PerformanceMonitor, compute_dataset_profile
from driftgauge.training.tracked import BLOCK_ROWS, BLOCKS, Tracked
from tests.training.data import TABULAR, people


def fed(monitor, rows, seed, *, shift=0.0, name="m"):
    rng = np.random.default_rng(seed)
    for _ in range(rows):
        amount = rng.normal(50 + shift, 10)
        monitor.track_prediction(name, int(amount > 50), latency=rng.gamma(2.0, 0.005), metadata={"amount": amount})


def test_drift_is_reported_with_what_drifts():
    """After a shift of the inputs the report names the input and the prediction that follows it, not the latency."""
    monitor = PerformanceMonitor(reference_size=1_000)
    fed(monitor, 1_500, 1)
    before = monitor.detect_drift("m", window_size=500, threshold=0.2)
    assert (before.has_drift, before.drift_score, before.affected_metrics, before.reason) == (False, 0.0, (), "")
    assert before.samples == 500
    fed(monitor, 500, 2, shift=10)
    report = monitor.detect_drift("m", window_size=500, threshold=0.2)
    assert report.has_drift
    assert report.drift_score > 0.3
    assert set(report.affected_metrics) == {"amount", "prediction"}
    assert report.evidence["latency"] < 4


def test_the_window_forgets():
    """Only the last predictions are compared, and a higher threshold is reached by less."""
    monitor = PerformanceMonitor(reference_size=500)
    fed(monitor, 500, 1)
    fed(monitor, 500, 2, shift=20)
    fed(monitor, 300, 3)
    assert not monitor.detect_drift("m", window_size=300).has_drift
    assert monitor.detect_drift("m", window_size=800).has_drift
    assert not monitor.detect_drift("m", window_size=800, threshold=0.99).has_drift


def test_it_says_when_it_cannot_tell():
    """While the reference is learned, and with few predictions after it, there is no drift and a reason."""
    monitor = PerformanceMonitor(reference_size=300)
    fed(monitor, 200, 1)
    assert monitor.detect_drift("m").reason == "learning"
    assert monitor.reference("m") is None
    fed(monitor, 150, 2)
    assert monitor.detect_drift("m").reason == "too_few"
    with pytest.raises(KeyError, match="no prediction of model 'x' was tracked"):
        monitor.detect_drift("x")
    with pytest.raises(ValueError, match="window_size"):
        monitor.detect_drift("m", 0)
    with pytest.raises(ValueError, match="reference_size"):
        PerformanceMonitor(reference_size=3)


def test_latency_throughput_and_errors():
    """Quantiles, mean, throughput and the error rate are those of what was tracked."""
    monitor = PerformanceMonitor()
    ticks = iter(np.arange(0, 1e6, 0.25).tolist())
    monitor._models["m"] = Tracked(1_000, clock=lambda: next(ticks))
    for number in range(1, 101):
        monitor.track_prediction("m", 1, latency=number / 100, error=number % 10 == 0)
    found = monitor.summary("m")
    assert (found.p50, found.p99) == pytest.approx((0.505, 0.9901))
    assert found.p95 == pytest.approx(np.quantile(np.arange(1, 101) / 100, 0.95))
    assert (found.mean, found.throughput, found.error_rate) == pytest.approx((0.505, 4.0, 0.1))
    assert found.predictions == found.samples == 100
    monitor.track_prediction("silent", 1)
    assert math.isnan(monitor.summary("silent").p50)


def test_a_profile_is_the_reference():
    """Compared with a data set's profile nothing has to be learned."""
    profile = compute_dataset_profile(people(1_000, 1), TABULAR)
    monitor = PerformanceMonitor(references={"credit": profile})
    for row in people(400, 2, older=10):
        monitor.track_prediction("credit", row["label"], metadata={"age": row["age"], "plan": row["plan"]})
    assert monitor.detect_drift("credit", 400).affected_metrics == ("age",)


def test_memory_is_bounded():
    """However many predictions are tracked, and whatever they carry, what is kept has a limit."""
    tracked = Tracked(100)
    for number in range(BLOCKS * BLOCK_ROWS + 5_000):
        tracked.track(number % 3, 0.1, {"x": float(number % 7)}, None, error=False)
    assert len(tracked._blocks) == BLOCKS
    assert len(tracked._rows) < BLOCK_ROWS
    assert len(tracked.latencies) == len(tracked.times) == 10_000
    monitor = PerformanceMonitor()
    for number in range(100):
        monitor.track_prediction(f"m{number}", 1)
    with pytest.raises(ValueError, match="100 models are tracked already"):
        monitor.track_prediction("one too many", 1)


def test_confidence_is_watched():
    """Class probabilities become columns of confidence, whose fall is drift."""
    monitor = PerformanceMonitor(reference_size=500)
    rng = np.random.default_rng(3)
    for sharpness in (0.2, 2.0):
        for _ in range(500):
            proba = rng.dirichlet(np.full(4, sharpness))
            monitor.track_prediction("m", int(proba.argmax()), proba=proba, metadata={"odd": object()})
    assert "confidence.top1" in monitor.detect_drift("m").affected_metrics
