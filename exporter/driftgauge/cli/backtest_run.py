"""Running a backtest: build or read the reference, count the rows by time, play them, and say what came of it."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np

from driftgauge.batch import Batch
from driftgauge.cli.backtest_report import document, report
from driftgauge.cli.files import observed, read_profile
from driftgauge.cli.progress import Progress
from driftgauge.cli.roles import kinds_of, roles_of
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.errors import ConfigError, SourceError
from driftgauge.model.backtest import SlotCounts, backtest
from driftgauge.profile import HOUR_SECONDS, Reference
from driftgauge.reference import BuildOptions, build
from driftgauge.sources import Source, open_source

__all__ = ["backtest_file"]

#: share of the file's time that becomes the reference where none is named
_REFERENCE_SHARE = 1 / 3
#: a slot for every hour of twenty years; wrong times make more
_MOST_SLOTS = 200_000


def backtest_file(args: argparse.Namespace) -> int:
    """Play the file that *args* names and print what came of it."""
    change = None if args.change is None else _moment("--change", args.change)
    settings = _settings(args)
    if args.timestamp is None:
        raise ConfigError("--timestamp: expected the column with the event times; without times there are no windows")
    source = open_source(args.file, roles_of(args))
    with Progress(sys.stderr) as progress:
        reference, first = _reference(args, source, progress)
        slots = SlotCounts(reference.profile.spec, args.every * HOUR_SECONDS)
        for batch in observed(source, progress, passes=1)():
            slots.add(_later(batch, first))
            if len(slots.profiles) > _MOST_SLOTS:
                raise SourceError(f"{args.file}: its times span more than {_MOST_SLOTS:,} slots; are they seconds?")
    if not slots.profiles:
        raise SourceError(f"{args.file}: no rows with an event time after the reference's")
    begin, end = slots.span
    if change is not None and not begin <= change < end:
        raise ConfigError(f"--change {args.change}: expected a time within {_text(begin)} to {_text(end)}")
    _check_columns(args, reference)
    result = backtest(reference, slots, settings, change=change)
    about = {"file": source.name, "from": _text(begin), "to": _text(end), "without_time": slots.without_time}
    if args.json:
        print(json.dumps(document(result, about, args.changed, args.weeks), indent=2))
    else:
        print("\n".join(report(result, about, args.changed, args.weeks)))
    return 0


def _settings(args: argparse.Namespace) -> ModelSettings:
    if not 0.25 <= args.every <= 24:
        raise ConfigError(f"--every {args.every}: expected 0.25 to 24 hours")
    if not 0 < args.weeks < math.inf:
        raise ConfigError(f"--weeks {args.weeks}: expected a number > 0")
    drift = DriftSettings(measures=(), fleet_bins=0, false_episodes_per_week=1 / args.weeks)
    return ModelSettings(tick_seconds=args.every * HOUR_SECONDS, drift=drift)


def _reference(args: argparse.Namespace, source: Source, progress: Progress) -> tuple[Reference, float]:
    """Return the reference, and from when on rows are played."""
    if args.reference is not None:
        return read_profile(args.reference), -math.inf
    until = _moment("--until", args.until) if args.until is not None else _first_share(source, progress)
    options = BuildOptions(f"{source.name} until {_text(until)}", time.time(), kinds=kinds_of(args))
    earlier = observed(source, progress, passes=2)
    return build(_before(earlier, until), options), until


def _first_share(source: Source, progress: Progress) -> float:
    first, last = math.inf, -math.inf
    for batch in observed(source, progress, passes=1)():
        times = np.empty(0) if batch.timestamps is None else batch.timestamps[~np.isnan(batch.timestamps)]
        first, last = min(first, times.min(initial=math.inf)), max(last, times.max(initial=-math.inf))
    if not first < last:
        raise SourceError(f"{source.name}: expected event times that span some time")
    day = 24 * HOUR_SECONDS
    share = first + (last - first) * _REFERENCE_SHARE
    return share // day * day if share // day * day > first else share


def _before(batches: Callable[[], Iterator[Batch]], until: float) -> Callable[[], Iterator[Batch]]:
    def passing() -> Iterator[Batch]:
        for batch in batches():
            if batch.timestamps is not None and len(rows := np.flatnonzero(batch.timestamps < until)):
                yield batch.take(rows)

    return passing


def _later(batch: Batch, first: float) -> Batch:
    if batch.timestamps is None or first == -math.inf:
        return batch
    return batch.take(np.flatnonzero(~(batch.timestamps < first)))


def _check_columns(args: argparse.Namespace, reference: Reference) -> None:
    known = {column.name for column in reference.profile.spec.schema.columns}
    for name in args.changed:
        if name not in known:
            raise ConfigError(f"--changed {name!r}: expected a column of the reference: {', '.join(sorted(known))}")


def _moment(flag: str, text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{flag} {text!r}: expected a time such as 2026-03-01 or 2026-03-01T08:00:00Z") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%MZ")
