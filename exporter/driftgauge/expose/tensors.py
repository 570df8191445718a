"""Series of the tensors that are reduced to facts: how many of their rows were, and how many the budget left out."""

from __future__ import annotations

from collections.abc import Iterator

from driftgauge import names
from driftgauge.expose.block import Block, Scope
from driftgauge.expose.shape import Shape
from driftgauge.tensors import RESULTS

__all__ = ["tensor_blocks"]


def tensor_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the block of a model that has been sent pictures or sequences."""
    if shape.tensors:
        yield scope.block(
            names.TENSOR_ROWS,
            [(result,) for result in RESULTS],
            lambda view: [view.counters.tensor_rows.get(result, 0) for result in RESULTS],
        )
