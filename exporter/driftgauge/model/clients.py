"""Clients: which client processes report on a model, and what they drop.

A process is heard of with every body, at least every 15 s while it lives (`client.sender`); it ends with a last word. One
that is silent for `SILENT_SECONDS` without it was killed or hangs: what it had not sent is lost, and that is counted.
Guarantee: requests in flight are summed over the processes that are heard of, so those of a dead one go within a minute.
Memory: `MOST` processes, 200 bytes each; one more pushes the one out that was silent longest, which is counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from driftgauge.report import DROPS, Report

__all__ = ["EXITS", "MOST", "SILENT_SECONDS", "ClientCounts", "Clients"]

#: how a process goes: with a last word, without one, or because there are too many
CLOSED, SILENT, LIMIT = EXITS = ("closed", "silent", "limit")
#: four reports in a row that did not come
SILENT_SECONDS = 60.0
#: processes of one model; a pod has dozens at most
MOST = 1_024
_SWEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ClientCounts:
    """What is told of a model's client processes.

    Attributes:
        processes: heard of lately.
        sample_rate: the lowest share of calls whose rows one of them sends; None when none says.
        in_flight: requests that they work on; None when none says.
        dropped: rows that did not arrive, by reason.
        dropped_labels: labels that did not arrive, by reason.
        exits: processes that went, by `EXITS`.
    """

    processes: int
    sample_rate: float | None
    in_flight: int | None
    dropped: Mapping[str, int]
    dropped_labels: Mapping[str, int]
    exits: Mapping[str, int]


@dataclass(slots=True)
class _Process:
    heard: float
    sample_rate: float | None
    in_flight: int | None


@dataclass(slots=True)
class Clients:
    """The client processes of one model."""

    _processes: dict[str, _Process] = field(default_factory=dict)
    _dropped: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(DROPS, 0)))
    _dropped_labels: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(DROPS, 0)))
    _exits: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(EXITS, 0)))
    _swept: float | None = None

    def hear(self, report: Report, time: float) -> None:
        """Take in what came at *time*."""
        self._dropped.update(report.dropped)
        self._dropped_labels.update(report.dropped_labels)
        if self._swept is None:
            self._swept = time
        if not report.process:
            return
        known = self._processes.pop(report.process, None)  # to the end: they are in the order of their last word
        if report.ended:
            self._exits[CLOSED] += known is not None
            return
        if known is None and len(self._processes) >= MOST:
            del self._processes[next(iter(self._processes))]
            self._exits[LIMIT] += 1
        self._processes[report.process] = _Process(time, report.sample_rate, report.in_flight)

    def sweep(self, time: float) -> None:
        """Forget who was silent too long before *time*; call it every second."""
        if self._swept is None or 0 <= time - self._swept < _SWEEP_SECONDS:
            return
        gap, self._swept = time - self._swept, time
        if not 0 <= gap < SILENT_SECONDS / 2:
            # It was this process that slept, or the clock that jumped: nobody could be heard.
            for process in self._processes.values():
                process.heard = time
        gone = [name for name, process in self._processes.items() if time - process.heard > SILENT_SECONDS]
        for name in gone:
            del self._processes[name]
        self._exits[SILENT] += len(gone)

    @property
    def counts(self) -> ClientCounts | None:
        """What is known; None where no client has ever reported."""
        if self._swept is None:
            return None
        processes = self._processes.values()
        rates = [process.sample_rate for process in processes if process.sample_rate is not None]
        in_flight = [process.in_flight for process in processes if process.in_flight is not None]
        return ClientCounts(
            len(processes),
            min(rates) if rates else None,
            sum(in_flight) if in_flight else None,
            dict(self._dropped),
            dict(self._dropped_labels),
            dict(self._exits),
        )
