"""Series of the tokens of texts: distance, noise floor, evidence, overlap, samples and status by window of time (those of rows have none)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.names import Metric

__all__ = ["token_blocks"]

_FIGURES: Mapping[str, Metric] = MappingProxyType(
    {
        "debiased": names.TOKEN_DEBIASED,
        "noise_floor": names.TOKEN_NOISE_FLOOR,
        "evidence": names.TOKEN_EVIDENCE,
        "overlap": names.TOKEN_OVERLAP_RATIO,
        "samples": names.TOKEN_SAMPLES,
        "status": names.TOKEN_STATUS,
    }
)


def token_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of a model whose reference has counted the tokens of texts."""
    if not shape.texts:
        return
    labels = [(name, window) for window in shape.time_windows for name in shape.texts]
    for name, metric in _FIGURES.items():
        yield scope.block(metric, labels, _figure(name, len(shape.time_windows)), "classes")


def _figure(name: str, windows: int) -> Reader:
    return lambda view: getattr(evaluation(view).tokens, name)[:windows]
