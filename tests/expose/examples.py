"""Views made by hand, so that a scrape of them changes only when the exposition does.

`python -m tests.expose.examples` writes golden.prom anew; look at the difference before you keep it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Categories
from driftgauge.config import DriftSettings, LatencySettings, ModelSettings, SegmentSettings
from driftgauge.drift import JensenShannon, RateRatio, StuckValues
from driftgauge.expose import CLASSIC, CheckpointView, ExporterView, Exposition, ListenerView, StatusFileView
from driftgauge.expose.proxy import ProxyView
from driftgauge.model import (
    ChangeScores,
    ClassShares,
    ClientCounts,
    Counters,
    Durations,
    Evaluation,
    GenerationCounts,
    ModelView,
    SegmentScores,
    StuckScores,
)
from driftgauge.model.clients import EXITS
from driftgauge.profile import ColumnSchema, ProfileSpec, Provenance, Reference, Schema, Window
from driftgauge.report import DROPS
from driftgauge.sketch import CategorySpec, HistogramSpec

GOLDEN = Path(__file__).parent / "golden.prom"

AGE = ColumnSchema("age", "input", "numeric", wide=True)
PLAN = ColumnSchema("plan", "input", "categorical")
PREDICTION = ColumnSchema("prediction", "output", "categorical")
HOUR, DAY = Window(3600, "1h"), Window(86_400, "24h")

SPEC = ProfileSpec(
    Schema.of([AGE, PLAN, PREDICTION]),
    HistogramSpec.plain([[30.0, 40.0, 50.0]]),
    CategorySpec((("basic", "plus", "pro"), ("ok", "fraud")), ((), ()), (True, True)),
)


def batch(rows: int, *, shift: float = 0.0) -> Batch:
    """Make rows that are a function of their number."""
    number = np.arange(rows)
    return Batch(
        rows,
        inputs={
            "age": np.where(number % 20 == 0, np.nan, 20.0 + number % 50 + shift),
            "plan": Categories((number % 3).astype(np.int32), ("basic", "plus", "pro")),
        },
        outputs={"prediction": Categories((number % 25 == 0).astype(np.int32), ("ok", "fraud"))},
    )


def reference(rows: int = 1_000) -> Reference:
    """Make a reference of the three columns."""
    return Reference(SPEC.of(batch(rows)), Provenance("train.csv", 1_789_000_000.5))


def evaluation(of: Reference) -> Evaluation:
    """Make the evaluation of two windows: age alerts, plan warns, the prediction cannot be judged."""
    nan = np.nan
    debiased = np.array([[0.25, 0.05, nan], [0.31, 0.123456789, 0.01]])
    return Evaluation(
        time=1_790_000_000.0,
        reference=of,
        windows=(HOUR, DAY),
        coverage=np.array([1.0, 0.5]),
        scores=JensenShannon(
            score=debiased + 0.02,
            noise_floor=np.array([[0.02, 0.02, nan], [0.01, 0.01, 0.01]]),
            debiased=debiased,
            evidence=np.array([[12.0, 0.5, nan], [300.0, 7.25, 0.0]]),
            samples=np.array([[500.0, 500.0, 0.0], [12_345_678.0, 9_000.0, 50.0]]),
        ),
        warn=np.broadcast_to(np.array([[np.inf], [0.1]]), (2, 3)),
        alert=np.broadcast_to(np.array([[0.4], [0.2]]), (2, 3)),
        evidence_threshold=np.array([6.5, 6.0]),
        judges=np.array([[False] * 3, [True] * 3]),
        dispersion=np.array([[1.0, 1.0, 1.0], [1.5, 1.0, 1.0]]),
        window_status=np.array([[0, 0, -1], [2, 1, -1]], dtype=np.int8),
        status=np.array([2, 1, -1], dtype=np.int8),
        undecided=("", "", "too_few"),
        status_window=DAY,
        measures={
            "psi": np.array([0.61, 0.1, 2e-5]),
            "kl_bits": np.array([0.42, 0.07, 1e-7]),
            "ks": np.array([0.3, nan, nan]),
            "wasserstein_sigma": np.array([1.1, nan, nan]),
            "chi2": np.array([1_234_567.891, 80.0, 1.5]),
            "mean_shift_sigma": np.array([-1.05, nan, nan]),
        },
        facts={
            "mean": np.array([52.123456789, nan, nan]),
            "stddev_ratio": np.array([1.25, nan, nan]),
            "missing_ratio": np.array([0.05, 0.0, 0.0]),
            "out_of_range_ratio": np.array([0.02, nan, nan]),
            "unseen_ratio": np.array([nan, 0.001, 0.0]),
        },
        classes=(
            ClassShares(
                PREDICTION,
                ("ok", "fraud", "_other"),
                np.array([0.9, 0.1, 0.0]),
                RateRatio(np.array([nan, 2.5, nan]), np.array([nan, 4.0, nan])),
            ),
        ),
        latency=np.array([[nan, nan, nan], [0.01, 0.05, 0.123456789]]),
        current=SPEC.of(batch(200, shift=5.0)),
        weights=np.array([1.0, 0.5, 1.0]),
        stuck=StuckScores(
            StuckValues(
                np.array([nan, 0.1234, 0.0]),
                np.array([nan, 7.5, 0.0]),
                np.array([-1, 2, -1]),
                np.array([0, 70, 70]),
            ),
            np.array([np.inf, 0.1, np.inf]),
            np.array([np.inf, 0.15, np.inf]),
            4.25,
            np.array([-1, 1, -1], dtype=np.int8),
            np.array([2, 1, -1], dtype=np.int8),
        ),
        changes=(
            ChangeScores(
                "same_hour_7d",
                HOUR,
                JensenShannon(
                    score=np.array([0.12, 0.05, nan]),
                    noise_floor=np.array([0.03, 0.03, nan]),
                    debiased=np.array([0.11, 0.0, nan]),
                    evidence=np.array([6.5, 0.25, nan]),
                    samples=np.array([500.0, 500.0, 0.0]),
                ),
            ),
        ),
    )


def segments() -> SegmentScores:
    """Make the scores of two segments of two columns: one of them warns, the other cannot be judged."""
    debiased = np.array([[0.15, 0.0], [np.nan, np.nan]])
    return SegmentScores(
        ("country=de", "country=_other"),
        ("reference", "past"),
        (AGE, PREDICTION),
        JensenShannon(
            score=debiased + 0.02,
            noise_floor=debiased * 0 + 0.02,
            debiased=debiased,
            evidence=np.array([[9.5, 0.25], [np.nan, np.nan]]),
            samples=np.array([[5_000.0, 5_000.0], [12.0, 12.0]]),
        ),
        np.array([[1, 0], [-1, -1]], dtype=np.int8),
        6.5,
    )


def view(**changes: Any) -> ModelView:
    """Make the view of a model that has everything."""
    of = reference()
    made = ModelView(
        name="fraud",
        version="3",
        state="ready",
        mode="file",
        counters=Counters(
            requests=1_234_567,
            failures={"timeout": 3},
            predictions=2_000_000,
            latency_counts=np.array([0, 0, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            latency_sum=75.125,
            late={"late": 2},
            violations={("age", "wrong_type"): 4, ("colour", "unknown_column"): 1},
            last_observation=1_790_000_123.456,
            clients=ClientCounts(
                2,
                0.1,
                3,
                dict.fromkeys(DROPS, 0) | {"unsent": 7},
                dict.fromkeys(DROPS, 0) | {"refused": 1},
                dict.fromkeys(EXITS, 0) | {"silent": 1},
            ),
            suppressed_segments={"country": 12},
            tensor_rows={"reduced": 640, "not_sampled": 32},
        ),
        learned_rows=(0, 0),
        reference=of,
        total=SPEC.of(batch(300, shift=5.0)),
        evaluation=replace(evaluation(of), segments=segments()),
        settings=ModelSettings(
            name="fraud",
            segments=SegmentSettings(fields=("country",), columns=("age", "prediction")),
            drift=DriftSettings(fleet_bins=2),
            latency=LatencySettings(warn_seconds=0.1, alert_seconds=0.25),
        ),
    )
    return replace(made, **changes)


def generating(**changes: Any) -> ModelView:
    """Make the view of a language model that is to learn its reference."""
    first, output = np.zeros(23, dtype=np.int64), np.zeros(20, dtype=np.int64)
    first[8], first[9], output[1] = 2, 1, 3
    counts = GenerationCounts(
        {"prompt": 1_200, "completion": 345},
        {"stop": 2, "length": 1},
        {"text": 2, "refusal": 1},
        Durations(first, 0.75),
        Durations(output, 0.0625),
    )
    made = learning(name="chat", counters=Counters(requests=3, predictions=3, generations=counts))
    return replace(made, **changes)


def learning(**changes: Any) -> ModelView:
    """Make the view of a model that has seen nothing and is to learn its reference."""
    made = ModelView(
        "churn", "0", "learning", "learned", Counters(), (512, 10_000), None, None, None, ModelSettings(name="churn")
    )
    return replace(made, **changes)


def exporter(**changes: Any) -> ExporterView:
    """Make the view of an exporter that has worked."""
    made = ExporterView(
        version="0.1.0",
        batches={"application/json": 10},
        rows={"application/json": 100},
        rejected_rows={"timestamp": 2},
        dropped={"syntax": 1},
        queue_bytes=1024,
        queue_limit_bytes=67_108_864,
        ingest_bounds=(0.001, 0.01),
        ingest_counts=(8, 2, 1),
        ingest_seconds=0.25,
        collect_seconds=0.0123,
        config_reload_time=1_790_000_000.0,
        proxy=ProxyView(
            requests={"inference": 90, "other": 10},
            failures={"status": 2},
            unobserved={"too_large": 1},
            disconnects=3,
            in_flight=4,
        ),
        checkpoints=CheckpointView(
            time=1_790_000_030.0,
            size=1_048_576,
            seconds=0.125,
            failures={"no_space": 0, "io": 1},
            restored=1,
            rejected={"damaged": 0, "changed": 1},
        ),
        status_file=StatusFileView(time=1_790_000_031.0, failures={"no_space": 0, "io": 2}),
        listeners=(
            ListenerView(name="metrics", scheme="mtls", files_valid=True, open=2, closed={"idle": 1}),
            ListenerView(name="ingest", authentication="token", insecure=True, refused={"no_credentials": 3}),
        ),
        answers_shared=4,
    )
    return replace(made, **changes)


def text(views: list[ModelView], of: ExporterView | None = None) -> str:
    """Return a classic scrape."""
    return Exposition().render(views, of or exporter(), CLASSIC).decode()


if __name__ == "__main__":
    GOLDEN.write_text(text([view(), learning(), generating()]))
