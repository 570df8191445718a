"""Schema: which columns a model has, and how each is counted.

The order is fixed (float32 numeric columns, float64 numeric columns, categorical columns, each as given), because the
position of a column is its row in every sketch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CATEGORICAL", "INPUT", "NUMERIC", "OUTPUT", "ColumnSchema", "Schema"]

INPUT, OUTPUT = "input", "output"
NUMERIC, CATEGORICAL = "numeric", "categorical"


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """One column: its name, its role (`input`, `output`), its kind (`numeric`, `categorical`).

    `wide` numeric columns are compared in float64, because float32 would merge values of theirs (statistics.md 12.4).
    """

    name: str
    role: str = INPUT
    kind: str = NUMERIC
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a model in canonical order.

    >>> Schema.of([ColumnSchema("plan", kind="categorical"), ColumnSchema("age")]).columns[0].name
    'age'
    """

    columns: tuple[ColumnSchema, ...]

    @classmethod
    def of(cls, columns: Iterable[ColumnSchema]) -> Schema:
        """Order *columns* canonically."""
        return cls(tuple(sorted(columns, key=lambda column: (column.kind == CATEGORICAL, column.wide))))

    @property
    def numeric(self) -> tuple[ColumnSchema, ...]:
        """Numeric columns: the rows of the histogram."""
        return tuple(column for column in self.columns if column.kind == NUMERIC)

    @property
    def categorical(self) -> tuple[ColumnSchema, ...]:
        """Categorical columns: the rows of the category counts."""
        return tuple(column for column in self.columns if column.kind == CATEGORICAL)
