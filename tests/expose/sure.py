"""The view of a classifier of six classes, with the columns of its confidence."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.derive import with_score_columns
from driftgauge.model import ModelView
from driftgauge.model.batch_job import BatchJob, view_batch
from driftgauge.reference import BuildOptions, build

__all__ = ["sure"]


def _batch(rows: int, sharpness: float) -> Batch:
    rng = np.random.default_rng(5)
    return with_score_columns(Batch(rows, logits=sharpness * rng.standard_normal((rows, 6))))


def sure() -> ModelView:
    """Return a batch of a model that is less sure than its reference."""
    reference = build(lambda: [_batch(2_000, 4.0)], BuildOptions("train", 1_789_000_000.0))
    profile = reference.profile.spec.of(_batch(600, 2.0))
    job = BatchJob(profile, None, np.zeros(24, dtype=np.int64))
    return view_batch("vision", "1", reference, job, settings=ModelSettings(name="vision"), now=1_790_000_000.0)
