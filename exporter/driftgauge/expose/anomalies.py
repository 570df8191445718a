"""Series of the anomalies: their share by window with its evidence, and how many rows were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model.anomalies import RESULTS
from driftgauge.names import Metric

__all__ = ["anomaly_blocks"]

_FIGURES: Mapping[str, Metric] = MappingProxyType(
    {"ratio": names.ANOMALY_RATIO, "evidence": names.ANOMALY_EVIDENCE, "samples": names.ANOMALY_SAMPLES}
)


def anomaly_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model whose reference has a detector."""
    if not shape.anomalies:
        return
    for name, metric in _FIGURES.items():
        yield scope.block(metric, [(window,) for window in shape.windows], _figure(name), "classes")
    yield scope.single(names.ANOMALY_REFERENCE_RATIO, _figure("reference_ratio"))
    yield scope.block(
        names.ANOMALY_ROWS,
        [(result,) for result in RESULTS],
        lambda view: [view.anomaly_rows.get(result, 0) for result in RESULTS],
    )


def _figure(name: str) -> Reader:
    return lambda view: getattr(evaluation(view).anomalies, name)
