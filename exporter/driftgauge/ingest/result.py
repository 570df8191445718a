"""What decoding gives back: limits of one body, refused rows and the decoded batch.

Memory: at most ten row errors are kept whatever the size of the body; the other refused rows are only counted, by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from driftgauge.batch import Batch
from driftgauge.errors import DecodeError

__all__ = ["Decoded", "Limits", "NothingUsable", "Refusals", "RowError", "Warned"]

#: row errors that an answer carries
_ERRORS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one body; what is over one is refused as `too_large` with the limit's name.

    Attributes:
        body_bytes: size of the body, as sent and decompressed.
        rows: rows (lines of NDJSON, entries of a list, first dimension of tensors).
        columns: distinct feature and output columns.
        values: rows times columns, because sparse rows of many keys grow when they become columns; the default is a
            full body of 16-bit floats, 64 MiB as float64.
    """

    body_bytes: int = 16 * 2**20
    rows: int = 100_000
    columns: int = 2_000
    values: int = 8 * 2**20

    def check(self, *, rows: int, columns: int = 0) -> None:
        """Raise `DecodeError` when a table of this size is over a limit."""
        self._check("rows", rows, self.rows)
        self._check("columns", columns, self.columns)
        self.check_values(rows * columns)

    def check_bytes(self, size: int) -> None:
        """Raise `DecodeError` when a body of *size* bytes is too large."""
        if size > self.body_bytes:
            message = f"the body has {size} bytes; limits.body_bytes is {self.body_bytes}"
            raise DecodeError("too_large", message, field="body_bytes")

    def check_values(self, values: int) -> None:
        """Raise `DecodeError` when there are too many values."""
        self._check("values", values, self.values)

    def _check(self, name: str, size: int, most: int) -> None:
        if size > most:
            raise DecodeError("too_large", f"{size} {name} in one body; limits.{name} is {most}", field=name)


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row was refused, or one field of the body left out (`row` is None)."""

    row: int | None
    field: str | None
    reason: str
    message: str

    def as_dict(self) -> dict[str, int | str]:
        """Return what the answer's JSON says of this row."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Warned:
    """What could not be used of rows that count, or not as it was meant: a field, and of how many rows."""

    field: str
    reason: str
    count: int
    message: str

    def as_dict(self) -> dict[str, int | str]:
        """Return what the answer's JSON says of it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded body: the batch, the rows that were left out, what cannot be used of the others, and the model when the body names it."""

    batch: Batch
    accepted: int
    rejected: int = 0
    errors: tuple[RowError, ...] = ()
    model: str | None = None
    version: str | None = None
    rejected_reasons: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()


class NothingUsable(DecodeError):  # noqa: N818 - named for what it says
    """Every row of a body was refused.

    Args:
        errors: the first ten refused rows; the first one gives this error its reason.
        rejected: number of refused rows.
        rejected_reasons: refused rows by reason.
    """

    def __init__(self, errors: tuple[RowError, ...], rejected: int, rejected_reasons: Mapping[str, int]) -> None:
        first = errors[0]
        message = f"none of {rejected} rows can be used; row {first.row}: {first.message}"
        super().__init__(first.reason, message, row=first.row, field=first.field)
        self.errors = errors
        self.rejected = rejected
        self.rejected_reasons = rejected_reasons


class Refusals:
    """Collects the refused rows of one body: all counted by reason, the first ten kept."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.errors: list[RowError] = []

    def add(self, row: int, error: DecodeError) -> None:
        """Count one refused row."""
        self.reasons[error.reason] += 1
        if len(self.errors) < _ERRORS:
            self.errors.append(RowError(row, error.field, error.reason, str(error)))

    def check(self, usable: int) -> None:
        """Raise when no row is left."""
        if usable:
            return
        if self.errors:
            raise NothingUsable(tuple(self.errors), self.reasons.total(), dict(self.reasons))
        raise DecodeError("empty", "the body holds no rows")

    def decoded(
        self,
        batch: Batch,
        *,
        model: str | None = None,
        version: str | None = None,
        warnings: tuple[Warned, ...] = (),
    ) -> Decoded:
        """Return the result for the rows that are left."""
        self.check(batch.rows)
        return Decoded(
            batch,
            accepted=batch.rows,
            rejected=self.reasons.total(),
            errors=tuple(self.errors),
            model=model,
            version=version,
            rejected_reasons=dict(self.reasons),
            warnings=warnings,
        )
