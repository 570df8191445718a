"""Estimates without labels on the flights: a model of them, a reference with labels, and windows whose mix has changed.

January to April train a model of being late, from the departure delay, or from what is known before the departure alone; odd days from May on
are the reference, even days the production. A window is drawn from production with weights that grow or fall along one feature,
so that the mix changes and what follows from the features does not: pure covariate shift, as far as real data allow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Categories
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.demo import flights
from driftgauge.derive import with_score_columns
from driftgauge.model import Evaluation
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.health import Health
from driftgauge.model.sums import WindowSums
from driftgauge.profile import Profile, Reference, Window
from driftgauge.reference import BuildOptions, build

__all__ = ["BEFORE", "WITH_DELAY", "Flights", "evaluation_of", "performance_of"]

BEFORE = ("distance", "hour", "minute")
WITH_DELAY = (*BEFORE, "dep_delay")
CLASSES = ("0.0", "1.0")


@dataclass(frozen=True, slots=True)
class Flights:
    """A model's rows: reference and production, [rows, features], with its probability of being late and the truth."""

    names: tuple[str, ...]
    reference: Reference
    rows: NDArray[np.float64]
    late: NDArray[np.float64]
    truth: NDArray[np.float64]

    @classmethod
    def of(cls, names: tuple[str, ...], *, rows: int, seed: int = 0) -> Flights:
        """Train the model on *rows* flights and make the reference of as many."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        known = flights.load()
        known = known[known[flights.TARGET].notna()]
        rng = np.random.default_rng(seed)
        day = known[flights.TIME].to_numpy() // flights.DAY_SECONDS
        first = day < day.min() + 120
        x, y = known[list(names)].to_numpy(dtype=np.float64), known[flights.TARGET].to_numpy()
        parts = [
            np.flatnonzero(first),
            np.flatnonzero(~first & (day % 2 == 1)),
            np.flatnonzero(~first & (day % 2 == 0)),
        ]
        train, kept = (rng.choice(part, min(rows, len(part)), replace=False) for part in parts[:2])
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(x[train], y[train])
        late = model.predict_proba(x[np.concatenate([kept, parts[2]])])[:, 1]
        here, there = late[: len(kept)], late[len(kept) :]
        batch = batch_of(names, x[kept], here, y[kept])
        reference = build(lambda: [batch], BuildOptions("flights", 0.0, classes=CLASSES))
        return cls(names, reference, x[parts[2]], there, y[parts[2]])

    def shifted(self, column: str, strength: float, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return the rows of a window whose mix is tilted along *column*: weights exp(strength x rank), ranks 0 to 1."""
        values = self.rows[:, self.names.index(column)]
        rank = values.argsort(kind="stable").argsort(kind="stable") / len(values)
        weights = np.exp(strength * rank)
        return rng.choice(len(values), size, replace=False, p=weights / weights.sum())

    def window(self, rows: NDArray[np.intp], values: NDArray[np.float64] | None = None) -> Profile:
        """Count rows as a window would, without labels; with other *values* of the features where these are broken."""
        given = self.rows[rows] if values is None else values
        spec = self.reference.profile.spec
        return spec.of(batch_of(self.names, given, self.late[rows], None))

    def accuracy(self, rows: NDArray[np.intp]) -> float:
        """Return the share of right predictions among rows."""
        return float(((self.late[rows] > 0.5) == (self.truth[rows] == 1)).mean())


def batch_of(
    names: tuple[str, ...], x: NDArray[np.float64], late: NDArray[np.float64], truth: NDArray[np.float64] | None
) -> Batch:
    """Return rows of the model as the exporter would see them."""
    batch = Batch(
        len(x),
        inputs={name: x[:, place].copy() for place, name in enumerate(names)},
        outputs={"prediction": Categories((late > 0.5).astype(np.int32), CLASSES)},
        probabilities=np.stack([1 - late, late], axis=1),
        labels=None if truth is None else Categories(truth.astype(np.int32), CLASSES),
    )
    return with_score_columns(batch)


def performance_of(reference: Reference, windows: list[Profile]) -> Any:
    """Return the estimates of windows, each as if it were a window of traffic."""
    return evaluation_of(reference, windows).performance


def evaluation_of(reference: Reference, windows: list[Profile]) -> Evaluation:
    """Evaluate windows, each as if it were a day of traffic."""
    named = tuple(Window(86_400, f"w{number}") for number in range(len(windows)))
    settings = ModelSettings(name="flights", seasonality="none", drift=DriftSettings(measures=()))
    many = len(windows)
    sums = WindowSums(
        0.0, named, tuple(windows), np.ones(many), np.full(many, 86_400.0), np.full((many, 24), 1 / 24), {}, None
    )
    return Health(reference, settings).evaluate(Evaluator(reference, settings, named).evaluate(sums), sums)
