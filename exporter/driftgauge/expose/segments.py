"""Series of segments: scores and statuses of chosen columns in parts of the traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView, SegmentScores

__all__ = ["segment_blocks"]

RANK = "segments"
#: what judges, `model.segments.WINDOW`
_WINDOW = "24h"

_SCORES: Mapping[names.Metric, str] = MappingProxyType(
    {
        names.SEGMENT_JS_DISTANCE: "score",
        names.SEGMENT_NOISE_FLOOR: "noise_floor",
        names.SEGMENT_DEBIASED: "debiased",
        names.SEGMENT_EVIDENCE: "evidence",
        names.SEGMENT_SAMPLES: "samples",
    }
)


def segment_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of the segments; nothing where none are configured."""
    fields = shape.segment_fields
    if not fields:
        return
    yield scope.block(
        names.SEGMENT_SUPPRESSED_ROWS,
        [(name,) for name in fields],
        lambda view: [view.counters.suppressed_segments.get(name, 0) for name in fields],
    )
    if not shape.segments or not shape.segment_columns:
        return
    labels = [
        (segment, column.name, column.role, against)
        for segment, against in shape.segments
        for column in shape.segment_columns
    ]
    for metric, attribute in _SCORES.items():
        yield scope.block(metric, [(*own, _WINDOW) for own in labels], _score(attribute), RANK)
    yield scope.block(names.SEGMENT_STATUS, labels, lambda view: _segments(view).status, RANK)
    yield scope.single(names.SEGMENT_EVIDENCE_THRESHOLD, lambda view: _segments(view).evidence_threshold)


def _score(attribute: str) -> Reader:
    return lambda view: getattr(_segments(view).scores, attribute)


def _segments(view: ModelView) -> SegmentScores:
    found = evaluation(view).segments
    assert found is not None
    return found
