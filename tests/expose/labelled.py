"""Views of models with labels, counted by the models themselves: a classifier and a regression, each with a reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, Categories
from driftgauge.config import LabelSettings, ModelSettings
from driftgauge.model import Model, ModelView
from driftgauge.profile import ColumnSchema, Outcomes, OutcomeSpec, ProfileSpec, Provenance, Reference, Schema
from driftgauge.profile.classes import Classes
from driftgauge.sketch import CategorySpec, HistogramSpec
from tests.expose.examples import reference

START = 1_790_000_000.0
ROWS = 400
CLASSES = ("ok", "fraud")


def classifier() -> ModelView:
    """Return a classifier that is right less often than in its reference; some labels are lost, some wait."""
    number = np.arange(ROWS)
    truth, predicted = number % 4 == 0, (number % 4 == 0) ^ (number % 10 == 0)
    p = np.where(predicted, 0.75, 0.125)
    labels = LabelSettings(classes=CLASSES, least_coverage=0.5, early_seconds=60.0)
    model = _model("credit", reference(), _coded(truth), _coded(number % 4 == 0), labels)
    batch = Batch(ROWS, outputs={"prediction": _coded(predicted)}, probabilities=np.stack([1 - p, p], axis=1))
    _observed(model, batch, _coded(truth))
    return replace(model.view(START + 400), total=None, reference=None, state="no_reference")


def regression() -> ModelView:
    """Return a regression whose errors have grown."""
    number = np.arange(float(ROWS))
    histogram = HistogramSpec((np.array([10.0]),), np.array([10.0]), np.array([0.0]), np.array([100.0]), 1)
    spec = ProfileSpec(Schema.of([ColumnSchema("prediction", "output")]), histogram, CategorySpec((), (), ()))
    base = Reference(spec.of(Batch(ROWS, outputs={"prediction": number % 20})), Provenance("train.csv", START))
    model = _model("eta", base, number % 20, number % 20 + number % 3, LabelSettings())
    _observed(model, Batch(ROWS, outputs={"prediction": number % 20}), number % 20 + number % 7)
    return replace(model.view(START + 400), total=None, reference=None, state="no_reference")


def _coded(values: object) -> Categories:
    return Categories(np.asarray(values).astype(np.int32), CLASSES)


def _model(name: str, base: Reference, predicted: object, truth: object, labels: LabelSettings) -> Model:
    classes = Classes(20, CLASSES)
    task = "classification" if isinstance(predicted, Categories) else "regression"
    spec = OutcomeSpec(task, 20, 10.0)
    sides = classes.values(truth), classes.values(predicted)
    outcomes = Outcomes(spec, CLASSES, spec.of(classes, *sides, np.full(ROWS, 0.9)))
    return Model(name, "3", ModelSettings(name=name, labels=labels), replace(base, outcomes=outcomes))


def _observed(model: Model, batch: Batch, truth: object) -> None:
    """Observe, then label nine rows of ten, three of them twice, and two that nobody predicted."""
    rows = batch.rows
    names = tuple(f"r{row}" for row in range(rows + 2))
    ids = Categories(np.arange(rows, dtype=np.int32), names)
    model.label(Batch(1, ids=Categories(np.array([rows], dtype=np.int32), names), labels=np.array([1.0])), START)
    model.observe(replace(batch, ids=ids), START + 10)
    some = np.arange(rows) % 10 != 5
    labelled = Batch(rows, ids=ids, labels=truth)
    model.label(labelled.take(some), START + 130)
    model.label(labelled.take(np.arange(3)), START + 140)
    model.label(
        Batch(1, ids=Categories(np.array([rows + 1], dtype=np.int32), names), labels=np.array([1.0])), START + 390
    )
