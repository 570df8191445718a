"""Which windows can judge which columns by a profile, and from which score on: as tables, in words, for programs.

What is said here is what `serve` does with default settings: it is read off the same `Judgement`.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from driftgauge.cli.terminal import LINE, printable, table
from driftgauge.config import ModelSettings
from driftgauge.drift import values_of
from driftgauge.model.judgement import Judgement
from driftgauge.profile import CEILING, DAY_SECONDS, OUTPUT, STUCK, WINDOWS, ColumnSchema, Reference, Window

__all__ = ["Thresholds"]

#: columns that a line names before it says how many more there are
_LISTED = 8

_LEGEND = (
    "a number: the debiased score that alerts, with the default settings.",
    "(number): stands guard, alerts only. -: does not judge. dispersion: over 24h.",
    "variable: the reference itself strays too far over that length.",
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What follows from a profile for every column and window."""

    reference: Reference
    judgement: Judgement
    settings: ModelSettings

    @classmethod
    def of(cls, reference: Reference) -> Thresholds:
        """Work them out for the default settings."""
        settings = ModelSettings()
        return cls(reference, Judgement.of(settings, reference, WINDOWS), settings)

    @property
    def columns(self) -> tuple[ColumnSchema, ...]:
        """The columns, in the order of the thresholds."""
        return self.reference.profile.spec.schema.columns

    def overview(self) -> Iterator[str]:
        """Yield what holds for all columns, then the columns, table and words."""
        yield from _wrapped(self._basis())
        yield ""
        names = [window.name for window in WINDOWS]
        yield from table(("alerts from", *names, "dispersion"), map(self._row, range(len(self.columns))))
        yield ""
        yield from _LEGEND
        yield ""
        said: dict[str, list[str]] = {}
        for place, column in enumerate(self.columns):
            said.setdefault(self._words(place), []).append(_shown(column))
        yield from _wrapped(f"{_listed(columns)}: {words}" for words, columns in said.items())

    def words(self, column: ColumnSchema) -> str:
        """Say which windows judge a column, and from which score on."""
        return self._words(self.columns.index(column))

    def record(self, column: ColumnSchema) -> Mapping[str, Any]:
        """Return what holds for one column, by window; null where there is no such threshold or figure."""
        place = self.columns.index(column)
        return {window.name: self._record(row, window, place) for row, window in enumerate(WINDOWS)}

    def _record(self, row: int, window: Window, place: int) -> Mapping[str, Any]:
        judged, figures = self.judgement, self.reference.calibration.get(window.name)
        return {
            "judges": bool(judged.drives[row, place]),
            "guards": bool(judged.guard[row, place]),
            "too_variable": bool(judged.too_variable[row, place]),
            "warn": _or_none(judged.warn[row, place]),
            "alert": _or_none(judged.alert[row, place]),
            "dispersion": float(judged.dispersion[row, place]),
            "evidence_from": self._sure(row, place) or None,
            "chunks": 0 if figures is None else int(figures.chunks[place]),
            "chunk_median": None if figures is None else _or_none(figures.median[place]),
            "chunk_q95": None if figures is None else _or_none(figures.q95[place]),
            "chunk_max": None if figures is None else _or_none(figures.most[place]),
        }

    def _basis(self) -> Iterator[str]:
        """Say what the thresholds rest on, and which short windows may judge."""
        drift = self.settings.drift
        defaults = f"the defaults hold (warn {drift.warn:g}, alert {drift.alert:g})"
        usable = [
            window.name
            for window in WINDOWS
            if (found := self.reference.calibration.get(window.name)) is not None and found.usable.any()
        ]
        lacking = [window.name for window in WINDOWS if window.name not in usable]
        if self.reference.provenance.time_range is None:
            yield f"not calibrated: the data had no timestamps; {defaults}; build with --timestamp to calibrate"
        elif not usable:
            yield f"not calibrated: the data are too short to be cut into 6 chunks of any window; {defaults}"
        else:
            yield f"calibrated for {_and(usable)} by the reference's own chunks"
            if lacking:
                yield f"not for {_and(lacking)}: fewer than 6 usable chunks of that length; there {defaults}"
        yield self._short_windows()
        yield self._stuck()

    def _stuck(self) -> str:
        """Say in which columns values are watched that may get stuck."""
        watched = self._watched()
        figures = self.reference.calibration.get(STUCK)
        if not any(watched):
            return "stuck values: no column has values of its own that are rare enough"
        names = [_shown(column) for column, has in zip(self.columns, watched, strict=True) if has]
        if figures is None or not figures.usable.any():
            return f"stuck values: not calibrated, so none is judged, of {_listed(names)}"
        return f"stuck values are judged over three days in {_listed(names)}"

    def _watched(self) -> list[bool]:
        return [bool(column.any()) for part in values_of(self.reference.profile) for column in part]

    def _short_windows(self) -> str:
        if self.reference.strata is not None:
            return "windows shorter than a day judge too: they are compared with the same hours of day"
        short = [row for row, window in enumerate(WINDOWS) if window.seconds < DAY_SECONDS]
        judging = self.judgement.drives
        calm = [column for place, column in enumerate(self.columns) if any(judging[row, place] for row in short)]
        why = "the profile does not know the hours of day"
        if not calm:
            return f"windows shorter than a day do not judge: {why}; the 1 h window stands guard"
        return f"windows shorter than a day judge only what stays calm in them ({_listed(map(_shown, calm))}): {why}"

    def _row(self, place: int) -> tuple[str, ...]:
        day = next(row for row, window in enumerate(WINDOWS) if window.seconds == DAY_SECONDS)
        cells = (self._cell(row, place) for row in range(len(WINDOWS)))
        return (_shown(self.columns[place]), *cells, f"{self.judgement.dispersion[day, place]:.1f}")

    def _cell(self, row: int, place: int) -> str:
        judged = self.judgement
        if judged.drives[row, place]:
            return f"{judged.alert[row, place]:.2f}"
        if judged.guard[row, place]:
            return f"({judged.alert[row, place]:.2f})"
        return "variable" if judged.too_variable[row, place] else "-"

    def _words(self, place: int) -> str:
        """Say which windows judge a column, those of the same threshold together."""
        judged = self.judgement
        hopeless = [
            window.name
            for row, window in enumerate(WINDOWS)
            if judged.too_variable[row, place] and window.seconds >= DAY_SECONDS
        ]
        by_threshold: dict[str, list[str]] = {}
        for row, window in enumerate(WINDOWS):
            if judged.drives[row, place]:
                by_threshold.setdefault(f"{judged.alert[row, place]:.2f}", []).append(window.name)
        parts = [f"too variable for {_and(hopeless)}"] if hopeless else []
        judging = [f"over {_and(names)} from {threshold}" for threshold, names in by_threshold.items()]
        parts.append(f"judged {', '.join(judging)}" if judging else "no window can judge it")
        parts += self._mute(place)
        return "; ".join(parts)

    def _mute(self, place: int) -> Iterator[str]:
        """Say which windows pass their threshold and are hardly ever sure, because rows come together."""
        judged = self.judgement
        for row, window in enumerate(WINDOWS):
            if judged.drives[row, place] and (sure := self._sure(row, place)) > CEILING:
                what = "nothing" if sure > 1 else f"only {sure:.2f} and more"
                yield f"over {window.name} {what} is evidence, as its rows scatter {judged.dispersion[row, place]:.0f} times as widely"

    def _sure(self, row: int, place: int) -> float:
        """Return the debiased distance that is evidence in a window with as many rows as the reference's days have; 0: unknown."""
        profile, times = self.reference.profile, self.reference.provenance.time_range
        counts = (*profile.histogram.counts, *profile.categories.counts)[place]
        total, degrees = int(counts.sum()), int(np.count_nonzero(counts)) - 1
        dispersion = float(np.nan_to_num(self.judgement.dispersion[row, place], nan=1.0))
        if times is None or times[1] <= times[0] or degrees < 1:
            return 0.0
        noise = (1 / total + (times[1] - times[0]) / WINDOWS[row].seconds / total) / (8 * math.log(2))
        # The quantile of chi square by Wilson and Hilferty; large windows follow it (statistics.md 1.3).
        far = -NormalDist().inv_cdf(10 ** -float(self.judgement.evidence[row]))
        quantile = degrees * (1 - 2 / (9 * degrees) + far * math.sqrt(2 / (9 * degrees))) ** 3
        return math.sqrt(max(dispersion * quantile - degrees, 0.0) * noise)


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, LINE, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _shown(column: ColumnSchema) -> str:
    return printable(column.name) + (" (output)" if column.role == OUTPUT else "")


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(every[:_LISTED]) + more


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
