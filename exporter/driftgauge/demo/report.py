"""Report: what the demo shows while it runs, and what it says at the end: injected faults against what was found.

Pure but for the `Screen`, which draws over itself on a terminal and prints one line a day elsewhere. Natural movement of
the data is listed apart from the faults: a monitor that mistakes one for the other gets switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from driftgauge.demo.faults import Fault
from driftgauge.demo.findings import ALERT, OK, UNDECIDED, WARN, Findings, History
from driftgauge.demo.flights import DAY_SECONDS, REPLAY_START, STABLE
from driftgauge.demo.quality import Quality

__all__ = ["Screen", "all_found", "final_report", "live_table"]

_WORDS = {UNDECIDED: "warming", OK: "ok", WARN: "WARN", ALERT: "ALERT"}
_COLOURS = {UNDECIDED: "2", OK: "32", WARN: "33", ALERT: "31"}


def live_table(findings: Findings, injected: Iterable[Fault], days: int) -> list[str]:
    """Return the current state as lines."""
    elapsed = max(0.0, findings.time - REPLAY_START) if findings.columns else 0.0
    rows = [
        (name, _WORDS[history.now], "-" if history.debiased is None else f"{history.debiased:.3f}", _kind(name))
        for name, history in findings.columns.items()
    ]
    active = [fault.name for fault in injected if findings.time >= fault.start]
    day = min(int(elapsed // DAY_SECONDS) + 1, days)
    return [
        f"{_moment(findings.time)}   day {day} of {days}   {findings.predictions:,} predictions",
        f"injected so far: {'; '.join(active) or 'nothing'}",
        "",
        *_table(("column", "status", "drift over 24 h", "nature"), rows),
    ]


def final_report(findings: Findings, injected: Sequence[Fault]) -> list[str]:
    """Return what was found when, against what was injected."""
    return [
        "",
        "Injected faults, and when they were found (hours of event time after the fault):",
        *_table(
            ("fault", "column", "since", "warned after", "alerted after"),
            [row for fault in injected for row in _fault_rows(fault, findings)],
        ),
        "",
        "Columns that are stable in these data, before any fault of their own (warnings and alerts):",
        *_table(("column", "silent", ""), [_silence_row(name, findings, injected) for name in STABLE]),
        "",
        "Natural movement, no fault: delays come with the weather, and the model's answers with the delays",
        "(the faults in its inputs move its answers too):",
        *_table(
            ("column", "time ok", "in warn", "in alert"),
            [
                (name, *(f"{history.share(status):.0%}" for status in (OK, WARN, ALERT)))
                for name, history in findings.columns.items()
                if name not in STABLE
            ],
        ),
        *_quality(findings.quality),
    ]


def _quality(quality: Quality) -> list[str]:
    """Tell how often the model was right; nothing without labels."""
    if quality.reference is None or (worst := quality.worst) is None:
        return []
    rows = [("reference", "-", *quality.reference), ("worst day", _moment(worst.time), *worst[1:])]
    last = quality.days[-1]
    return [
        "",
        "How often the model was right, by the labels of flights that have landed, and without them:",
        *_table(
            ("24 hours until", "", "right", "expected"),
            [
                (name, moment, _percent(right), _percent(expected))
                for name, moment, right, expected in (*rows, ("the end", _moment(last.time), *last[1:]))
            ],
        ),
    ]


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.1%}"


def all_found(findings: Findings, injected: Iterable[Fault]) -> bool:
    """Tell whether every column of every fault has been in alert since the fault."""
    return all(
        findings.columns.get(name, History()).first(ALERT, fault.start) is not None
        for fault in injected
        for name in fault.columns
    )


@dataclass
class Screen:
    """Where the live state is shown; it draws over itself where that is possible."""

    stream: TextIO
    injected: Sequence[Fault]
    days: int
    quiet: bool = False
    _drawn: int = 0
    _day: str = ""

    def show(self, findings: Findings) -> None:
        """Show the state of now."""
        if self.quiet or not findings.columns:
            return
        if self.stream.isatty():
            self._draw(live_table(findings, self.injected, self.days), findings)
        elif (day := _moment(findings.time)[:10]) != self._day:
            self._day = day
            print(_day_line(findings), file=self.stream, flush=True)

    def _draw(self, lines: Sequence[str], findings: Findings) -> None:
        back = f"\x1b[{self._drawn}A" if self._drawn else ""
        colours = dict(zip(lines[-len(findings.columns) :], findings.columns.values(), strict=True))
        text = "\n".join(f"\x1b[2K{_coloured(line, colours.get(line))}" for line in lines)
        print(f"{back}{text}", file=self.stream, flush=True)
        self._drawn = len(lines)


def _day_line(findings: Findings) -> str:
    """Return one line of the day: who is not ok."""
    raised = [
        f"{name} {_WORDS[history.now]}" for name, history in findings.columns.items() if history.now in {WARN, ALERT}
    ]
    warming = all(history.now == UNDECIDED for history in findings.columns.values())
    said = "warming up: no window is full yet" if warming else ", ".join(raised) or "all ok"
    return f"{_moment(findings.time)}  {findings.predictions:>7,} predictions  {said}"


def _coloured(line: str, history: History | None) -> str:
    return line if history is None else f"\x1b[{_COLOURS[history.now]}m{line}\x1b[0m"


def _kind(name: str) -> str:
    return "stable" if name in STABLE else "moves by itself"


def _fault_rows(fault: Fault, findings: Findings) -> Iterable[tuple[str, ...]]:
    for name in fault.columns:
        history = findings.columns.get(name, History())
        found = (history.first(least, fault.start) for least in (WARN, ALERT))
        after = ("not found" if time is None else f"{(time - fault.start) / 3600:.1f} h" for time in found)
        yield (fault.name, name, _moment(fault.start), *after)


def _silence_row(name: str, findings: Findings, injected: Sequence[Fault]) -> tuple[str, str, str]:
    until = min((fault.start for fault in injected if name in fault.columns), default=float("inf"))
    episodes = findings.columns.get(name, History()).episodes(until)
    return name, "no" if episodes else "yes", ", ".join(" to ".join(map(_moment, episode)) for episode in episodes)


def _moment(time: float) -> str:
    """Return an event time for people, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M") if abs(time) < 1e11 else "-"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
