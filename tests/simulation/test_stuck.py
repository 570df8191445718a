"""Stuck values without any fault: clocks, weekends and sessions of rows, in columns of twenty values; flights are in `test_weather`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from benchmarks import quarter
from driftgauge.config import DriftSettings
from driftgauge.drift import STUCK_HOURS, stuck_values
from driftgauge.profile import ColumnSchema, ProfileSpec, Schema
from driftgauge.sketch import CategorySpec, HistogramSpec

FEATURES = 30
DAYS = 14
TICKS = int(quarter.HOUR / quarter.TICK)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sessions", quarter.SESSIONS, ids=["rows", "sessions-of-10", "sessions-of-50"])
@pytest.mark.parametrize("rows", [2.0, 60.0, 1_000.0])
def test_clocks_and_sessions_are_no_stuck_values(rows: float, sessions: tuple[int, float]):
    """Looked at every hour for two weeks, no value of any column comes near the ratio that warns."""
    rng = np.random.default_rng([3, int(rows), sessions[0]])
    traffic = quarter.Traffic.of(rng, rows, sessions, FEATURES)
    edges = np.tile(ndtri(np.arange(1, 20) / 20), (FEATURES, 1))
    schema = Schema.of(ColumnSchema(f"f{number}") for number in range(FEATURES))
    spec = ProfileSpec(schema, HistogramSpec.plain(edges), CategorySpec((), (), ()))
    hours = np.stack([
        sum(traffic.counts(rng, spec, quarter.START + hour * quarter.HOUR + (tick + 0.5) * quarter.TICK) for tick in range(TICKS))
        for hour in range(24 * DAYS)
    ])  # fmt: skip
    total = hours.sum(axis=0)
    values = np.zeros(total.shape, dtype=bool)
    values[:, 1:19] = True  # as if every bin between the outer ones were one value
    ratios = [
        stuck_values(total, hours[end - STUCK_HOURS : end], values).ratio for end in range(STUCK_HOURS, len(hours) + 1)
    ]
    assert np.nanmax(ratios) < DriftSettings().stuck_warn / 2
