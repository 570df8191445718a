"""Outcomes: predictions and what turned out to be true, as sketches that add.

A classifier's are confusion counts and, where probabilities are known, reliability bins; a regression's are error sums.
The same sketches hold a reference's outcomes and a window's, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Flags, Floats
from driftgauge.derive.confidence import probabilities_of
from driftgauge.profile.classes import Classes, Digests, Values
from driftgauge.profile.profile import ProfileSpec
from driftgauge.profile.schema import CATEGORICAL, OUTPUT
from driftgauge.sketch import ConfusionSpec, ErrorSumsSpec, ReliabilitySpec, Sketch, Spec

__all__ = ["CLASSIFICATION", "REGRESSION", "OutcomeSpec", "Outcomes", "predictions_of", "task_of"]

CLASSIFICATION, REGRESSION = "classification", "regression"
#: the output that holds what was predicted (batch.py)
PREDICTION = "prediction"
#: names of the sketches
CONFUSION, RELIABILITY, ERRORS = "confusion", "reliability", "errors"


@dataclass(frozen=True, slots=True)
class OutcomeSpec:
    """What is counted of a model's outcomes.

    Attributes:
        task: `classification` or `regression`.
        classes: classes with a cell of their own.
        center: about which the truth of a regression is summed.
    """

    task: str
    classes: int = 20
    center: float = 0.0

    @property
    def specs(self) -> Mapping[str, Spec[Any]]:
        """What is counted, by name."""
        if self.task == REGRESSION:
            return {ERRORS: ErrorSumsSpec(self.center)}
        return {CONFUSION: ConfusionSpec(self.classes), RELIABILITY: ReliabilitySpec()}

    def usable(self, truth: Values, predicted: Values) -> Flags:
        """Return which pairs can be compared."""
        if self.task == REGRESSION:
            return np.asarray(np.isfinite(truth.numbers) & np.isfinite(predicted.numbers))
        return np.asarray(truth.known & predicted.known)

    def outcome(self, classes: Classes, truth: Values, predicted: Values) -> Floats:
        """Return how each pair that `usable` has passed turned out: 1 right, 0 wrong; of a regression the absolute error."""
        if self.task == REGRESSION:
            return np.abs(predicted.numbers - truth.numbers)
        return self._right(classes.codes(truth, predicted)).astype(np.float64)

    def _right(self, codes: NDArray[np.int64]) -> Flags:
        return np.asarray((codes[0] == codes[1]) & (codes[0] < self.classes) | (codes[1] == self.classes + 1))

    def of(self, classes: Classes, truth: Values, predicted: Values, confidence: Floats) -> dict[str, Sketch]:
        """Count pairs that `usable` has passed, with the confidence of each prediction (NaN where unknown)."""
        if self.task == REGRESSION:
            return {ERRORS: ErrorSumsSpec(self.center).of(np.stack([truth.numbers, predicted.numbers]))}
        codes = classes.codes(truth, predicted)
        right = self._right(codes)
        return {
            CONFUSION: ConfusionSpec(self.classes).of(codes),
            RELIABILITY: ReliabilitySpec().of(np.stack([confidence, right.astype(np.float64)])),
        }


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of one data set.

    Attributes:
        spec: what was counted.
        names: the classes that have a cell.
        sketches: by name.
    """

    spec: OutcomeSpec
    names: tuple[str, ...]
    sketches: Mapping[str, Any]

    @property
    def total(self) -> int:
        """Rows that have an outcome."""
        return int(self.sketches[ERRORS if self.spec.task == REGRESSION else CONFUSION].total)

    @property
    def summary(self) -> str:
        """How good the predictions were, for people."""
        if self.spec.task == REGRESSION:
            errors = self.sketches[ERRORS]
            return f"mean absolute error {errors.mean_absolute_error:.4g}, R2 {errors.r2:.3f}"
        return f"accuracy {self.sketches[CONFUSION].accuracy:.4f}"


def task_of(spec: ProfileSpec) -> tuple[str | None, float, tuple[str, ...]]:
    """Return what a model does, as its profile counts the prediction: the task, a quantity's centre, a class's names.

    None where no output is the prediction.
    """
    schema = spec.schema
    outputs = [column for column in schema.columns if column.role == OUTPUT]
    found = next((column for column in outputs if column.name == PREDICTION), None)
    if found is None:
        found = outputs[0] if len(outputs) == 1 else None
    if found is None:
        return None, 0.0, ()
    if found.kind == CATEGORICAL:
        return CLASSIFICATION, 0.0, spec.categories.names[schema.categorical.index(found)]
    return REGRESSION, float(spec.histogram.centers[schema.numeric.index(found)]), ()


def predictions_of(batch: Batch, classes: Classes, names: Digests) -> tuple[Values, NDArray[np.float64]]:
    """Return what each row predicts, and how sure it was: the probability of what was predicted, NaN where unknown.

    Args:
        batch: rows; those that failed have no prediction.
        classes: of the model.
        names: digests of the classes in the order of the probabilities; empty where they are 0, 1, 2, ...
    """
    column = batch.outputs.get(PREDICTION)
    if column is None and len(batch.outputs) == 1:
        column = next(iter(batch.outputs.values()))
    scores = probabilities_of(batch)
    rows = np.arange(batch.rows)
    best = None if scores is None else np.where(np.isnan(scores).any(axis=1), 0, np.nan_to_num(scores).argmax(axis=1))
    if column is not None:
        values = classes.values(column)
    elif scores is None or best is None:
        values = Values(np.full(batch.rows, np.nan), np.zeros(batch.rows, dtype=np.uint64))
    else:
        unknown = np.isnan(scores).any(axis=1)
        words = names[best] if len(names) == scores.shape[1] else np.zeros(batch.rows, dtype=np.uint64)
        numbers = np.where(unknown | (words != 0), np.nan, best)
        values = Values(numbers, np.where(unknown, np.uint64(0), words))
    if scores is None or best is None:
        return values, np.full(batch.rows, np.nan)
    # What was predicted need not be what is most probable: thresholds other than one half.
    place = classes.position(values, names) if len(names) == scores.shape[1] else _index(values, scores.shape[1])
    return values, np.asarray(scores[rows, np.where(place >= 0, place, best)], dtype=np.float64)


def _index(values: Values, width: int) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        whole = (values.numbers >= 0) & (values.numbers < width) & (values.numbers % 1 == 0)
    return np.where(whole, values.numbers, -1).astype(np.int64)
