"""Reports: `parameters.driftgauge` of an Open Inference Protocol body: totals, and what a client says of itself.

Totals are exact however many rows were sampled, dropped or refused on the way, so they replace what the rows look like.
Guarantee: a field that cannot be used is left out, named in the answer and counted; the rows and the other fields stay.
Cost: about 3 us a body, and 30 ns a latency.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from driftgauge.batch import Floats, Requests
from driftgauge.failures import FAILURES
from driftgauge.ingest.excerpt import excerpt, short
from driftgauge.ingest.facts import Violations
from driftgauge.ingest.result import RowError
from driftgauge.report import DROPS, Report

__all__ = ["Totals", "read_totals"]

_WHERE = "parameters.driftgauge"
_TOTALS = frozenset({"requests", "predictions", "failures", "latencies"})
_OF_CLIENTS = frozenset({"pid", "process", "sample_rate", "in_flight", "ended", "dropped", "dropped_labels"})
_FIELDS = _TOTALS | _OF_CLIENTS
#: counts beyond that are a mistake, not traffic
_MOST = 2**31
_PROCESS_CHARS = 64
#: errors that an answer carries, as for rows
_ERRORS = 10


@dataclass(slots=True)
class Totals:
    """What a body's parameters say.

    Attributes:
        given: whether the body has such parameters at all.
        requests: requests that ended since the last body; None when the rows tell.
        predictions: rows predicted since the last body; None when the rows tell.
        failures: failed requests by reason; None when the rows tell.
        latencies: seconds of requests none of whose rows are sent.
        report: what the sender says of itself.
        errors: fields that could not be used.
    """

    given: bool = False
    requests: int | None = None
    predictions: int | None = None
    failures: Mapping[str, int] | None = None
    latencies: Floats = field(default_factory=lambda: np.empty(0))
    report: Report | None = None
    errors: list[RowError] = field(default_factory=list)

    def over(self, requests: Requests) -> Requests:
        """Return the requests that the rows look like, with these totals in their place."""
        latencies = requests.latencies
        return replace(
            requests,
            count=requests.count if self.requests is None else self.requests,
            failures=requests.failures if self.failures is None else self.failures,
            predictions=self.predictions,
            latencies=np.concatenate([latencies, self.latencies]) if len(self.latencies) else latencies,
        )


def read_totals(parameters: Any, violations: Violations) -> Totals:
    """Read the value of `parameters.driftgauge`; fields that cannot be used are counted in *violations*."""
    if parameters is None:
        return Totals()
    reading = _Reading(violations)
    if not isinstance(parameters, dict):
        reading.wrong("", f"expected an object, got {excerpt(parameters)}")
        return Totals(errors=reading.errors)
    for name in parameters.keys() - _FIELDS:
        reading.wrong(short(str(name)), "this field is not known", "unknown_field")
    requests = reading.count(parameters, "requests")
    predictions = reading.count(parameters, "predictions")
    failures = reading.counts(parameters, "failures", FAILURES, "error")
    return Totals(
        given=True,
        requests=requests,
        predictions=predictions,
        # A sender that counts its predictions counts its failures, and leaves them out where there were none.
        failures=failures if failures or predictions is not None or "failures" in parameters else None,
        latencies=reading.latencies(parameters),
        report=None if _OF_CLIENTS.isdisjoint(parameters) else _report_of(parameters, reading),
        errors=reading.errors,
    )


def _report_of(parameters: Mapping[str, Any], reading: _Reading) -> Report:
    pid = reading.count(parameters, "pid")
    process = parameters.get("process")
    if process is not None and not (isinstance(process, str) and 0 < len(process) <= _PROCESS_CHARS):
        reading.wrong("process", f"expected a text of 1 to {_PROCESS_CHARS} characters, got {excerpt(process)}")
        process = None
    return Report(
        process or ("" if pid is None else str(pid)),
        reading.share(parameters, "sample_rate"),
        reading.count(parameters, "in_flight"),
        reading.counts(parameters, "dropped", DROPS, "other"),
        reading.counts(parameters, "dropped_labels", DROPS, "other"),
        reading.flag(parameters, "ended"),
    )


class _Reading:
    """Takes fields out of the parameters; remembers which of them could not be used."""

    def __init__(self, violations: Violations) -> None:
        self.errors: list[RowError] = []
        self._violations = violations

    def wrong(self, name: str, message: str, reason: str = "wrong_type") -> None:
        """Count a field that cannot be used."""
        self._violations[f"driftgauge.{name}" if name else "driftgauge", reason] += 1
        if len(self.errors) < _ERRORS:
            path = f"{_WHERE}.{name}" if name else _WHERE
            self.errors.append(RowError(None, path, "structure", f"{path}: {message}"))

    def count(self, fields: Mapping[str, Any], name: str) -> int | None:
        """Return a count; None where it is absent or none."""
        value = fields.get(name)
        if value is None or _is_count(value):
            return value
        self.wrong(name, f"expected a whole number from 0 to {_MOST}, got {excerpt(value)}")
        return None

    def counts(self, fields: Mapping[str, Any], name: str, known: tuple[str, ...], other: str) -> Mapping[str, int]:
        """Return counts by reason; reasons that are not *known* count as *other*."""
        value = fields.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(name, f"expected an object of counts by reason, got {excerpt(value)}")
            return {}
        counts: Counter[str] = Counter()
        for reason, number in value.items():
            if _is_count(number):
                counts[reason if reason in known else other] += number
            else:
                self.wrong(name, f"expected a whole number for {short(reason)!r}, got {excerpt(number)}")
        return dict(counts)

    def share(self, fields: Mapping[str, Any], name: str) -> float | None:
        """Return a share; None where it is absent or none."""
        value = fields.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.wrong(name, f"expected a number from 0 to 1, got {excerpt(value)}")
        return None

    def flag(self, fields: Mapping[str, Any], name: str) -> bool:
        """Return whether a flag is set."""
        value = fields.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, f"expected true or false, got {excerpt(value)}")
        return value is True

    def latencies(self, fields: Mapping[str, Any]) -> Floats:
        """Return the usable latencies in seconds."""
        values = fields.get("latencies")
        if values is None:
            return np.empty(0)
        if not isinstance(values, list):
            self.wrong("latencies", f"expected a list of seconds, got {excerpt(values)}")
            return np.empty(0)
        usable = [float(value) for value in values if _is_latency(value)]
        if len(usable) < len(values):
            bad = next(value for value in values if not _is_latency(value))
            left = len(values) - len(usable)
            self.wrong(
                "latencies", f"expected seconds from 0 on, got {excerpt(bad)} ({left} of {len(values)} left out)"
            )
        return np.array(usable)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_latency(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
