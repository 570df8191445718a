"""Series of the classes of categorical outputs: their shares, and the rate ratios of the rare ones.

An output has at most `limit` classes with series of their own, the most frequent of the reference; the others are added
up in `_other`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge import names
from driftgauge.expose.block import Block, Reader, Scope, evaluation
from driftgauge.expose.shape import Shape

__all__ = ["OTHER", "ClassCut", "class_blocks", "merged_series"]

#: the class that holds what has no series of its own
OTHER = "_other"
#: the output whose shares are the model's predicted classes (batch.py)
PREDICTION = "prediction"


@dataclass(frozen=True, slots=True)
class ClassCut:
    """Which classes have series of their own.

    Attributes:
        kept: positions of these classes.
        rest: positions of the others.
        names: labels, those of `kept` first, `_other` last where there is a rest.
    """

    kept: tuple[int, ...]
    rest: tuple[int, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, classes: tuple[str, ...], limit: int) -> ClassCut:
        """Cut *classes*, most frequent first, to *limit*."""
        kept = tuple(i for i, name in enumerate(classes) if name != OTHER)[:limit]
        rest = tuple(i for i in range(len(classes)) if i not in kept)
        own = tuple(classes[i] for i in kept)
        return cls(kept, rest, (*own, OTHER) if rest else own)

    @property
    def merged(self) -> int:
        """Classes that lost a series of their own."""
        return max(len(self.rest) - 1, 0)

    def added(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value a label, those of the rest added up."""
        own = values[list(self.kept)]
        return np.append(own, values[list(self.rest)].sum()) if self.rest else own

    def single(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value a label; undefined for a rest of several, whose values do not add up."""
        own = values[list(self.kept)]
        if not self.rest:
            return own
        return np.append(own, values[self.rest[0]] if len(self.rest) == 1 else np.nan)


def class_blocks(scope: Scope, shape: Shape, limit: int) -> Iterator[Block]:
    """Yield the blocks of every categorical output."""
    window = shape.status_window
    for number, (column, classes) in enumerate(shape.classes):
        cut = ClassCut.of(classes, limit)
        if number == _predicted(shape):
            labels = [(name, window) for name in cut.names]
            yield scope.block(names.PREDICTED_CLASS_RATIO, labels, _ratios(number, cut), "classes")
        rare = [(column.name, name, window) for name in cut.names]
        yield scope.block(names.RATE_RATIO, rare, _rates(number, cut, "ratio"), "classes")
        yield scope.block(names.RATE_RATIO_EVIDENCE, rare, _rates(number, cut, "evidence"), "classes")


def merged_series(shape: Shape, limit: int) -> int:
    """Return how many series the limit takes: of each class its two rates, of a predicted one its share too."""
    predicted = _predicted(shape)
    return sum(
        ClassCut.of(classes, limit).merged * (3 if number == predicted else 2)
        for number, (_, classes) in enumerate(shape.classes)
    )


def _predicted(shape: Shape) -> int:
    """Return which output holds the predicted class: the one called `prediction`, else the first."""
    columns = [column.name for column, _ in shape.classes]
    return columns.index(PREDICTION) if PREDICTION in columns else 0


def _ratios(number: int, cut: ClassCut) -> Reader:
    return lambda view: cut.added(evaluation(view).classes[number].ratios)


def _rates(number: int, cut: ClassCut, name: str) -> Reader:
    return lambda view: cut.single(getattr(evaluation(view).classes[number].rates, name))
