"""The view of a model that sees rows unlike those of its reference."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.model import Model, ModelView
from driftgauge.reference import BuildOptions, build

__all__ = ["odd"]

NOW = 1_790_000_000.0


def odd() -> ModelView:
    """Return a model that has seen 600 rows twice as far out as the reference's 4,000, of which it may score 500."""
    rng = np.random.default_rng(8)
    known, seen = rng.standard_normal((2, 4_000)), 2 * rng.standard_normal((2, 600))
    batch, later = (Batch(part.shape[1], inputs={"a": part[0], "b": part[1]}) for part in (known, seen))
    model = Model(
        "odd",
        "1",
        ModelSettings(name="odd", seasonality="none", anomaly_rows_per_second=500),
        build(lambda: [batch], BuildOptions("train", 0.0, anomaly="one-class-svm")),
    )
    model.observe(later, NOW)
    model.tick(NOW + 1)
    return model.view(NOW + 1)
