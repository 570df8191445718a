"""Series of what labels say: their accounts, how predictions turned out, calibration, and the thresholds of the rules.

A model whose rows carry neither ids nor labels has none of them, nor has a classifier those of a regression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from driftgauge import names
from driftgauge.expose.block import KEPT, Block, Reader, Scope
from driftgauge.expose.family import histogram_prefixes, histogram_values
from driftgauge.expose.shape import LabelShape, Shape
from driftgauge.model import DELAY_BUCKETS, LabelView, ModelView
from driftgauge.names import Metric

__all__ = ["FORGOTTEN", "UNMATCHED", "label_blocks"]

#: reasons of labels and predictions that were given up
UNMATCHED = ("expired", "evicted", "unusable")
FORGOTTEN = ("expired", "evicted", "replaced")
#: windows with figures of single classes: a day, and what slow labels need
_CLASS_WINDOWS = ("24h", "7d")

_FIGURES: Mapping[str, Metric] = MappingProxyType(
    {
        "coverage": names.LABEL_COVERAGE_RATIO,
        "samples": names.LABELLED_SAMPLES,
        "accuracy": names.ACCURACY_RATIO,
        "accuracy_stderr": names.ACCURACY_STDERR,
        "drop_evidence": names.ACCURACY_DROP_EVIDENCE,
        "macro_f1": names.MACRO_F1_RATIO,
        "mean_absolute_error": names.MEAN_ABSOLUTE_ERROR,
        "mean_absolute_error_stderr": names.MEAN_ABSOLUTE_ERROR_STDERR,
        "rise_evidence": names.MEAN_ABSOLUTE_ERROR_EVIDENCE,
        "mean_error": names.MEAN_ERROR,
        "root_mean_squared_error": names.ROOT_MEAN_SQUARED_ERROR,
        "r2": names.R2,
        "mean_absolute_percentage_error": names.MEAN_ABSOLUTE_PERCENTAGE_ERROR_RATIO,
        "calibration_error": names.CALIBRATION_ERROR,
        "calibration_error_floor": names.CALIBRATION_ERROR_FLOOR,
        "calibration_error_adaptive": names.CALIBRATION_ERROR_ADAPTIVE,
        "calibration_gap": names.CALIBRATION_GAP,
        "calibration_gap_z": names.CALIBRATION_GAP_Z,
        "brier_score": names.BRIER_SCORE,
        "calibration_samples": names.CALIBRATION_SAMPLES,
    }
)
_OF_REFERENCE: Mapping[str, Metric] = MappingProxyType(
    {
        "reference_samples": names.REFERENCE_LABELLED_SAMPLES,
        "reference_accuracy": names.REFERENCE_ACCURACY_RATIO,
        "reference_mean_absolute_error": names.REFERENCE_MEAN_ABSOLUTE_ERROR,
        "reference_calibration_error": names.REFERENCE_CALIBRATION_ERROR,
    }
)
_OF_CLASSES: Mapping[str, Metric] = MappingProxyType(
    {"precision": names.PRECISION_RATIO, "recall": names.RECALL_RATIO, "f1": names.F1_RATIO}
)
_THRESHOLDS: Mapping[str, Metric] = MappingProxyType(
    {
        "accuracy_drop": names.ACCURACY_DROP_THRESHOLD,
        "error_increase": names.ERROR_INCREASE_THRESHOLD,
        "calibration_error": names.CALIBRATION_ERROR_THRESHOLD,
        "evidence": names.LABEL_EVIDENCE_THRESHOLD,
        "least_samples": names.LABEL_SAMPLES_THRESHOLD,
        "least_coverage": names.LABEL_COVERAGE_THRESHOLD,
    }
)


def label_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model for which ids or labels have come."""
    if shape.labels is None:
        return
    figures = shape.labels.figures
    yield from _accounts(scope)
    windows = [(window,) for window in shape.labels.windows]
    for name, metric in _FIGURES.items():
        if name in figures:
            yield scope.block(metric, windows, _figure(name), "classes")
    for name, metric in _OF_REFERENCE.items():
        if name in figures:
            yield scope.single(metric, _figure(name))
    for name, metric in _THRESHOLDS.items():
        yield scope.single(metric, _threshold(name))
    if "accuracy" in figures:
        yield from _of_classes(scope, shape.labels)


def _accounts(scope: Scope) -> Iterator[Block]:
    yield scope.single(names.LABELS, lambda view: labels(view).counters.received)
    yield scope.single(names.LABELS_MATCHED, lambda view: labels(view).counters.matched)
    unmatched = [(reason,) for reason in UNMATCHED]
    yield scope.block(
        names.LABELS_UNMATCHED,
        unmatched,
        lambda view: [labels(view).counters.unmatched.get(reason, 0) for reason in UNMATCHED],
    )
    yield scope.single(names.LABELS_DUPLICATE, lambda view: labels(view).counters.duplicates)
    yield scope.single(names.LABELS_WAITING, lambda view: labels(view).counters.waiting)
    yield scope.single(names.LABEL_PREDICTIONS, lambda view: labels(view).counters.predictions)
    forgotten = [(reason,) for reason in FORGOTTEN]
    yield scope.block(
        names.LABEL_PREDICTIONS_FORGOTTEN,
        forgotten,
        lambda view: [labels(view).counters.forgotten.get(reason, 0) for reason in FORGOTTEN],
    )
    yield scope.single(names.LABEL_PREDICTIONS_WAITING, lambda view: labels(view).counters.unlabelled)
    yield Block(
        names.LABEL_DELAY,
        KEPT,
        histogram_prefixes(names.LABEL_DELAY, scope.pairs, DELAY_BUCKETS),
        lambda view: histogram_values(labels(view).counters.delay_counts, labels(view).counters.delay_sum),
    )


def _of_classes(scope: Scope, shape: LabelShape) -> Iterator[Block]:
    classes = shape.classes
    chosen = [number for number, name in enumerate(classes) if shape.positive in {"", name}]
    for number, window in enumerate(shape.windows):
        if window in _CLASS_WINDOWS:
            for name, metric in _OF_CLASSES.items():
                pairs = [(classes[place], window) for place in chosen]
                yield scope.block(metric, pairs, _of_class(name, number, chosen), "classes")


def labels(view: ModelView) -> LabelView:
    """Return the labels of a view whose shape says that it has some."""
    assert view.labels is not None
    return view.labels


def _figure(name: str) -> Reader:
    return lambda view: labels(view).figures[name]


def _of_class(name: str, window: int, chosen: list[int]) -> Reader:
    return lambda view: labels(view).of_classes(name)[window, chosen]


def _threshold(name: str) -> Reader:
    def read(view: ModelView) -> float:
        value = getattr(labels(view).settings, name)
        return np.nan if value is None else float(value)

    return read
