"""Made-up traffic: columns of normal numbers as batches, and models that watch them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Requests
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.model import Evaluation, Model
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build

__all__ = ["MINUTE", "START", "Episodes", "batch", "blocks", "model", "reference"]

MINUTE = 60.0
#: a midnight (UTC) of the simulated clock
START = 1_800_057_600.0
#: decides nothing and costs as much as the scores
NO_MEASURES = DriftSettings(measures=())


def batch(values: NDArray[np.float64]) -> Batch:
    """Return a batch of *values* [columns, rows], whose columns are called f0, f1, ..."""
    rows = values.shape[1]
    return Batch(rows, inputs={f"f{i}": column for i, column in enumerate(values)}, requests=Requests(rows))


def blocks(rng: np.random.Generator, *, columns: int, rows: int, count: int) -> Iterator[NDArray[np.float64]]:
    """Yield *count* blocks of standard normal values [columns, rows]."""
    for _ in range(count):
        yield rng.standard_normal((columns, rows))


def reference(values: NDArray[np.float64]) -> Reference:
    """Build the reference of *values* [columns, rows] with the product's builder."""
    return build(lambda: [batch(values)], BuildOptions("simulated", START))


def model(reference: Reference, **settings: object) -> Model:
    """Return a model at default settings, but for those given."""
    wanted: dict[str, object] = {"name": "simulated", "drift": NO_MEASURES, **settings}
    return Model("simulated", "1", ModelSettings(**wanted), reference)  # type: ignore[arg-type]


@dataclass
class Episodes:
    """Counts how often a column goes into a status, from one evaluation to the next."""

    count: int = 0
    _before: NDArray[np.bool_] | None = None

    def see(self, evaluation: Evaluation | None, least: int) -> None:
        """Take an evaluation in; a column at *least* or above is in an episode."""
        assert evaluation is not None
        now = evaluation.status >= least
        before = np.zeros_like(now) if self._before is None else self._before
        self.count += int(np.count_nonzero(now & ~before))
        self._before = now
