"""The flights of 2013 through one model, without HTTP, on the clock of the flights themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.demo import flights
from driftgauge.model import Model
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from driftgauge.sources import Roles, from_frame

#: event time between two evaluations; the statuses of whole days do not need more
HOURS = 3
#: the wall clock stands still: only the flights move time
WALL = 1.8e9


@dataclass(frozen=True)
class Replay:
    """The statuses of all columns at each evaluation, [evaluations, columns], and of each window."""

    times: NDArray[np.float64]
    columns: tuple[str, ...]
    windows: tuple[str, ...]
    status: NDArray[np.int8]
    window_status: NDArray[np.int8]

    def of(self, column: str) -> NDArray[np.int8]:
        return self.status[:, self.columns.index(column)]

    def first_alert(self, column: str) -> float:
        """Return the event time of the column's first alert, infinite without one."""
        alerts = self.times[self.of(column) == 2]
        return float(alerts[0]) if len(alerts) else np.inf


@cache
def all_flights() -> Any:
    """Load the flights, their times floored to the hour: the ring then takes 20 slots a day in place of 300."""
    loaded = flights.load()
    return loaded.assign(**{flights.TIME: loaded[flights.TIME] // 3600 * 3600})


@cache
def reference() -> Reference:
    return build(from_frame(flights.training(all_flights()), _roles()).batches, BuildOptions("flights", 0.0))


def replay(frame: Any) -> Replay:
    """Observe *frame* in its order and evaluate every `HOURS` hours, at default settings."""
    # The display measures decide nothing and cost as much as the scores.
    settings = ModelSettings(name="flights", clock="event", tick_seconds=HOURS * 3600, drift=DriftSettings(measures=()))
    model = Model("flights", "1", settings, reference())
    found = []
    for part in flights.requests(frame, HOURS):
        model.observe(_batch(part), WALL)
        evaluation = model.tick(WALL)
        assert evaluation is not None
        found.append((evaluation.time, evaluation.status, evaluation.window_status))
    assert not model.view(WALL).counters.late
    times, status, window_status = (np.array(values) for values in zip(*found, strict=True))
    columns = tuple(column.name for column in evaluation.columns)
    return Replay(times, columns, tuple(window.name for window in evaluation.windows), status, window_status)


def _roles() -> Roles:
    return Roles(timestamp=flights.TIME, features=flights.FEATURES)


def _batch(frame: Any) -> Batch:
    return next(from_frame(frame, _roles()).batches())
