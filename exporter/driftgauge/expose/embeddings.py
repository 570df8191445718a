"""Series of the mean embeddings: distance, noise floor, evidence, samples and status by window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.names import Metric

__all__ = ["embedding_blocks"]

_FIGURES: Mapping[str, Metric] = MappingProxyType(
    {
        "relative": names.EMBEDDING_RELATIVE,
        "noise_floor": names.EMBEDDING_NOISE_FLOOR,
        "evidence": names.EMBEDDING_EVIDENCE,
        "samples": names.EMBEDDING_SAMPLES,
        "status": names.EMBEDDING_STATUS,
    }
)


def embedding_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model whose reference has mean embeddings."""
    if not shape.embeddings:
        return
    labels = [(name, window) for window in shape.windows for name in shape.embeddings]
    for name, metric in _FIGURES.items():
        yield scope.block(metric, labels, _figure(name), "classes")


def _figure(name: str) -> Reader:
    return lambda view: getattr(evaluation(view).embeddings, name)
