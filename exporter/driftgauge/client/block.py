"""Block: rows of one shape, as columns, on their way into one body.

Guarantee: joining blocks keeps the order of the rows; what a block lacks is missing in its rows. Only blocks of one
`layout` are joined. A column in which numbers and texts met is divided by rows before it is written, because a tensor
holds one or the other: nothing is turned into something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Categories, Column, Mixed, concatenate
from driftgauge.client.stack import Stack

__all__ = ["INPUT", "OUTPUT", "Block", "Layout", "joined", "unmixed"]

Layout: TypeAlias = tuple[tuple[str, str, int, str], ...]

INPUT, OUTPUT = "inputs", "outputs"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows as columns.

    Attributes:
        rows: how many.
        inputs: feature columns.
        outputs: output columns.
        facts: what is known of each row beside: `latency_s`, `status`, `id`, `ts`, `label`, `segment.FIELD`,
            `tokens.TEXT`.
        matrices: tables that stay whole, by (role, name): features given as an array, class scores.
    """

    rows: int
    inputs: Mapping[str, Column] = field(default_factory=dict)
    outputs: Mapping[str, Column] = field(default_factory=dict)
    facts: Mapping[str, Column] = field(default_factory=dict)
    matrices: Mapping[tuple[str, str], Stack] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """What blocks must have in common to be joined."""
        return tuple((*key, m.shape[1], m.dtype.str) for key, m in sorted(self.matrices.items(), key=lambda kv: kv[0]))

    @property
    def nbytes(self) -> int:
        """Bytes of the values, about."""
        columns = len(self.inputs) + len(self.outputs) + len(self.facts)
        packed = sum(
            sum(map(len, column.vocabulary))
            for name, column in self.facts.items()
            if name.startswith("tokens.") and isinstance(column, Categories)
        )
        return 8 * columns * self.rows + packed + sum(matrix.nbytes for matrix in self.matrices.values())

    def take(self, rows: NDArray[np.bool_] | slice) -> Block:
        """Return the chosen rows."""
        batch, facts = _batches_of(self)
        batch, facts = batch.take(rows), facts.take(rows)
        matrices = {key: matrix.take(rows) for key, matrix in self.matrices.items()}
        return Block(batch.rows, batch.inputs, batch.outputs, facts.inputs, matrices)

    def pieces(self, most_rows: int, most_bytes: int) -> Iterator[Block]:
        """Yield the rows in pieces within both bounds, or of one row."""
        step = max(1, min(most_rows, most_bytes * self.rows // max(self.nbytes, 1)))
        if step >= self.rows:
            yield self
            return
        for start in range(0, self.rows, step):
            yield self.take(slice(start, start + step))


def joined(blocks: Sequence[Block]) -> Block:
    """Return the rows of all *blocks*, which have one layout."""
    if len(blocks) == 1:
        return blocks[0]
    rows = [block.rows for block in blocks]
    return Block(
        sum(rows),
        _joined([block.inputs for block in blocks], rows),
        _joined([block.outputs for block in blocks], rows),
        _joined([block.facts for block in blocks], rows),
        {key: Stack.of([block.matrices[key] for block in blocks]) for key in blocks[0].matrices},
    )


def _joined(parts: Sequence[Mapping[str, Column]], rows: Sequence[int]) -> Mapping[str, Column]:
    names = parts[0].keys()
    if all(part.keys() == names and all(type(part[name]) is np.ndarray for name in names) for part in parts):
        return {name: np.concatenate([part[name] for part in parts]) for name in names}
    return concatenate([Batch(count, part) for count, part in zip(rows, parts, strict=True)]).inputs


def unmixed(block: Block) -> Iterator[Block]:
    """Yield the rows in blocks without a mixed column."""
    block = Block(block.rows, _tidy(block.inputs), _tidy(block.outputs), _tidy(block.facts), block.matrices)
    for columns in (block.inputs, block.outputs, block.facts):
        for column in columns.values():
            if isinstance(column, Mixed):
                texts = column.categories.codes >= 0
                yield from unmixed(block.take(texts))
                yield from unmixed(block.take(~texts))
                return
    yield block


def _tidy(columns: Mapping[str, Column]) -> dict[str, Column]:
    return {name: _simplest(column) for name, column in columns.items()}


def _simplest(column: Column) -> Column:
    """Return a mixed column as what it holds, when that is only one kind."""
    if not isinstance(column, Mixed):
        return column
    if np.isnan(column.numbers).all():
        return column.categories
    return column.numbers if (column.categories.codes < 0).all() else column


def _batches_of(block: Block) -> tuple[Batch, Batch]:
    return Batch(block.rows, block.inputs, block.outputs), Batch(block.rows, block.facts)
