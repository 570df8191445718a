"""Series of changes of level, where a model has them watched; of a series that has had a value, as each detector sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.model import DIRECTIONS, LevelView, ModelView

__all__ = ["level_blocks"]


def level_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of the watched series."""
    if not shape.levels:
        return
    directions = [(*pair, direction) for pair in shape.levels for direction in DIRECTIONS]
    yield scope.block(names.LEVEL_CHANGES, directions, _changes, "classes")
    yield scope.block(names.LEVEL_CHANGE_TIMESTAMP, shape.levels, _each(_since), "classes")
    yield scope.block(names.LEVEL_ESTIMATE, shape.levels, _each(lambda level: level.estimate), "classes")
    yield scope.block(names.LEVEL_SLOTS, shape.levels, _each(lambda level: level.slots), "classes")


def _each(figure: Callable[[LevelView], float]) -> Reader:
    return lambda view: [figure(level) for level in evaluation(view).levels]


def _changes(view: ModelView) -> list[int]:
    return [level.changes[direction] for level in evaluation(view).levels for direction in DIRECTIONS]


def _since(level: LevelView) -> float:
    return np.nan if level.last is None else level.last.since
