"""The view of a model whose texts have other words."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.batch import Batch, column_of
from driftgauge.config import ModelSettings
from driftgauge.model import Model, ModelView
from driftgauge.reference import BuildOptions, build

__all__ = ["worded"]

NOW = 1_790_000_000.0


def worded(**settings: Any) -> ModelView:
    """Return a model of these *settings* that has seen 400 reviews, most words of which were not in the 2,000 of the reference."""
    known = _batch(2_000, 0)
    model = Model(
        "reviews",
        "1",
        ModelSettings(name="reviews", seasonality="none", **settings),
        build(lambda: [known], BuildOptions("train", 0.0, texts=("review",))),
    )
    model.observe(_batch(400, 180), NOW)
    model.tick(NOW + 1)
    return model.view(NOW + 1)


def _batch(rows: int, first: int) -> Batch:
    words = np.random.default_rng(rows).integers(first, first + 200, (rows, 20))
    return Batch(rows, inputs={"review": column_of([" ".join(f"w{word}" for word in row) for row in words])[0]})
