"""Faults that operators know, as pure functions on the rows that are sent: a wrong unit, a value that stops moving.

Event times are never touched: the rows still happen when they happen, only what they say of themselves is wrong. A fault
starts with the first row at or after its time and lasts; rows before it come back as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from driftgauge.demo.flights import TIME

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["KILOMETRES_PER_MILE", "Fault", "faults", "freeze_schedule", "inject", "miles_to_kilometres"]

KILOMETRES_PER_MILE = 1.609344


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, when, and in which columns it can be seen.

    Attributes:
        name: for people.
        start: event time, seconds since 1970.
        columns: the columns whose distribution it changes.
        apply: rows to rows.
    """

    name: str
    start: float
    columns: tuple[str, ...]
    apply: Callable[[DataFrame], DataFrame]


def faults(miles_to_kilometres_at: float, schedule_frozen_at: float) -> tuple[Fault, ...]:
    """Return the faults of the demo by their start."""
    return (
        Fault(
            "distance in kilometres instead of miles",
            miles_to_kilometres_at,
            ("distance",),
            partial(miles_to_kilometres, start=miles_to_kilometres_at),
        ),
        Fault(
            "scheduled time frozen",
            schedule_frozen_at,
            ("hour", "minute"),
            partial(freeze_schedule, start=schedule_frozen_at),
        ),
    )


def inject(flights: DataFrame, injected: Iterable[Fault]) -> DataFrame:
    """Return the rows with all faults in them."""
    for fault in injected:
        flights = fault.apply(flights)
    return flights


def miles_to_kilometres(flights: DataFrame, start: float) -> DataFrame:
    """Return the flights with `distance` in kilometres from *start* on, as after an upstream change of units."""
    miles = flights["distance"]
    return flights.assign(distance=miles.where(flights[TIME] < start, miles * KILOMETRES_PER_MILE))


def freeze_schedule(flights: DataFrame, start: float) -> DataFrame:
    """Return the flights with `hour` and `minute` as they were last before *start*, as from a cache that is never filled again.

    Without a row before *start* they stop at its first one.
    """
    before = flights[TIME] < start
    if before.all():
        return flights
    last = flights[before].iloc[-1] if before.any() else flights.iloc[0]
    return flights.assign(**{name: flights[name].where(before, last[name]) for name in ("hour", "minute")})
