"""Series of performance without labels: estimates over every window, and what the rules compare them with.

The thresholds are those of labels, and published with them where labels come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView, Performance
from driftgauge.names import Metric
from driftgauge.profile import CLASSIFICATION, REGRESSION

__all__ = ["performance_blocks"]

_FIGURES: Mapping[str, Mapping[str, Metric]] = MappingProxyType(
    {
        CLASSIFICATION: MappingProxyType(
            {
                "value": names.ESTIMATED_ACCURACY_RATIO,
                "stderr": names.ESTIMATED_ACCURACY_STDERR,
                "evidence": names.ESTIMATED_ACCURACY_EVIDENCE,
                "valid": names.ESTIMATED_ACCURACY_VALID,
            }
        ),
        REGRESSION: MappingProxyType(
            {
                "value": names.ESTIMATED_ERROR,
                "stderr": names.ESTIMATED_ERROR_STDERR,
                "evidence": names.ESTIMATED_ERROR_EVIDENCE,
                "valid": names.ESTIMATED_ERROR_VALID,
            }
        ),
    }
)
_REFERENCES: Mapping[str, Metric] = MappingProxyType(
    {CLASSIFICATION: names.ESTIMATED_ACCURACY_REFERENCE_RATIO, REGRESSION: names.ESTIMATED_ERROR_REFERENCE}
)
_THRESHOLDS: Mapping[str, tuple[Metric, str]] = MappingProxyType(
    {
        CLASSIFICATION: (names.ACCURACY_DROP_THRESHOLD, "accuracy_drop"),
        REGRESSION: (names.ERROR_INCREASE_THRESHOLD, "error_increase"),
    }
)


def performance_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model whose reference has labelled rows enough."""
    if not shape.estimates:
        return
    windows = [(window,) for window in shape.windows]
    for name, metric in _FIGURES[shape.estimates].items():
        yield scope.block(metric, windows, _figure(name), "classes")
    yield scope.single(_REFERENCES[shape.estimates], lambda view: _performance(view).reference)
    if shape.labels is None:
        metric, name = _THRESHOLDS[shape.estimates]
        yield scope.single(metric, _threshold(name))
        yield scope.single(names.LABEL_EVIDENCE_THRESHOLD, _threshold("evidence"))


def _performance(view: ModelView) -> Performance:
    found = evaluation(view).performance
    assert found is not None
    return found


def _figure(name: str) -> Reader:
    return lambda view: getattr(_performance(view), name)


def _threshold(name: str) -> Reader:
    return lambda view: float(getattr(view.settings.labels, name))
