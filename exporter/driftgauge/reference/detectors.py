"""Fits anomaly detectors by the libraries that know how, and takes plain arrays out of them.

scikit-learn and PyTorch are imported when something is fitted; without them the error names the extra. The same rows give the
same detector. Time: 0.3 s a forest, 0.2 s support vectors, 2 s an autoencoder.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.derive.anomaly import Scorer
from driftgauge.derive.autoencoder import Autoencoder
from driftgauge.derive.forest import LEAF, Forest, Tree
from driftgauge.derive.support import SupportVectors
from driftgauge.errors import SourceError

__all__ = ["DETECTORS", "MOST_FITTED", "fit"]

Float32s = NDArray[np.float32]

#: rows that a detector is fitted on at most; support vectors grow with them
MOST_FITTED: Mapping[str, int] = MappingProxyType(
    {"isolation-forest": 10_000, "one-class-svm": 2_000, "autoencoder": 10_000}
)
#: share of the rows that the boundary may leave outside, and that are support vectors at least
_OUTSIDE = 0.1
_TREES, _SUBSAMPLE = 100, 256
#: widths of the autoencoder
_MOST_HIDDEN, _MOST_NARROW = 64, 16
_STEPS, _ROWS_A_STEP, _RATE = 2_000, 128, 3e-3


def fit(kind: str, rows: Float32s) -> Scorer:
    """Fit a detector of a *kind* in `DETECTORS` to standardised rows [rows, columns].

    Raises:
        SourceError: what fits it is not installed.
    """
    return DETECTORS[kind](rows)


def _forest(rows: Float32s) -> Forest:
    ensemble = _imported("sklearn.ensemble", "anomaly", "an isolation forest is fitted by scikit-learn")
    subsample = min(_SUBSAMPLE, len(rows))
    fitted = ensemble.IsolationForest(n_estimators=_TREES, max_samples=subsample, random_state=0).fit(rows)
    return Forest(tuple(_tree(tree.tree_) for tree in fitted.estimators_), subsample)


def _tree(tree: Any) -> Tree:
    """Take a tree out: its nodes are in the order of `Tree` already, and thresholds are compared with float32 values."""
    leaf = tree.children_left == -1
    return Tree(
        np.where(leaf, LEAF, tree.feature).tolist(),
        _down(tree.threshold[~leaf]).tolist(),
        tree.n_node_samples[leaf].tolist(),
    )


def _down(thresholds: NDArray[np.float64]) -> Float32s:
    """Return the largest float32 up to each threshold: float32 values fall on the same sides of it."""
    narrow = thresholds.astype(np.float32)
    return np.where(narrow > thresholds, np.nextafter(narrow, np.float32(-np.inf)), narrow).astype(np.float32)


def _support(rows: Float32s) -> SupportVectors:
    svm = _imported("sklearn.svm", "anomaly", "a one-class support vector machine is fitted by scikit-learn")
    # Three digits say where a row is, and are all that the profile has to hold.
    sample = np.round(rows.astype(np.float64), 3)
    gamma = float(f"{1.0 / (sample.shape[1] * max(sample.var(), 1e-9)):.6g}")
    fitted = svm.OneClassSVM(nu=_OUTSIDE, gamma=gamma).fit(sample)
    return SupportVectors(fitted.support_vectors_, fitted.dual_coef_[0], gamma, float(-fitted.intercept_[0]))


def _autoencoder(rows: Float32s) -> Autoencoder:
    torch = _imported("torch", "torch", "an autoencoder is fitted by PyTorch")
    columns = rows.shape[1]
    hidden, narrow = min(2 * columns, _MOST_HIDDEN), max(1, min(columns // 2, _MOST_NARROW))
    widths = (columns, hidden, narrow, hidden, columns)
    rng = np.random.default_rng(0)
    layers = [_layer(torch, rng, *pair) for pair in zip(widths[1:], widths[:-1], strict=True)]
    optimizer = torch.optim.Adam([part for layer in layers for part in layer], lr=_RATE)
    given = torch.from_numpy(rows)
    for step in range(_STEPS):
        optimizer.param_groups[0]["lr"] = _RATE * (1 - step / _STEPS)
        part = passed = given[torch.from_numpy(rng.integers(0, len(rows), _ROWS_A_STEP))]
        for number, (weight, bias) in enumerate(layers):
            passed = passed @ weight.T + bias
            passed = torch.tanh(passed) if number in (0, 2) else passed
        optimizer.zero_grad()
        ((passed - part) ** 2).mean().backward()
        optimizer.step()
    plain = [[_digits(part.detach().numpy()) for part in layer] for layer in layers]
    return Autoencoder(tuple(weight for weight, _ in plain), tuple(bias for _, bias in plain))


def _layer(torch: Any, rng: np.random.Generator, outputs: int, inputs: int) -> tuple[Any, Any]:
    """Begin a layer with weights that keep the scale (Glorot and Bengio, 2010); no generator of PyTorch's is touched."""
    weight = rng.normal(0.0, np.sqrt(2.0 / (inputs + outputs)), (outputs, inputs)).astype(np.float32)
    return torch.from_numpy(weight).requires_grad_(), torch.zeros(outputs).requires_grad_()


def _digits(values: Float32s) -> NDArray[np.float64]:
    """Return five digits of each weight, which is what the profile holds."""
    rounded: NDArray[np.float64] = np.vectorize(lambda value: float(f"{value:.5g}"), otypes=[np.float64])(values)
    return rounded


def _imported(module: str, extra: str, why: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(f'{why}, which is not installed: pip install "driftgauge[{extra}]"') from error


#: how each kind is fitted
DETECTORS: Mapping[str, Callable[[Float32s], Scorer]] = MappingProxyType(
    {"isolation-forest": _forest, "one-class-svm": _support, "autoencoder": _autoencoder}
)
