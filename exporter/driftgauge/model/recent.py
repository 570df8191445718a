"""Recent: requests, failures, rows and broken values of the last hour, minute by minute, on the wall clock.

Prometheus computes rates from counters; whoever looks at one exporter has no Prometheus at hand. Memory: an hour of minutes, each a
few numbers and a count for each (column, reason) that broke the schema, which are bounded (`tally.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["HOUR_SECONDS", "NOW_SECONDS", "Recent", "RecentCounts"]

#: what says that something matters, and what says that it goes on; as the alert rules have it
HOUR_SECONDS, NOW_SECONDS = 3_600.0, 300.0
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class RecentCounts:
    """What a stretch of time held.

    Attributes:
        requests: inference requests.
        failures: failed ones, by reason.
        rows: rows.
        violations: values that broke the schema, by (column, reason).
    """

    requests: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    violations: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def error_ratio(self) -> float:
        """Share of the requests that failed; 0 without requests."""
        return sum(self.failures.values()) / self.requests if self.requests else 0.0


class _Minute:
    __slots__ = ("failures", "requests", "rows", "violations")

    def __init__(self) -> None:
        self.requests, self.rows = 0, 0
        self.failures, self.violations = Counter[str](), Counter[tuple[str, str]]()


class Recent:
    """Counts the last hour."""

    def __init__(self) -> None:
        self._minutes: dict[int, _Minute] = {}
        self._time = 0.0

    def observe(self, time: float, requests: int, failures: Mapping[str, int], rows: int) -> None:
        """Count what arrived at *time*."""
        self._time = time
        minute = self._minute()
        minute.requests += requests
        minute.rows += rows
        minute.failures.update(failures)

    def violated(self, column: str, reason: str, count: int) -> None:
        """Count values of what was observed last."""
        self._minute().violations[column, reason] += count

    def within(self, now: float, seconds: float) -> RecentCounts:
        """Return what the last *seconds* before *now* held, to the minute."""
        chosen = [part for begin, part in self._minutes.items() if now - seconds < (begin + 1) * _MINUTE]
        return RecentCounts(
            sum(part.requests for part in chosen),
            sum((part.failures for part in chosen), Counter()),
            sum(part.rows for part in chosen),
            sum((part.violations for part in chosen), Counter()),
        )

    def _minute(self) -> _Minute:
        begin = int(self._time // _MINUTE)
        if begin not in self._minutes:
            self._minutes[begin] = _Minute()
            oldest = begin - HOUR_SECONDS / _MINUTE
            # A clock that was ahead leaves minutes of the future: they are of no hour.
            self._minutes = {known: part for known, part in self._minutes.items() if oldest <= known <= begin}
        return self._minutes[begin]
