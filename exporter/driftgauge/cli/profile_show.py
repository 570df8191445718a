"""`driftgauge profile show`: what a profile holds, for people or as JSON."""

from __future__ import annotations

import argparse
import difflib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.cli.files import read_profile
from driftgauge.cli.profile_thresholds import Thresholds
from driftgauge.cli.terminal import Painter, bar, fitted, number, percent, printable, table
from driftgauge.drift import jensen_shannon
from driftgauge.errors import ProfileError
from driftgauge.profile import CATEGORICAL, NUMERIC, OUTPUT, STUCK, ColumnSchema, Profile, Reference

__all__ = ["DESCRIPTION", "HELP", "USAGE", "add_arguments", "heading", "run"]

HELP = "print what a profile holds"
USAGE = "driftgauge profile show PROFILE [--column NAME] [--json]"
DESCRIPTION = """\
Print what a profile holds: where it comes from, and each column's bins, missing
values, moments or top categories. "floor" is the score that chance alone gives even
to an endless window against this profile: smaller differences cannot be seen with it."""

#: rows of an imagined window that is large against every profile
ENDLESS = 1e12
TOP_SHOWN = 3
BAR_COLUMNS = 40
LABEL_COLUMNS = 36


@dataclass(frozen=True, slots=True)
class Cell:
    """A bin or category of a column."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to say of a column; NaN for what its kind does not have."""

    column: ColumnSchema
    cells: tuple[Cell, ...]
    missing: float
    noise_floor: float
    mean: float = math.nan
    stddev: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @property
    def total(self) -> int:
        """Rows, missing ones included."""
        return sum(cell.count for cell in self.cells)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("profile", metavar="PROFILE", help='the profile; "-": standard input')
    parser.add_argument("--column", metavar="NAME", help="show the bins of one column")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the profile, or one column of it."""
    reference = read_profile(args.profile)
    facts = [*_numeric(reference.profile), *_categorical(reference.profile)]
    if args.column is not None:
        facts = _named(facts, args.column, args.profile)
    if args.json:
        print(json.dumps(_document(reference, facts), indent=2))
    elif args.column is not None:
        about = Thresholds.of(reference)
        print("\n\n".join("\n".join(_drawn(found, about.words(found.column))) for found in facts))
    else:
        print("\n".join(_overview(reference, facts)))
    return 0


def heading(reference: Reference) -> Mapping[str, Any]:
    """Return what a profile says of itself."""
    about = reference.provenance
    return {
        "name": about.name,
        "rows": reference.rows,
        "created": _instant(about.created),
        "model": about.model,
        "version": about.version,
        "digest": reference.digest,
        "time_range": None if about.time_range is None else [_instant(time) for time in about.time_range],
        "hour_strata": reference.strata is not None,
        "calibrated_windows": [
            name for name, figures in reference.calibration.items() if name != STUCK and figures.usable.any()
        ],
        "notes": list(about.notes),
    }


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _numeric(profile: Profile) -> Iterator[Facts]:
    histogram, spec = profile.histogram, profile.histogram.spec
    floors = jensen_shannon(histogram.counts, histogram.counts * ENDLESS).noise_floor
    for row, column in enumerate(profile.spec.schema.numeric):
        counts = histogram.counts[row].tolist()
        labels = _intervals(spec.edges[row], wide=column.wide)
        cells = [Cell(label, count) for label, count in zip(labels, counts, strict=False)]
        yield Facts(
            column,
            (*cells, Cell("(missing)", counts[-1])),
            float(histogram.missing_ratio[row]),
            float(floors[row]),
            float(histogram.mean[row]),
            float(histogram.stddev[row]),
            _known(spec.lows[row]),
            _known(spec.highs[row]),
        )


def _categorical(profile: Profile) -> Iterator[Facts]:
    categories = profile.categories
    floors = jensen_shannon(categories.counts, categories.counts * ENDLESS).noise_floor
    for row, column in enumerate(profile.spec.schema.categorical):
        counts = categories.counts[row].tolist()
        cells = [Cell(name, count) for name, count in zip(categories.spec.names[row], counts, strict=False)]
        yield Facts(
            column,
            (*cells, Cell("(other)", counts[-2]), Cell("(missing)", counts[-1])),
            float(categories.missing_ratio[row]),
            float(floors[row]),
        )


def _known(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan


def _intervals(edges: NDArray[np.float64], *, wide: bool) -> list[str]:
    """Return the bins' names; an edge one step below the next one only sets a single value apart."""
    if not len(edges):
        return ["all"]
    precision = np.float64 if wide else np.float32
    digits = 12 if wide else 7
    texts = [f"{edge:.{digits}g}" for edge in edges]
    stepped = np.nextafter(edges.astype(precision), precision(np.inf))
    single = [*(stepped[:-1] == edges[1:]).tolist(), False]
    upper = [f"x < {texts[i + 1]}" if single[i] else f"x <= {texts[i]}" for i in range(len(edges))]
    inner = [f"x = {texts[i]}" if single[i - 1] else f"{texts[i - 1]} < {upper[i]}" for i in range(1, len(edges))]
    return [upper[0], *inner, f"x > {texts[-1]}"]


def _named(facts: Sequence[Facts], name: str, path: str) -> list[Facts]:
    found = [one for one in facts if one.column.name == name]
    if found:
        return found
    names = [one.column.name for one in facts]
    near = difflib.get_close_matches(name, names, n=1)
    guess = f", did you mean {near[0]!r}?" if near else ""
    raise ProfileError(f"{path}: no column {name!r}{guess}; `driftgauge profile show {path}` lists the columns")


def _document(reference: Reference, facts: Sequence[Facts]) -> Mapping[str, Any]:
    thresholds = Thresholds.of(reference)
    columns = [{**_record(found), "thresholds": thresholds.record(found.column)} for found in facts]
    return {**heading(reference), "columns": columns}


def _record(found: Facts) -> Mapping[str, Any]:
    column = found.column
    record: dict[str, Any] = {"name": column.name, "role": column.role, "kind": column.kind}
    if column.kind == NUMERIC:
        record |= {name: _or_none(getattr(found, name)) for name in ("mean", "stddev", "low", "high")}
    return {
        **record,
        "missing_ratio": _or_none(found.missing),
        "noise_floor": _or_none(found.noise_floor),
        "bins": [{"bin": cell.label, "count": cell.count} for cell in found.cells],
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _overview(reference: Reference, facts: Sequence[Facts]) -> Iterator[str]:
    paint = Painter(sys.stdout)
    about = heading(reference)
    model = " ".join(filter(None, (about["model"], about["version"])))
    yield paint(printable(f"{about['name']}: {about['rows']:,} rows"), "bold")
    yield printable(f"created {about['created']}, digest {about['digest']}, model {model or 'any'}")
    if about["time_range"]:
        yield "times   {} to {}".format(*about["time_range"])
    if about["hour_strata"]:
        yield "counted by hour of day"
    yield from (printable(f"note: {note}") for note in about["notes"])
    for kind, lines in ((NUMERIC, _numeric_table), (CATEGORICAL, _categorical_table)):
        chosen = [found for found in facts if found.column.kind == kind]
        if chosen:
            yield ""
            yield from lines(chosen)
    yield ""
    yield from Thresholds.of(reference).overview()


def _numeric_table(facts: Sequence[Facts]) -> list[str]:
    header = ("numeric column", "role", "bins", "missing", "mean", "stddev", "low", "high", "floor")
    rows = [
        (
            printable(found.column.name),
            found.column.role,
            str(len(found.cells) - 1),
            percent(found.missing),
            *map(number, (found.mean, found.stddev, found.low, found.high)),
            _score(found.noise_floor),
        )
        for found in facts
    ]
    return table(header, rows, left=(0, 1))


def _categorical_table(facts: Sequence[Facts]) -> list[str]:
    header = ("categorical column", "role", "categories", "missing", "floor", "most frequent")
    rows = [
        (
            printable(found.column.name),
            found.column.role,
            str(len(found.cells) - 2),
            percent(found.missing),
            _score(found.noise_floor),
            _most_frequent(found),
        )
        for found in facts
    ]
    return table(header, rows, left=(0, 1, 5))


def _most_frequent(found: Facts) -> str:
    top = [
        f"{fitted(printable(cell.label), 12)} {percent(cell.count / found.total)}"
        for cell in found.cells[:-2][:TOP_SHOWN]
        if found.total
    ]
    return ", ".join(top) or "-"


def _score(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _drawn(found: Facts, judged: str) -> Iterator[str]:
    column, total = found.column, max(found.total, 1)
    role = " (output)" if column.role == OUTPUT else ""
    yield Painter(sys.stdout)(printable(f"{column.name}{role}: {column.kind}, {found.total:,} rows; {judged}"), "bold")
    longest = max(cell.count for cell in found.cells) or 1
    labels = [fitted(printable(cell.label), LABEL_COLUMNS) for cell in found.cells]
    rows = [
        (label, f"{cell.count:,}", percent(cell.count / total), bar(cell.count / longest, BAR_COLUMNS, sys.stdout))
        for label, cell in zip(labels, found.cells, strict=True)
    ]
    yield from table(("bin" if column.kind == NUMERIC else "category", "rows", "share", ""), rows, left=(0, 3))
