"""Series of the drift scores, of the statuses that follow from them, of their thresholds and of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from driftgauge import names
from driftgauge.drift import ALERT, UNDECIDED, WARN
from driftgauge.drift.profiles import missing_ratios
from driftgauge.expose.block import KEPT, Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView

__all__ = ["drift_blocks"]

Float64s = NDArray[np.float64]

WARNING, CRITICAL = "warning", "critical"

_SCORES: Mapping[names.Metric, str] = MappingProxyType(
    {
        names.DRIFT_JS_DISTANCE: "score",
        names.DRIFT_NOISE_FLOOR: "noise_floor",
        names.DRIFT_DEBIASED: "debiased",
        names.DRIFT_EVIDENCE: "evidence",
        names.DRIFT_SAMPLES: "samples",
    }
)

_CHANGES: Mapping[names.Metric, str] = MappingProxyType(
    {
        names.CHANGE_JS_DISTANCE: "score",
        names.CHANGE_NOISE_FLOOR: "noise_floor",
        names.CHANGE_DEBIASED: "debiased",
        names.CHANGE_EVIDENCE: "evidence",
        names.CHANGE_SAMPLES: "samples",
    }
)

_MEASURES: Mapping[str, names.Metric] = MappingProxyType(
    {
        "psi": names.DRIFT_PSI,
        "kl_bits": names.DRIFT_KL_DIVERGENCE,
        "ks": names.DRIFT_KS,
        "wasserstein_sigma": names.DRIFT_WASSERSTEIN_SIGMA,
        "chi2": names.DRIFT_CHI2,
        "mean_shift_sigma": names.DRIFT_MEAN_SHIFT_SIGMA,
    }
)

_FACTS: Mapping[str, names.Metric] = MappingProxyType(
    {
        "mean": names.FEATURE_MEAN,
        "stddev_ratio": names.FEATURE_STDDEV_RATIO,
        "missing_ratio": names.FEATURE_MISSING_RATIO,
        "out_of_range_ratio": names.FEATURE_OUT_OF_RANGE_RATIO,
        "unseen_ratio": names.FEATURE_UNSEEN_RATIO,
    }
)


def drift_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of an evaluation."""
    if not shape.windows:
        return
    for number, window in enumerate(shape.windows):
        rank = "scores" if window == shape.status_window else "windows"
        for metric, name in _SCORES.items():
            yield scope.columns(metric, _score(name, number), rank, (window,))
        yield scope.columns(names.DRIFT_THRESHOLD, _threshold("warn", number), rank, (window, WARNING))
        yield scope.columns(names.DRIFT_THRESHOLD, _threshold("alert", number), rank, (window, CRITICAL))
    for number, window in enumerate(shape.windows):
        rank = "scores" if window == shape.status_window else "windows"
        yield scope.columns(names.DRIFT_DISPERSION, _dispersion(number), rank, (window,))
    yield scope.columns(names.DRIFT_STATUS, lambda view: evaluation(view).status, "scores")
    for reason in shape.undecided:
        yield scope.columns(names.DRIFT_UNDECIDED, _undecided(reason), "scores", (reason,))
    for name in shape.measures:
        yield scope.columns(_MEASURES[name], _measure(name), "measures", (shape.status_window,))
    for name, metric in _FACTS.items():
        yield scope.columns(metric, _fact(name), "columns", (shape.status_window,))
    yield scope.columns(names.FEATURE_REFERENCE_MISSING_RATIO, _usually_missing, "columns")
    for number, (mode, window) in enumerate(shape.changes):
        for metric, name in _CHANGES.items():
            yield scope.columns(metric, _change(name, number), "columns", (window, mode))
    yield from _model_blocks(scope, shape)


def _model_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    windows = [(window,) for window in shape.windows]
    severities = [(window, severity) for window in shape.windows for severity in (WARNING, CRITICAL)]
    yield scope.block(names.DRIFTED_FEATURES, severities, _drifted, KEPT)
    yield scope.block(names.DRIFT_WORST_DEBIASED, windows, _worst, KEPT)
    yield scope.single(names.DRIFT_MODEL_STATUS, lambda view: evaluation(view).verdict)
    yield scope.block(names.DRIFTED_WEIGHT_RATIO, [(WARNING,), (CRITICAL,)], _weight_ratios, KEPT)
    yield scope.block(
        names.DRIFT_EVIDENCE_THRESHOLD, windows, lambda view: _finite(evaluation(view).evidence_threshold)
    )


def _score(name: str, window: int) -> Reader:
    return lambda view: getattr(evaluation(view).scores, name)[window]


def _dispersion(window: int) -> Reader:
    return lambda view: evaluation(view).dispersion[window]


def _change(name: str, number: int) -> Reader:
    return lambda view: getattr(evaluation(view).changes[number].scores, name)


def _threshold(name: str, window: int) -> Reader:
    return lambda view: _finite(getattr(evaluation(view), name)[window])


def _undecided(reason: str) -> Reader:
    return lambda view: [1.0 if why == reason else np.nan for why in evaluation(view).undecided]


def _measure(name: str) -> Reader:
    return lambda view: evaluation(view).measures[name]


def _fact(name: str) -> Reader:
    return lambda view: evaluation(view).facts[name]


def _usually_missing(view: ModelView) -> Float64s:
    return missing_ratios(evaluation(view).reference.profile)


def _drifted(view: ModelView) -> NDArray[np.int64]:
    status = evaluation(view).window_status
    return np.stack([np.count_nonzero(status == severity, axis=1) for severity in (WARN, ALERT)], axis=1)


def _weight_ratios(view: ModelView) -> Float64s:
    found = evaluation(view)
    judged = np.where(found.status != UNDECIDED, found.weights, 0.0)
    weights = np.array([judged[found.status >= severity].sum() for severity in (WARN, ALERT)])
    return weights / judged.sum() if judged.sum() else np.full(2, np.nan)


def _worst(view: ModelView) -> Float64s:
    scores = evaluation(view).scores
    counted = (scores.samples >= view.settings.drift.least_samples) & ~np.isnan(scores.debiased)
    worst = np.where(counted, scores.debiased, -1.0).max(axis=1, initial=-1.0)
    return np.where(worst < 0, np.nan, worst)


def _finite(thresholds: Float64s) -> Float64s:
    """Leave out thresholds that nothing can reach."""
    return np.where(np.isfinite(thresholds), thresholds, np.nan)
