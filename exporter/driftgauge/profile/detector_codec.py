"""An anomaly detector in a profile's JSON: plain numbers, nothing that could run.

`{"kind", "columns", "means", "scales", "threshold"}` and, by kind, `{"subsample", "trees"}`, `{"gamma", "offset", "weights",
"vectors"}` or `{"layers"}`. About 150 KB a forest, 1.9 KB a column for support vectors, 27 KB for an autoencoder of 20 columns, 160 KB
of 100.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.derive import Detector
from driftgauge.derive.anomaly import MOST_COLUMNS, Scorer, Standard
from driftgauge.derive.autoencoder import Autoencoder
from driftgauge.derive.forest import Forest, Tree
from driftgauge.derive.support import SupportVectors
from driftgauge.errors import ProfileError

__all__ = ["detector_record", "read_detector"]

Record = Mapping[str, Any]


def detector_record(detector: Detector) -> dict[str, Any]:
    """Return *detector* as plain values, which read back to the last bit."""
    standard = detector.standard
    return {
        "kind": detector.scorer.kind,
        "columns": list(standard.columns),
        "means": standard.means.tolist(),
        "scales": standard.scales.tolist(),
        "threshold": _short(detector.threshold),
        **_scorer_record(detector.scorer),
    }


def _scorer_record(scorer: Scorer) -> dict[str, Any]:
    if isinstance(scorer, Forest):
        trees = [
            {"features": tree.features, "thresholds": list(map(_short, tree.thresholds)), "samples": tree.samples}
            for tree in scorer.trees
        ]
        return {"subsample": scorer.subsample, "trees": trees}
    if isinstance(scorer, SupportVectors):
        shape = {"gamma": scorer.gamma, "offset": scorer.offset}
        return shape | {"weights": scorer.weights.tolist(), "vectors": scorer.vectors.tolist()}
    assert isinstance(scorer, Autoencoder)
    layers = zip(scorer.weights, scorer.biases, strict=True)
    return {"layers": [{"weights": weight.tolist(), "biases": bias.tolist()} for weight, bias in layers]}


def read_detector(record: Record | None) -> Detector | None:
    """Read what `detector_record` wrote.

    Raises:
        ProfileError: it is of an unknown kind, or its parts do not fit one another.
    """
    if record is None:
        return None
    columns = tuple(map(str, record["columns"]))
    means, scales = _numbers(record["means"]), _numbers(record["scales"])
    if not 1 <= len(columns) <= MOST_COLUMNS or len(means) != len(columns) or len(scales) != len(columns):
        raise ProfileError(f"anomaly: expected 1 to {MOST_COLUMNS} columns, each with a mean and a scale")
    if not np.all(scales > 0):
        raise ProfileError("anomaly: expected scales > 0")
    if record["kind"] not in _READERS:
        raise ProfileError(f"anomaly: kind {record['kind']!r}, expected one of {sorted(_READERS)}")
    try:
        scorer = _READERS[record["kind"]](record)
    except ValueError as error:
        raise ProfileError(f"anomaly: {error}") from error
    threshold = float(np.float32(_numbers(record["threshold"])))
    return Detector(Standard(columns, means, scales), scorer, threshold)


def _forest(record: Record) -> Forest:
    trees = tuple(
        Tree(
            [int(feature) for feature in tree["features"]],
            _numbers(tree["thresholds"]).astype(np.float32).tolist(),
            [int(rows) for rows in tree["samples"]],
        )
        for tree in record["trees"]
    )
    return Forest(trees, int(record["subsample"]))


def _support(record: Record) -> SupportVectors:
    gamma, offset = (float(_numbers(record[name])) for name in ("gamma", "offset"))
    return SupportVectors(_numbers(record["vectors"]), _numbers(record["weights"]), gamma, offset)


def _autoencoder(record: Record) -> Autoencoder:
    weights, biases = (tuple(_numbers(layer[name]) for layer in record["layers"]) for name in ("weights", "biases"))
    return Autoencoder(weights, biases)


def _numbers(given: Any) -> NDArray[np.float64]:
    values = np.array(given, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ProfileError("anomaly: expected finite numbers")
    return values


def _short(value: float) -> float:
    """Return the shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))


_READERS: Mapping[str, Callable[[Record], Scorer]] = MappingProxyType(
    {"isolation-forest": _forest, "one-class-svm": _support, "autoencoder": _autoencoder}
)
