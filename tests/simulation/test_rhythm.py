"""Daily cycles of half a standard deviation: which windows stay silent under them, and when a step or a creep is found.

Eight independent columns stand for eight runs; references are two weeks of the same traffic.
"""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.drift import jensen_shannon
from driftgauge.profile import Reference
from tests.simulation.rhythm import Traffic, Watch, first, watch
from tests.simulation.traffic import batch, model

WARN = 1
#: a step comes at midnight, after two quiet days
QUIET_HOURS = 48.0
THIN, THICK = Traffic(8, rows=20), Traffic(8, rows=200)  # 240 and 2,400 rows an hour


def step(hours: float) -> float:
    """Half a standard deviation from the third day on."""
    return 0.5 if hours >= QUIET_HOURS else 0.0


def creep(hours: float) -> float:
    """A twentieth of a standard deviation a day from the third day on."""
    return 0.05 * max(0.0, hours - QUIET_HOURS) / 24


def two_weeks(traffic: Traffic, strata: str) -> Reference:
    return traffic.reference(np.random.default_rng(1), 14, strata=strata, multivariate=False)


def stepped(traffic: Traffic, strata: str) -> Watch:
    rng = np.random.default_rng(2)
    return watch(model(two_weeks(traffic, strata), tick_seconds=900), traffic, rng, days=3, shift=step)


@pytest.fixture(scope="module")
def whole_day() -> Watch:
    """A step under a reference that does not know the hours."""
    return stepped(THIN, "never")


@pytest.fixture(scope="module")
def by_hour() -> Watch:
    """A step under a reference by hour of day."""
    return stepped(THIN, "auto")


def quiet(found: Watch) -> np.ndarray:
    return found.hours <= QUIET_HOURS


def test_an_hour_measures_the_clock():
    """Hours against the whole day pass the plain rule a fifth of the time at 240 rows an hour, without any drift."""
    rng = np.random.default_rng(3)
    spec = two_weeks(THIN, "never").profile
    found = []
    for hour in np.tile(np.arange(24.0), 8):
        values = THIN.values(rng, np.full(240, hour * 3_600 + 1_800))
        scores = jensen_shannon(spec.histogram.counts, spec.spec.of(batch(values)).histogram.counts)
        found.append((scores.debiased >= 0.1) & (scores.evidence >= 6))
    assert np.mean(found) == pytest.approx(0.21, abs=0.04)


@pytest.mark.parametrize("name", ["whole_day", "by_hour"])
def test_a_daily_cycle_alone_raises_nothing(name: str, request: pytest.FixtureRequest):
    """No status in the first two days, from the first hour on: warming windows, the catch-all, and warm ones."""
    found = request.getfixturevalue(name)
    assert found.status[quiet(found)].max() == 0


def test_hours_are_not_judged_by_a_reference_that_does_not_know_them(whole_day: Watch):
    """The reference's own hours stray too far; short windows have no threshold, the catch-all aside."""
    assert whole_day.window_status[:, whole_day.windows.index("6h")].max() == -1


def test_the_day_finds_a_step_in_half_a_day(whole_day: Watch):
    """The 24 h window passes the rule about 11.6 hours after a step of half a standard deviation, and stays."""
    raised = whole_day.raised("24h")
    assert first(whole_day.hours, raised, QUIET_HOURS).mean() == pytest.approx(11.6, abs=1.5)
    assert raised[whole_day.hours > QUIET_HOURS + 15].all()


def test_the_hours_find_a_step_in_an_hour(by_hour: Watch):
    """By hour of day, the status of every column warns within two hours and a half of the step, on average in 1.2."""
    delays = by_hour.delays(QUIET_HOURS, WARN)
    assert delays.mean() <= 1.5
    assert delays.max() <= 2.5


def test_hours_are_known_where_the_data_have_a_rhythm():
    """The builder keeps hour strata by itself for a daily cycle, and none for traffic without one."""
    assert two_weeks(THIN, "auto").strata is not None
    flat = Traffic(2, rows=20, cycle=0.0)
    assert two_weeks(flat, "auto").strata is None


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("strata", "most_hours"), [("never", 12.0), ("auto", 0.5)])
def test_more_traffic_finds_a_step_sooner_only_by_hour(strata: str, most_hours: float):
    """At 2,400 rows an hour the day still takes half a day; the hour of day takes under half an hour."""
    found = stepped(THICK, strata)
    assert found.status[quiet(found)].max() == 0
    assert found.delays(QUIET_HOURS, WARN).mean() <= most_hours


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("strata", ["never", "auto"])
def test_the_day_finds_a_creep_in_under_six_days(strata: str):
    """The 24 h window passes the rule about 5.5 days into a creep of a twentieth of a standard deviation a day."""
    rng = np.random.default_rng(2)
    found = watch(model(two_weeks(THIN, strata), tick_seconds=900), THIN, rng, days=9, shift=creep)
    assert found.status[quiet(found)].max() == 0
    days = first(found.hours, found.raised("24h"), QUIET_HOURS) / 24
    assert days.mean() == pytest.approx(5.5, abs=0.5)
