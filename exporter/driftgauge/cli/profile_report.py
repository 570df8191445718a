"""A comparison as a table for people, or as a document for programs."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from driftgauge.cli.profile_counting import Counted
from driftgauge.cli.profile_show import heading
from driftgauge.cli.terminal import Painter, percent, printable, table
from driftgauge.drift import ALERT, OK, UNDECIDED, WARN
from driftgauge.drift.words import odds
from driftgauge.profile import OUTPUT, ColumnSchema, Reference
from driftgauge.reference.compare import ColumnComparison, Comparison

__all__ = ["STATUS_WORDS", "chance", "document", "report", "verdict"]

STATUS_WORDS: Mapping[int, str] = MappingProxyType({ALERT: "alert", WARN: "warn", OK: "ok", UNDECIDED: "undecided"})
_COLOURS = {ALERT: "red", WARN: "yellow", OK: "green", UNDECIDED: "dim"}

#: evidence beyond which a name says less than the power itself
_NAMED = 15
#: odds below which a score is what chance does anyway
_LIKELY = 2

_LEGEND = (
    "score: Jensen-Shannon distance, 0 to 1. floor: the score that chance alone gives at this many rows.",
    "debiased: the score without chance's share. by chance: how often no drift looks like this.",
    "shift: of the mean, in standard deviations of the reference.",
)
_NAIVE = (
    "naive: the plain score was judged, without evidence and however few rows there are; without any drift,",
    "half of the comparisons of 1,000 with 500 rows exceed 0.1.",
)


def chance(evidence: float) -> str:
    """Return -log10 of a probability in words.

    >>> chance(7.02)
    '1 in 10 million'
    """
    if math.isnan(evidence):
        return "-"
    if evidence >= _NAMED:
        return f"1 in 10^{int(evidence)}"
    return "likely" if 10.0**evidence < _LIKELY else odds(evidence).replace("\u202f", ",")


def report(reference: Reference, current: Counted, comparison: Comparison, *, naive: bool) -> Iterator[str]:
    """Yield the lines of the table, the verdict first."""
    paint = Painter(sys.stdout)
    yield paint(verdict(comparison), _COLOURS[comparison.status])
    before = heading(reference)
    yield printable(
        f"reference  {before['name']}: {before['rows']:,} rows, digest {before['digest']}, {before['created']}"
    )
    yield printable(f"current    {current.name}: {comparison.rows:,} rows")
    yield from (printable(f"note: {note}") for note in (*current.notes, *_lacking(comparison)))
    yield ""
    yield from table(_HEADER, (_row(found, paint) for found in comparison.columns))
    yield ""
    yield from (paint(line, "dim") for line in _LEGEND)
    if naive:
        yield from (paint(line, "yellow") for line in _NAIVE)


def verdict(comparison: Comparison) -> str:
    """Return the verdict in a line."""
    counted = Counter(found.status for found in comparison.columns)
    parts = [f"{counted[status]} {word}" for status, word in STATUS_WORDS.items() if counted[status]]
    return f"{STATUS_WORDS[comparison.status]}: {len(comparison.columns)} columns compared, {', '.join(parts)}"


def document(
    reference: Reference, current: Counted, comparison: Comparison, rule: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the same for programs; what is undefined is null."""
    return {
        "status": STATUS_WORDS[comparison.status],
        "reference": heading(reference),
        "current": {"name": current.name, "rows": comparison.rows},
        "rule": rule,
        "notes": [*current.notes, *_lacking(comparison)],
        "columns": [_record(found) for found in comparison.columns],
        "only_in_reference": [column.name for column in comparison.only_in_reference],
        "only_in_current": [column.name for column in comparison.only_in_current],
    }


def _record(found: ColumnComparison) -> Mapping[str, Any]:
    numbers = {field.name: getattr(found, field.name) for field in fields(found)[2:]}
    return {
        "name": found.column.name,
        "role": found.column.role,
        "kind": found.column.kind,
        "status": STATUS_WORDS[found.status],
        **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
    }


def _lacking(comparison: Comparison) -> Iterator[str]:
    for side, columns in (("reference", comparison.only_in_reference), ("current", comparison.only_in_current)):
        if columns:
            yield f"only in the {side} profile and not compared: {_names(columns)}"


def _names(columns: Iterable[ColumnSchema]) -> str:
    return ", ".join(repr(column.name) for column in columns)


_HEADER = ("column", "status", "score", "floor", "debiased", "by chance", "rows", "missing", "shift")


def _row(found: ColumnComparison, paint: Painter) -> tuple[str, ...]:
    output = " (output)" if found.column.role == OUTPUT else ""
    shift = found.mean_shift_sigma
    return (
        printable(found.column.name) + output,
        paint(STATUS_WORDS[found.status], _COLOURS[found.status]),
        _score(found.score),
        _score(found.noise_floor),
        _score(found.debiased),
        chance(found.evidence),
        f"{found.samples:,}",
        percent(found.missing_ratio),
        f"{shift:+.2f}" if math.isfinite(shift) else "-",
    )


def _score(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"
