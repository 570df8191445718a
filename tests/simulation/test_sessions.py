"""Rows that come in sessions are fewer than they look: the dispersion factor keeps them from alerting, and lets steps pass.

Sessions of 50 rows with an intra-class correlation of 0.5; 16 independent columns stand for 16 streams.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.rhythm import Traffic, Watch, first, watch
from tests.simulation.traffic import model, reference

COLUMNS = 16
WARM_HOURS = 26.0
STEP_HOUR = 31.9  # just before the hour ends, when the factor is measured anew


def watched(
    rows: int,
    *,
    session: int = 50,
    days: float,
    shift: float = 0.0,
    since: float = np.inf,
    timed: bool = False,
    every: int = 3,
) -> Watch:
    """Watch *rows* rows in five minutes, moved by *shift* from hour *since* on; evaluate every *every* five minutes."""
    traffic = Traffic(COLUMNS, rows, cycle=0.0, session=session, correlation=0.5 if session > 1 else 0.0)
    rng = np.random.default_rng(3)
    if timed:
        known = traffic.reference(rng, 14, strata="never", multivariate=False)
    else:
        known = reference(rng.standard_normal((COLUMNS, 10_000)))
    moved = model(known, tick_seconds=300 * every, seasonality="none")
    return watch(moved, traffic, rng, days=days, shift=lambda hours: shift * (hours >= since), every=every)


@pytest.fixture(scope="module")
def sessions() -> Watch:
    """Two days and a half at 600 rows an hour against a reference that knows nothing of time."""
    return watched(50, days=2.5)


@pytest.fixture(scope="module")
def independent() -> Watch:
    """Thirty-two hours of independent rows, then a step of half a standard deviation."""
    return watched(50, session=1, days=1.4, shift=0.5, since=STEP_HOUR, every=1)


def false_share(found: Watch, window: str) -> float:
    return float(found.raised(window)[found.hours > WARM_HOURS].mean())


@pytest.mark.parametrize("window", ["15m", "1h", "6h", "24h"])
def test_sessions_seldom_pass_the_rule(sessions: Watch, window: str):
    """A thousandth of the time at most at 600 rows an hour, where it is 27 percent without the factor."""
    assert false_share(sessions, window) < 0.001


@pytest.mark.parametrize("window", ["15m", "1h", "6h", "24h"])
def test_every_window_knows_that_sessions_scatter(sessions: Watch, window: str):
    """Blocks scatter three times as widely and their far tail some twelve times, in windows without blocks of their own too."""
    factors = sessions.dispersion[sessions.hours > WARM_HOURS, sessions.windows.index(window)]
    assert factors.mean() == pytest.approx(13.0, abs=3.0)
    assert factors.min() > 4


def test_independent_rows_have_no_factor_to_speak_of(independent: Watch):
    """One within noise in every window."""
    known = (independent.hours > WARM_HOURS) & (independent.hours < STEP_HOUR)
    assert independent.dispersion[known].mean() == pytest.approx(1.0, abs=0.05)
    assert independent.dispersion[known].max() < 1.5


def test_independent_rows_raise_nothing(independent: Watch):
    """No status in 32 hours of 16 columns in six windows."""
    assert independent.status[independent.hours < STEP_HOUR].max() == 0


def test_a_step_is_found_as_fast_as_without_the_factor(independent: Watch):
    """Half a standard deviation at ten rows a minute: the median of the rule's delay is 37 minutes, as without it."""
    raised = np.any([independent.raised(window, evidence=6.6) for window in ("15m", "1h", "6h", "24h")], axis=0)
    assert np.median(first(independent.hours, raised, STEP_HOUR)) * 60 == pytest.approx(37, abs=8)


def test_the_status_follows_a_step_within_the_hour(independent: Watch):
    """Every column of 16 warns; half of them within 40 minutes."""
    delays = independent.delays(STEP_HOUR) * 60
    assert np.median(delays) <= 40
    assert delays.max() <= 75


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rows", [50, 200])
@pytest.mark.parametrize("timed", [False, True])
def test_sessions_at_both_rates_with_both_kinds_of_reference(rows: int, timed: bool):  # noqa: FBT001
    """600 and 2,400 rows an hour, factor from traffic alone and from the reference's chunks too: next to never."""
    found = watched(rows, days=5, timed=timed)
    assert false_share(found, "1h") < 0.001


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("shift", "hours"), [(0.5, 9.0), (1.0, 3.5)])
def test_a_step_in_sessions_is_found_in_hours(shift: float, hours: float):
    """Twelve sessions an hour: a test that knew the law of their means would take 4.8 hours and 1.2 for p = 1e-7."""
    found = watched(50, days=3.5, shift=shift, since=60, every=2)
    assert np.median(found.delays(60.0, 2)) <= hours
