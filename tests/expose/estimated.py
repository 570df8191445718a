"""Views of models whose performance is estimated without labels: a classifier and a regression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, Categories
from driftgauge.config import ModelSettings
from driftgauge.derive import with_score_columns
from driftgauge.model import ModelView
from driftgauge.model.batch_job import BatchJob, view_batch
from driftgauge.reference import BuildOptions, build

__all__ = ["estimated", "estimated_errors"]


def estimated() -> ModelView:
    """Return a batch of less sure rows of a classifier with a labelled reference."""
    return _view("estimated", _classes(3_000, 1.0), replace(_classes(500, 0.5), labels=None))


def estimated_errors() -> ModelView:
    """Return a batch of larger predictions of a regression with a labelled reference."""
    return _view("quantities", _quantities(3_000, 1.0), replace(_quantities(500, 1.4), labels=None))


def _view(name: str, known: Batch, current: Batch) -> ModelView:
    reference = build(lambda: [known], BuildOptions("train", 1_789_000_000.0))
    job = BatchJob(reference.profile.spec.of(current), None, np.zeros(24, dtype=np.int64))
    return view_batch(name, "1", reference, job, settings=ModelSettings(name=name), now=1_790_000_000.0)


def _classes(rows: int, sharpness: float) -> Batch:
    rng = np.random.default_rng(5)
    p = 0.5 + rng.uniform(-0.5, 0.5, rows) * sharpness
    truth = (rng.random(rows) < p).astype(np.int32)
    names = ("0", "1")
    return with_score_columns(
        Batch(
            rows,
            outputs={"prediction": Categories((p > 0.5).astype(np.int32), names)},
            probabilities=np.stack([1 - p, p], axis=1),
            labels=Categories(truth, names),
        )
    )


def _quantities(rows: int, scale: float) -> Batch:
    rng = np.random.default_rng(6)
    predicted = rng.uniform(1, 10, rows) * scale
    return Batch(rows, outputs={"prediction": predicted}, labels=predicted + rng.normal(0, predicted))
