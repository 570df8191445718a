"""A reference for the rows of `bodies`, built as `driftgauge profile build` builds it."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from support.bodies import names, table

__all__ = ["reference"]


def reference(rng: np.random.Generator, columns: int, rows: int = 10_000) -> Reference:
    """Return the reference of *rows* rows of *columns* numeric features."""
    values = table(rng, rows, columns)
    batch = Batch(rows, inputs=dict(zip(names(columns), values.T, strict=True)))
    return build(lambda: [batch], BuildOptions("benchmark", 0.0))
