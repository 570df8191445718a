"""The ring and its windows against sums over all events."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Requests
from driftgauge.profile import WINDOWS, ColumnSchema, ProfileSpec, Ring, Schema, Window
from driftgauge.sketch import CategorySpec, HistogramSpec

SPEC = ProfileSpec(
    Schema.of([ColumnSchema("x", wide=True)]), HistogramSpec.plain([[0.0, 1.0]]), CategorySpec((), (), ())
)
START = 1.7e9
#: window name -> seconds a slot
SLOTS = {"15m": 60, "1h": 60, "6h": 300, "24h": 900, "7d": 3600, "14d": 3600}
DAY = 86_400.0


def profile(value: float):
    return SPEC.of(Batch(1, inputs={"x": np.array([value])}, requests=Requests(1, np.array([abs(value)]))))


def rows_of(window: Window, times: np.ndarray, now: float) -> np.ndarray:
    """Which events a window holds: those of its slots up to the current one."""
    slot = SLOTS[window.name]
    last = now // slot
    return (times // slot <= last) & (times // slot > last - window.seconds // slot)


def assert_windows(ring: Ring, times: np.ndarray, values: np.ndarray, now: float) -> None:
    for window in WINDOWS:
        inside = rows_of(window, times, now)
        found = ring.window(window, now)
        assert found.rows == np.count_nonzero(inside), window.name
        assert (
            found.histogram.counts[0, :-1].tolist()
            == np.bincount(np.searchsorted([0.0, 1.0], values[inside]), minlength=3).tolist()
        )
        assert found.histogram.sums.sum() == pytest.approx(values[inside].sum(), abs=1e-3)  # held as float32
        assert found.latency.sums[0] == pytest.approx(np.abs(values[inside]).sum(), abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("late", [0.0, 300.0])
def test_windows_are_sums_over_events(seed, late):
    """Every window equals the sum over its events, asked at any time, with events out of order within the lateness."""
    rng = np.random.default_rng(seed)
    gaps = rng.choice([1.0, 20.0, 200.0, 4_000.0, 40_000.0], 250, p=[0.3, 0.3, 0.2, 0.15, 0.05]) * rng.random(250)
    arrivals = START + np.cumsum(gaps)
    times = arrivals - late * rng.random(250)
    values = rng.normal(size=250)
    ring = Ring(SPEC)
    for count, (arrival, time, value) in enumerate(zip(arrivals, times, values, strict=True), start=1):
        ring.add(profile(value), time)
        if count % 10 == 0 or rng.random() < 0.2:
            assert_windows(ring, times[:count], values[:count], arrival)
    assert ring.total.rows == 250


def test_a_late_event_enters_a_window_that_was_already_asked_for():
    """An event for the newest slot, arriving after that slot has ended and been read, is not lost."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    assert ring.window(WINDOWS[0], START + 130).rows == 1
    ring.add(profile(2.0), START + 1)
    assert ring.window(WINDOWS[0], START + 130).rows == 2


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
def test_far_edge(window):
    """An event is in a window until between its length less a slot and its length have passed."""
    slot = SLOTS[window.name]
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    first = START // slot * slot
    assert ring.window(window, first + window.seconds - 0.5).rows == 1
    assert ring.window(window, first + window.seconds).rows == 0


def test_a_gap_longer_than_the_ring():
    """After three weeks of silence the windows are empty, and the next event is alone in them."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    assert all(ring.window(window, START + 21 * DAY).rows == 0 for window in WINDOWS)
    ring.add(profile(2.0), START + 21 * DAY)
    assert all(ring.window(window, START + 21 * DAY).rows == 1 for window in WINDOWS)
    assert ring.total.rows == 2


def test_an_event_older_than_the_ring():
    """An event too old for every slot enters the total only."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    ring.add(profile(2.0), START - 15 * DAY)
    assert all(ring.window(window, START).rows == 1 for window in WINDOWS)
    assert ring.total.rows == 2


def test_an_old_event_enters_the_windows_that_reach_it():
    """An event of the day before is in the long windows, whichever slots are full."""
    hour = START // 3600 * 3600
    ring = Ring(SPEC)
    for minute in range(60):
        ring.add(profile(1.0), hour + 60 * minute)
    ring.add(profile(2.0), hour - 0.9 * DAY)
    now = hour + 3599
    assert [int(ring.window(window, now).rows[0]) for window in WINDOWS] == [15, 60, 60, 61, 61, 61]


def test_an_empty_ring():
    """Before the first event every window is empty and nothing is covered."""
    ring = Ring(SPEC)
    assert all(ring.window(window, START).rows == 0 for window in WINDOWS)
    assert ring.coverage(WINDOWS[0], START) == 0.0


def test_coverage():
    """Coverage grows from 0 to 1 over a window's length and stays there; an earlier event moves its beginning."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    hour = WINDOWS[1]
    assert [ring.coverage(hour, START + seconds) for seconds in (-5, 0, 900, 3600, 1e6)] == [0, 0, 0.25, 1, 1]
    ring.add(profile(1.0), START - 900)
    assert ring.coverage(hour, START) == 0.25


def covered(hours: np.ndarray, now: float) -> dict[str, float]:
    """Return the coverage of the windows of a day and longer, by name, after rows in *hours* since a midnight."""
    midnight = START // DAY * DAY
    ring = Ring(SPEC)
    for hour in hours[hours * 3600 <= now]:
        ring.add(profile(1.0), midnight + hour * 3600)
    return {window.name: ring.coverage(window, midnight + now) for window in WINDOWS if window.seconds >= DAY}


def test_after_a_pause_a_day_is_not_covered_until_most_of_its_hours_are_there_again():
    """Four days, a day without rows, and on: the day waits for 18 hours, the week goes on."""
    hours = np.array([hour for hour in range(24 * 20) if not 96 <= hour < 120])
    assert covered(hours, 96 * 3600 - 1)["24h"] == 1.0
    back = {after: covered(hours, (120 + after) * 3600 - 1) for after in (3, 12, 18, 21)}
    assert back[3]["24h"] < 0.2
    assert back[12]["24h"] < 0.9
    assert back[18]["24h"] >= 0.9
    assert back[21]["24h"] == 1.0
    assert covered(hours, (7 * 24 + 3) * 3600)["7d"] == 1.0


def test_a_week_that_is_mostly_pause_is_not_covered():
    """Five days without rows leave a week that says too little."""
    hours = np.array([hour for hour in range(24 * 20) if not 24 * 8 <= hour < 24 * 13])
    assert covered(hours, (24 * 13 + 12) * 3600)["7d"] < 0.9
    assert covered(hours, (24 * 17) * 3600)["7d"] >= 0.9


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        pytest.param(range(15), [3], id="a batch a day"),
        pytest.param([day for day in range(15) if day % 7 < 5], range(24), id="weekdays"),
        pytest.param([day for day in range(15) if day % 7 < 5], range(8, 17), id="office hours"),
    ],
)
def test_what_never_has_all_hours_is_covered_by_its_own(days: list[int], hours: list[int]):
    """Batches, weekdays and office hours fill the windows of weeks; at the end of a working day the day too."""
    hours_of = np.array([24 * day + hour for day in days for hour in hours])
    found = covered(hours_of, (24 * 14 + 23) * 3600)
    assert min(found.values()) >= 0.9


def test_memory_is_bounded():
    """However long it runs, a ring keeps 564 slots and one sum per window; it grows for two weeks."""
    ring = Ring(SPEC)

    def size() -> int:
        slots = sum(tier.nbytes for tier in ring.slots.tiers)
        return slots + sum(array.nbytes for _, sums in ring.slots._closed.values() for array in sums)

    for day in range(40):
        ring.add(profile(1.0), START + day * DAY)
        for window in WINDOWS:
            ring.window(window, START + day * DAY)
        if day == 15:
            full = size()
    assert size() == full
    assert sum(len(tier.ids) for tier in ring.slots.tiers) == 564


def test_sums_do_not_drift():
    """Huge values that have left a window leave no rounding behind."""
    ring = Ring(SPEC)
    for minute in range(100):
        ring.add(profile(1e15 if minute < 50 else 0.1), START + 60 * minute)
    found = ring.window(WINDOWS[0], START + 60 * 99)
    assert found.histogram.sums[0].sum() == pytest.approx(1.5, rel=1e-6)


def test_windows_are_ordered_by_length():
    """Windows compare by their length, whatever their name."""
    assert Window(60, "z") < Window(61, "a")
    assert list(WINDOWS) == sorted(WINDOWS)


def test_the_past_is_made_of_complete_slots():
    """A stretch of the past holds the complete slots of its length that ended so long ago."""
    rng = np.random.default_rng(5)
    times = START + np.sort(rng.uniform(0, 10 * DAY, 400))
    ring = Ring(SPEC)
    for time in times:
        ring.add(profile(1.0), time)
    now = START + 10 * DAY
    for seconds, back, slot in (
        (900, 0, 60),
        (3_600, 0, 300),
        (3_600, 3_600, 300),
        (86_400, 0, 3_600),
        (7 * 86_400, 86_400, 3_600),
    ):
        end = (now - back) // slot
        inside = (times // slot < end) & (times // slot >= end - seconds // slot)
        assert ring.past(seconds, now, back=back).rows == np.count_nonzero(inside)


def test_hours_of_a_window():
    """The shares of a window's rows by hour of day add up to one, and are zero for an empty window."""
    midnight = START // DAY * DAY
    ring = Ring(SPEC)
    for hour in (1, 1, 1, 5):
        ring.add(profile(1.0), midnight + 3_600 * hour + 10)
    shares = ring.hours(WINDOWS[3], midnight + 6 * 3_600)
    assert shares[[1, 5]].tolist() == [0.75, 0.25]
    assert shares.sum() == 1.0
    assert not ring.hours(WINDOWS[3], midnight + 10 * DAY).any()


def test_a_window_by_hour_of_day():
    """The profiles of the hours add up to the window, each with the rows of its hour, whatever day they are of."""
    now = START // DAY * DAY + 6 * 3_600 + 840
    ring = Ring(SPEC)
    for hours_ago in (0, 1, 23.5, 30):
        ring.add(profile(1.0), now - 3_600 * hours_ago)
    for window, wanted in ((WINDOWS[3], {5: 1, 6: 2}), (WINDOWS[4], {0: 1, 5: 1, 6: 2})):
        hours = ring.by_hour(window, now)
        assert {hour: int(found.rows[0]) for hour, found in enumerate(hours) if found.rows[0]} == wanted
        total = sum(found.histogram.counts for found in hours)
        assert total.tolist() == ring.window(window, now).histogram.counts.tolist()
        assert total.dtype == np.int64


def test_slots_ahead_of_a_corrected_clock_are_forgotten():
    """What was observed by a clock that was ahead leaves the windows; what lies before now, and the total, stay."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), START)
    ring.add(profile(2.0), START + 30 * 86_400)
    ring.forget_after(START + 70)
    assert all(ring.window(window, START + 70).rows == 1 for window in WINDOWS[-1:])
    ring.add(profile(3.0), START + 70)
    assert ring.window(WINDOWS[0], START + 70).rows >= 1
    assert ring.total.rows == 3


def test_one_ancient_time_makes_no_window_look_observed():
    """A row of 1970 among rows of today lies in no slot, and so covers nothing."""
    ring = Ring(SPEC)
    ring.add(profile(1.0), 0.0)
    ring.add(profile(2.0), START)
    assert ring.coverage(WINDOWS[3], START + 3_600) < 0.1
