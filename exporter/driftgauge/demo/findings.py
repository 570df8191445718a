"""Findings: what the exporter said of each column, and when, on the clock of the flights.

Fed with the answers of its read-only API, one evaluation each; knows no socket and no printer.
Memory: a byte or two per column and evaluation; a replay of 24 days has 460.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from driftgauge.demo.quality import Quality

__all__ = ["ALERT", "OK", "UNDECIDED", "WARN", "Findings", "History"]

UNDECIDED, OK, WARN, ALERT = -1, 0, 1, 2
_STATUSES: Mapping[str, int] = {"undecided": UNDECIDED, "ok": OK, "warn": WARN, "alert": ALERT}


@dataclass(slots=True)
class History:
    """One column's statuses by event time, and its last score over the status window."""

    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    debiased: float | None = None

    @property
    def now(self) -> int:
        """The last status."""
        return self.statuses[-1] if self.statuses else UNDECIDED

    def first(self, least: int, since: float) -> float | None:
        """Return when the status first was *least* or more at or after *since*; None if never."""
        return next((time for time, status in self if time >= since and status >= least), None)

    def episodes(self, until: float) -> list[tuple[float, float]]:
        """Return first and last time of each stay in warn or alert before *until*."""
        judged = [(time, status >= WARN) for time, status in self if time < until]
        runs = (list(run) for raised, run in groupby(judged, key=itemgetter(1)) if raised)
        return [(run[0][0], run[-1][0]) for run in runs]

    def share(self, status: int) -> float:
        """Return the share of the judged evaluations that had *status*."""
        judged = [found for found in self.statuses if found != UNDECIDED]
        return judged.count(status) / max(len(judged), 1)

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """Iterate over (time, status)."""
        return zip(self.times, self.statuses, strict=True)


@dataclass(slots=True)
class Findings:
    """All columns' histories by name, in the order in which the exporter lists them."""

    time: float = float("-inf")
    predictions: int = 0
    columns: dict[str, History] = field(default_factory=dict)
    quality: Quality = field(default_factory=Quality)

    def see(self, answer: Mapping[str, Any]) -> None:
        """Take one answer of `/api/v1/models/{model}/versions/{version}` in; the same evaluation twice counts once."""
        self.predictions = answer["predictions"]
        evaluation = answer["evaluation"]
        if evaluation is None or evaluation["time"] <= self.time:
            return
        self.time = evaluation["time"]
        self.quality.see(answer)
        for column in evaluation["columns"]:
            history = self.columns.setdefault(column["feature"], History())
            history.times.append(self.time)
            history.statuses.append(_STATUSES[column["status"]])
            history.debiased = column["windows"][evaluation["status_window"]]["debiased"]
