"""Rows, references and clocks that the tests of a model share."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.batch import Batch, Categories, Requests
from driftgauge.config import DriftSettings, ModelSettings, ReferenceSettings
from driftgauge.model import Model
from driftgauge.profile import ColumnSchema, ProfileSpec, Provenance, Reference, Schema
from driftgauge.sketch import CategorySpec, HistogramSpec

#: the beginning of a minute, an hour and a day (UTC)
START = 1_790_035_200.0
HOUR, DAY = 3_600.0, 86_400.0
PLANS = ("basic", "plus", "pro")

SPEC = ProfileSpec(
    Schema.of(
        [
            ColumnSchema("age"),
            ColumnSchema("income", wide=True),
            ColumnSchema("plan", kind="categorical"),
            ColumnSchema("prediction", "output", "categorical"),
        ]
    ),
    HistogramSpec.plain([np.arange(25.0, 70, 5), np.arange(10.0, 100, 10)], narrow=1),
    CategorySpec((PLANS, ("no", "yes")), ((), ()), (True, True)),
)


def batch(rows: int, *, seed: int = 0, shift: float = 0.0, **changes: Any) -> Batch:
    """Make rows; *shift* moves the ages."""
    chance = np.random.default_rng(seed)
    made: dict[str, Any] = {
        "inputs": {
            "age": chance.uniform(20, 70, rows) + shift,
            "income": chance.uniform(0, 100, rows),
            "plan": Categories(chance.integers(0, 3, rows).astype(np.int32), PLANS),
        },
        "outputs": {"prediction": Categories((chance.random(rows) < 0.2).astype(np.int32), ("no", "yes"))},
        "requests": Requests(rows, chance.exponential(0.01, rows)),
    }
    return Batch(rows, **(made | changes))


def reference(rows: int = 20_000, seed: int = 99) -> Reference:
    return Reference(SPEC.of(batch(rows, seed=seed)), Provenance("train", START - 30 * DAY))


def ready(of: Reference | None = None, **settings: Any) -> Model:
    """Make a model with a reference."""
    settings.setdefault("reference", ReferenceSettings(path="profile.json"))
    return Model("fraud", "1", ModelSettings(name="fraud", **settings), of or reference())


def learning(rows: int = 1_000, **settings: Any) -> Model:
    """Make a model that learns its reference."""
    return Model("fraud", "1", ModelSettings(name="fraud", reference=ReferenceSettings(learn_rows=rows), **settings))


def settled(**drift: Any) -> dict[str, Any]:
    """Return settings whose every window judges at once."""
    return {"seasonality": "none", "drift": DriftSettings(**drift)}


def column(evaluation: Any, name: str) -> int:
    """Return a column's place in the arrays of an evaluation."""
    return next(number for number, column in enumerate(evaluation.columns) if column.name == name)


def window(evaluation: Any, name: str) -> int:
    """Return a window's place in the arrays of an evaluation."""
    return next(number for number, window in enumerate(evaluation.windows) if window.name == name)


def samples(model: Model, now: float, of: str = "24h", name: str = "age") -> float:
    """Evaluate and return the samples of a column in a window."""
    evaluation = model.evaluate(model.collect(now))
    return float(evaluation.scores.samples[window(evaluation, of), column(evaluation, name)])
