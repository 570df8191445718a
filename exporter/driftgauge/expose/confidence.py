"""Series of the model's confidence: means of the derived columns over the status window, beside the reference's.

Their distributions are columns with drift scores of their own (`confidence.top1`, ...); a mean is what a person reads.
A model without class scores has none of these series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.derive.confidence import ENTROPY, TOP1, TOP5
from driftgauge.expose.block import Block, Reader, Scope, evaluation, reference
from driftgauge.expose.shape import Shape
from driftgauge.profile import NUMERIC, OUTPUT

__all__ = ["confidence_blocks"]

_MEANS: Mapping[str, names.Metric] = MappingProxyType(
    {TOP1: names.CONFIDENCE_TOP1_RATIO, TOP5: names.CONFIDENCE_TOP5_RATIO, ENTROPY: names.CONFIDENCE_ENTROPY_RATIO}
)


def confidence_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of the columns of confidence that the reference has."""
    places = {
        column.name: place
        for place, column in enumerate(shape.columns)
        if column.role == OUTPUT and column.kind == NUMERIC
    }
    if not shape.windows:
        return
    for column, metric in _MEANS.items():
        if column in places:
            yield scope.block(metric, [(shape.status_window,)], _mean(places[column]), "classes")
    if TOP1 in places:
        yield scope.block(names.CONFIDENCE_REFERENCE_RATIO, [()], _usual(places[TOP1]), "classes")


def _mean(place: int) -> Reader:
    return lambda view: evaluation(view).facts["mean"][place]


def _usual(place: int) -> Reader:
    # numeric columns come first in the schema, so the place of one is its row in the histogram
    return lambda view: reference(view).profile.histogram.mean[place]
