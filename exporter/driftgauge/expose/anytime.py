"""Series of the evidence that may be looked at as often as one likes, where a model wants it."""

from __future__ import annotations

from collections.abc import Iterator

from numpy.typing import ArrayLike

from driftgauge import names
from driftgauge.expose.block import Block, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model import ModelView

__all__ = ["anytime_blocks"]


def anytime_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the block of the columns."""
    if shape.anytime:
        yield scope.columns(names.DRIFT_LOG_E, _log_e, "measures")


def _log_e(view: ModelView) -> ArrayLike:
    found = evaluation(view).log_e
    assert found is not None
    return found
