"""Flights with the weather of their hour: what moves slowly is judged by long windows, and faults are found all the same.

Reference: all scheduled flights of January and February with the weather at their airport, built by the product's builder;
settings: the defaults, on the event clock. Cancelled flights stay in: their missing delays are part of a snowstorm.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from driftgauge.demo.faults import miles_to_kilometres
from driftgauge.demo.flights import DAY_SECONDS, REPLAY_START, STABLE, TIME
from tests.simulation.flights_with_weather import Replay, between, reference, replay

HOUR_SECONDS = 3_600.0
OK, ALERT = 0, 2


def day(month: int, number: int) -> float:
    """Return midnight in New York (summer time) of a day of 2013."""
    return datetime(2013, month, number, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("column", "window"),
    [("temp", "24h"), ("temp", "7d"), ("visib", "24h"), ("wind_speed", "24h"), ("pressure", "24h")],
)
def test_the_weather_is_too_variable_for_short_windows(column: str, window: str):
    """Two months of weather stray from themselves so far over a day that no threshold below the ceiling is left."""
    assert reached(column, window) > 0.75


@pytest.mark.parametrize("column", ["temp", "visib", "wind_speed", "pressure", "dep_delay", "air_time"])
def test_two_weeks_can_judge_everything(column: str):
    """Over 14 days every column has a threshold below the ceiling."""
    assert reached(column, "14d") < 0.75


def test_the_day_of_the_departure_delay_needs_more_than_the_default():
    """Snowstorms of the reference, cancelled flights included, raise its daily threshold to a third."""
    assert reached("dep_delay", "24h") == pytest.approx(0.334, abs=0.005)
    assert reached("distance", "24h") < 0.1


def reached(column: str, window: str) -> float:
    """Return what undrifted chunks of the reference reach, with the margin."""
    columns = [known.name for known in reference().profile.spec.schema.columns]
    return float(reference().calibration[window].reached[columns.index(column)])


FAULT = day(4, 15)


def faulty(change: Any) -> Replay:
    """Replay eight days of spring, and four days more with a fault in them."""
    flights = between(FAULT - 8 * DAY_SECONDS, FAULT + 4 * DAY_SECONDS)
    return replay(change(flights), 3)


def kilometres_and_fog(flights: Any) -> Any:
    """Send kilometres for miles, and three miles as the visibility of every airport."""
    stuck = flights["visib"].where(flights[TIME] < FAULT, 3.0)
    return miles_to_kilometres(flights.assign(visib=stuck), FAULT)


def shuffled(flights: Any) -> Any:
    """Give every flight the time in the air of another."""
    values = flights["air_time"].to_numpy().copy()
    late = np.flatnonzero((flights[TIME] >= FAULT).to_numpy())
    values[late] = values[np.random.default_rng(5).permutation(late)]
    return flights.assign(air_time=values)


@pytest.fixture(scope="module")
def units() -> Replay:
    return faulty(kilometres_and_fog)


@pytest.fixture(scope="module")
def broken() -> Replay:
    return faulty(shuffled)


def test_kilometres_are_found_within_a_day(units: Replay):
    """The distance is silent until the fault and in alert within 24 hours of event time."""
    assert units.of("distance")[units.times < FAULT].max() == OK
    assert units.first_alert("distance", FAULT) <= FAULT + DAY_SECONDS


def test_a_visibility_that_is_stuck_everywhere_is_found_in_three_days(units: Replay):
    """Only the long windows can judge the visibility, and they do so within 72 hours."""
    assert units.of("visib")[units.times < FAULT].max() == OK
    assert units.first_alert("visib", FAULT) <= FAULT + 3 * DAY_SECONDS


def test_a_shuffled_column_shows_in_the_residual_alone(broken: Replay):
    """Flight times shuffled among the flights of four days: every marginal is as it was, the residual alerts in a day."""
    assert broken.of("pca_residual")[broken.times < FAULT].max() == OK
    assert broken.first_alert("pca_residual", FAULT) <= FAULT + DAY_SECONDS
    for column in ("air_time", *STABLE):
        assert broken.of(column)[broken.times >= FAULT].max() < ALERT, column


def stuck(airport: str, value: float, since: float) -> Any:
    """Return the flights of seven days, on whose fourth morning the visibility of one airport got stuck."""
    flights = between(since - 3 * DAY_SECONDS, since + 4 * DAY_SECONDS)
    late = (flights[TIME] >= since) & (flights["origin"] == airport)
    return flights.assign(visib=flights["visib"].where(~late, value))


def test_one_airport_with_a_stuck_visibility_is_found_in_three_days():
    """A third of the flights is too little for a distance that knows how weather moves, but fog does not last for three days."""
    found = replay(stuck("EWR", 0.25, FAULT), 3)
    assert found.of("visib")[found.times < FAULT + DAY_SECONDS].max() < ALERT
    assert found.first_alert("visib", FAULT) <= FAULT + 3 * DAY_SECONDS
    assert found.of("visib", "24h").max() < ALERT  # no window sees it


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("since", [day(4, 15), day(6, 10), day(10, 3)])
@pytest.mark.parametrize("airport", ["EWR", "JFK", "LGA"])
@pytest.mark.parametrize("value", [0.25, 3.0, 6.0, 9.0])
def test_any_airport_and_value_is_found_in_three_days(airport: str, value: float, since: float):
    """But for ten miles, which three hours of four have anyway."""
    assert replay(stuck(airport, value, since), 3).first_alert("visib", since) <= since + 3 * DAY_SECONDS


def test_a_visibility_that_is_stuck_at_ten_miles_is_not_seen():
    """The commonest value is no sign: a clear week looks the same."""
    found = replay(stuck("EWR", 10.0, FAULT), 3)
    assert np.nanmax(found.stuck[:, found.columns.index("visib")]) < 0.05
    assert found.of("visib").max() < ALERT


@pytest.fixture(scope="module")
def year() -> Replay:
    """March to December as they were."""
    return replay(between(REPLAY_START, np.inf), 3)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("column", [name for name in STABLE if name != "hour"])
def test_a_stable_column_never_alerts(year: Replay, column: str):
    """No window alerts in ten months."""
    assert not year.alerts(column)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_hour_alerts_on_two_days_of_an_unusual_timetable_only(year: Replay):
    """The day of 25 hours and Thanksgiving; a day at most each."""
    assert [datetime.fromtimestamp(spell.start, UTC).month for spell in year.alerts("hour")] == [11, 11]
    assert max(spell.days for spell in year.alerts("hour")) <= 1


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("column", "window", "episodes", "days"),
    [
        ("dep_delay", "24h", 0, 0),  # storms pass the threshold, but hours of storms scatter too widely for evidence
        ("dep_delay", "7d", 0, 0),
        ("dep_delay", "14d", 0, 0),
        ("visib", "7d", 1, 3.0),
        ("visib", "14d", 3, 10.5),
        ("wind_speed", "7d", 1, 4.0),
        ("wind_speed", "14d", 0, 0),
        ("pressure", "14d", 0, 0),
    ],
)
def test_what_wobbles_alerts_seldom_and_briefly(year: Replay, column: str, window: str, episodes: int, days: float):
    """Episodes of ten months in one window, and the longest of them."""
    found = year.alerts(column, window)
    assert len(found) <= episodes
    assert max((spell.days for spell in found), default=0) <= days


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_value_of_ten_months_stays(year: Replay):
    """Undrifted, no value of any column holds 2 % of the rows more than in the reference for three days; 10 % warns."""
    judged = [name for name in year.columns if not np.isnan(year.stuck[:, year.columns.index(name)]).all()]
    assert {"visib", "wind_speed", "dep_delay", "carrier", "dest"} <= set(judged)
    for column in judged:
        assert np.nanmax(year.stuck[:, year.columns.index(column)]) < 0.02, column


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_delay_of_whole_days_has_six_episodes(year: Replay):
    """Judged once a day, at midnight in New York, ten months of delays pass their threshold six times."""
    midnight = np.array([hour_in_new_york(time) in {23, 0, 1} for time in year.times])
    high = year.scores("dep_delay", "24h")[midnight] >= year.threshold("dep_delay", "24h")
    assert np.count_nonzero(high & ~np.append(False, high[:-1])) <= 6


def hour_in_new_york(time: float) -> int:
    """Return the hour of the day, summer time or not."""
    summer = day(3, 10) <= time < day(11, 3)
    return int(time / HOUR_SECONDS - (4 if summer else 5)) % 24


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_temperature_is_in_alert_from_mid_april_to_november(year: Replay):
    """One episode in the 14 d window; every shorter one is too variable to say anything."""
    (summer,) = year.alerts("temp")
    assert day(4, 10) < summer.start < day(4, 22)
    assert day(11, 10) < summer.end < day(12, 1)
    for window in ("24h", "7d"):
        assert year.threshold("temp", window) == np.inf


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_september_in_the_air_is_in_alert(year: Replay):
    """Winds aloft change with the season: the time in the air is in alert all September in the 14 d window."""
    september = (year.times >= day(9, 1)) & (year.times < day(10, 1))
    assert (year.of("air_time", "14d")[september] == ALERT).all()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_columns_that_cannot_be_judged_yet_are_warming(year: Replay):
    """The only reason for which a column has no status is that its long windows are still filling."""
    assert {reason for column in year.columns for reason in year.because(column)} == {"warming"}


def test_stable_columns_never_alert_at_the_end_of_a_day():
    """Ten months of whole days: what is stable in all scheduled flights is never in alert, in any window."""
    year = replay(between(REPLAY_START, day(12, 31) + DAY_SECONDS), 24)
    for column in STABLE:
        assert year.status[:, year.columns.index(column)].max() < ALERT, column
    for column in ("distance", "carrier", "origin"):
        assert year.status[:, year.columns.index(column)].max() == OK, column
