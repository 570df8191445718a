"""The view of a model whose embedding has moved."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.model import Model, ModelView
from driftgauge.reference import BuildOptions, build

__all__ = ["embedded"]

NOW = 1_790_000_000.0


def embedded() -> ModelView:
    """Return a model whose newest 400 vectors are not where the reference's 2,000 were, and those of the day before."""
    rng = np.random.default_rng(8)
    known = Batch(2_000, vectors={"embedding": rng.standard_normal((2_000, 4))})
    model = Model(
        "texts",
        "1",
        ModelSettings(name="texts", seasonality="none", drift=DriftSettings(log_e=True)),
        build(lambda: [known], BuildOptions("train", 0.0)),
    )
    # a day ago as the reference, and in the last full hour
    for at, shift in ((NOW - 86_400 - 3_600, 0.0), (NOW - 3_600, 1.0), (NOW, 1.0)):
        model.observe(Batch(400, vectors={"embedding": rng.standard_normal((400, 4)) + shift}), at)
    model.tick(NOW + 1)
    return model.view(NOW + 1)
