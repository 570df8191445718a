"""Block: series of one metric of one model whose prefixes stay while the model keeps its shape.

Only values are read and written at a scrape. Memory: labels of columns are shared by all their blocks, 10 bytes a series; other
series have text of their own, 150 bytes. A block belongs to a rank, and whole ranks are left out when there are too many series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from driftgauge.expose.family import Prefixes, Samples
from driftgauge.expose.text import pairs
from driftgauge.model import Evaluation, ModelView
from driftgauge.names import Metric
from driftgauge.profile import ColumnSchema, Profile, Reference

__all__ = ["KEPT", "RANKS", "Block", "Reader", "Scope", "evaluation", "reference", "total"]

#: rank of what is never left out: traffic, freshness, reference, thresholds of latency, drift of the model as a whole
KEPT = "kept"
#: what is left out first comes first. The fleet's counters go late, because the fleet's score is what pages
RANKS = ("measures", "segments", "columns", "classes", "windows", "fleet", "quality", "scores")

T = TypeVar("T")

Reader = Callable[[ModelView], ArrayLike]


@dataclass(frozen=True, slots=True)
class Block:
    """Prefixes, and how their values are read from a view (NaN where undefined)."""

    metric: Metric
    rank: str
    prefixes: Prefixes
    read: Reader

    def samples(self, view: ModelView) -> Samples:
        """Return the samples of *view*."""
        values = np.asarray(self.read(view), dtype=np.float64).reshape(-1)
        return Samples(self.prefixes, values)


class Scope:
    """Makes blocks of one version of a model; label pairs are rendered once."""

    def __init__(self, name: str, version: str, columns: Sequence[ColumnSchema]) -> None:
        self.pairs = pairs(("model", "version"), (name, version))
        self._columns = tuple(
            f"{self.pairs},{pairs(('feature', 'role'), (column.name, column.role))}" for column in columns
        )

    def single(self, metric: Metric, read: Reader, labels: Sequence[str] = ()) -> Block:
        """Make the block of one series of the model."""
        return self.block(metric, [tuple(labels)], read)

    def block(self, metric: Metric, labels: Iterable[Sequence[str]], read: Reader, rank: str = KEPT) -> Block:
        """Make a block of series with these label values, those after `model` and `version`."""
        return self.shared(metric, self.rendered(metric, labels), read, rank)

    def rendered(self, metric: Metric, labels: Iterable[Sequence[str]]) -> tuple[str, ...]:
        """Render the label values of the labels of *metric* after `model` and `version`."""
        names = metric.labels[2:]
        return tuple(f"{self.pairs},{pairs(names, values)}" if names else self.pairs for values in labels)

    def shared(self, metric: Metric, rendered: tuple[str, ...], read: Reader, rank: str) -> Block:
        """Make a block of series with labels that have been rendered, for this metric or one with the same labels."""
        return Block(metric, rank, Prefixes(rendered, f"{metric.name}{{", "} "), read)

    def columns(self, metric: Metric, read: Reader, rank: str, labels: Sequence[str] = ()) -> Block:
        """Make a block of one series per column; *labels* are the values of the labels after `role`."""
        rest = f",{pairs(metric.labels[4:], labels)}" if labels else ""
        return Block(metric, rank, Prefixes(self._columns, f"{metric.name}{{", f"{rest}}} "), read)


def evaluation(view: ModelView) -> Evaluation:
    """Return the evaluation of a view whose shape says that it has one."""
    return _known(view.evaluation)


def reference(view: ModelView) -> Reference:
    """Return the reference of a view whose shape says that it has one."""
    return _known(view.reference)


def total(view: ModelView) -> Profile:
    """Return the running totals of a view whose shape says that it has them."""
    return _known(view.total)


def _known(value: T | None) -> T:
    assert value is not None
    return value
