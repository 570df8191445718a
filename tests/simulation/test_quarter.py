"""A reduced version of the benchmark of a quarter without drift: false episodes, ours beside the raw rules."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import quarter

FEATURES = 30
DAYS = 7


def episodes(rows: float, sessions: tuple[int, float]) -> dict[str, int]:
    rng = np.random.default_rng([1, int(rows)])
    traffic = quarter.Traffic.of(rng, rows, sessions, FEATURES)
    return {rule: count.episodes for rule, count in quarter.watch(rng, traffic, DAYS).items()}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("rows", [2.0, 60.0, 1_000.0])
def test_independent_rows_stay_within_twice_the_budget(rows: float):
    """A week with daily and weekly cycles: at most one episode, where KS and JS by the hour have hundreds."""
    found = episodes(rows, quarter.SESSIONS[0])
    assert found["driftgauge: warn or alert"] <= 2 * quarter.BUDGET
    assert found["KS p < 0.05, 1h"] > 100


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sessions", quarter.SESSIONS[1:])
def test_sessions_stay_within_twice_the_budget(sessions: tuple[int, float]):
    """At most one episode where the raw rules by the hour have hundreds."""
    found = episodes(60.0, sessions)
    assert found["driftgauge: warn or alert"] <= 2 * quarter.BUDGET
    for rule in ("KS p < 0.05, 1h", "JS distance > 0.1, 1h"):
        assert found[rule] > 100, rule
