"""Series of the mean embeddings: distance, noise floor, evidence, samples and status by window, and the same against the past."""

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
#: against the model's own past there is no status: a change is no drift
_CHANGES: Mapping[str, Metric] = MappingProxyType(
    {
        "relative": names.EMBEDDING_CHANGE_RELATIVE,
        "noise_floor": names.EMBEDDING_CHANGE_NOISE_FLOOR,
        "evidence": names.EMBEDDING_CHANGE_EVIDENCE,
        "samples": names.EMBEDDING_CHANGE_SAMPLES,
    }
)


def embedding_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model whose reference has mean embeddings."""
    if not shape.embeddings:
        return
    labels = [(name, window) for window in shape.windows for name in shape.embeddings]
    for name, metric in _FIGURES.items():
        yield scope.block(metric, labels, _figure(name), "classes")
    past = [(name, window, mode) for mode, window in shape.embedding_changes for name in shape.embeddings]
    for name, metric in _CHANGES.items() if past else ():
        yield scope.block(metric, past, _change(name), "columns")


def _figure(name: str) -> Reader:
    return lambda view: getattr(evaluation(view).embeddings, name)


def _change(name: str) -> Reader:
    return lambda view: [getattr(change, name) for change in evaluation(view).embedding_changes]
