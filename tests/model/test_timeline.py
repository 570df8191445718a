"""Where in time rows belong: lateness, the future, and clocks that cannot be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.model.timeline import Timeline
from tests.model.examples import DAY, START, batch, ready, samples

NOW = START + 10 * DAY


def place(timeline, times, wall=NOW):
    """Return {reason or minute: row numbers} of rows with these event times."""
    stamps = None if times is None else np.array(times, dtype=np.float64)
    rows = Batch(3 if times is None else len(times), timestamps=stamps)
    return {part.reason or part.time // 60 * 60: part.rows.tolist() for part in timeline.place(rows, wall)}


def wall_clock(lateness=300.0):
    return Timeline(event=False, lateness_seconds=lateness)


def event_clock(lateness=300.0):
    return Timeline(event=True, lateness_seconds=lateness)


def test_rows_without_a_time_happened_when_they_arrived():
    assert place(wall_clock(), None) == {NOW: [0, 1, 2]}
    assert place(wall_clock(), [np.nan, NOW - 61, np.nan]) == {NOW: [0, 2], NOW - 120: [1]}


def test_rows_are_placed_minute_by_minute_in_order_of_time():
    timeline = wall_clock()
    found = list(timeline.place(Batch(4, timestamps=np.array([NOW + 5, NOW - 100, NOW + 59, NOW - 70])), NOW))
    assert [(part.time, part.rows.tolist()) for part in found] == [(NOW - 70, [1, 3]), (NOW + 59, [0, 2])]


@pytest.mark.parametrize(
    ("offset", "where"),
    [(0, 0), (-300, -300), (-300.1, "late"), (300, 300), (300.1, "future"), (-NOW, "late"), (1e9, "future")],
)
def test_wall_clock_takes_what_is_within_the_lateness_on_both_sides(offset, where):
    """1970 and milliseconds that look like seconds are outside."""
    expected = where if isinstance(where, str) else NOW + where
    assert place(wall_clock(), [NOW + offset]) == {expected: [0]}


def test_wall_clock_does_not_move_with_event_times():
    timeline = wall_clock()
    place(timeline, [NOW + 200, NOW - 200])
    assert timeline.now(NOW) == NOW


def test_event_clock_is_the_newest_time_seen():
    timeline = event_clock()
    place(timeline, [START + 5, START + 65, START + 30])
    assert timeline.now(NOW) == START + 65
    place(timeline, [START + 50])
    assert timeline.now(NOW) == START + 65


def test_first_batch_of_the_event_clock_may_span_any_time():
    """It is judged by what came before it: nothing."""
    assert place(event_clock(), [START, START + 5 * DAY]) == {START: [0], START + 5 * DAY: [1]}


def test_event_clock_judges_lateness_by_its_watermark():
    timeline = event_clock()
    place(timeline, [START + 1_000])
    assert place(timeline, [START + 720, START + 690, START + 5_000]) == {
        START + 720: [0],
        "late": [1],
        START + 4_980: [2],
    }


def test_rows_without_a_time_happen_at_the_watermark():
    timeline = event_clock()
    place(timeline, [START])
    assert place(timeline, None) == {START: [0, 1, 2]}


@pytest.mark.parametrize("wrong", [NOW + 2 * DAY, NOW + 1_000 * DAY])
def test_one_wrong_date_does_not_push_the_others_out(wrong):
    """A time beyond any clock does not move the watermark."""
    timeline = event_clock()
    place(timeline, [START])
    assert place(timeline, [START + 60, wrong]) == {"future": [1], START + 60: [0]}
    assert place(timeline, [START + 120]) == {START + 120: [0]}


def test_empty_part_is_never_placed():
    assert place(wall_clock(), [0.0, 1.0]) == {"late": [0, 1]}


def test_late_and_future_rows_are_counted_and_enter_no_window():
    model = ready()
    times = np.array([NOW, NOW - 1_000, NOW + 1_000, 0.0, np.nan])
    model.observe(batch(5, timestamps=times), NOW)
    assert samples(model, NOW) == 2
    counters = model.view(NOW).counters
    assert (counters.late, counters.predictions) == ({"late": 2, "future": 1}, 5)


def test_wall_clock_that_goes_back_a_little_keeps_the_windows():
    model = ready()
    model.observe(batch(100), NOW + 1_800)
    assert samples(model, NOW + 1_800) == 100
    model.observe(batch(50), NOW + 1_200)
    assert samples(model, NOW + 1_200, "14d") == 150


def test_wall_clock_that_was_far_ahead_does_not_blind_the_windows():
    """When it is set right the windows start anew, instead of waiting for weeks; the totals stay."""
    model = ready()
    ahead = NOW + 30 * DAY
    model.observe(batch(100), ahead)
    assert samples(model, ahead) == 100
    for minute in range(3):
        model.observe(batch(10), NOW + 60 * minute)
    assert samples(model, NOW + 180, "15m") == samples(model, NOW + 180, "14d") == 30
    assert int(model.view(NOW + 180).total.rows[0]) == 130


def test_wall_clock_that_goes_back_does_not_stop_the_evaluations():
    model = ready()
    model.observe(batch(10), NOW)
    assert model.tick(NOW).time == NOW
    assert not model.due(NOW + 1)
    assert model.due(NOW + 15)
    assert model.due(NOW - 3_600)
    assert model.tick(NOW - 3_600).time == NOW - 3_600
    assert not model.due(NOW - 3_599)


def test_wall_clock_that_jumps_ahead_empties_the_windows():
    model = ready()
    model.observe(batch(10), NOW)
    assert samples(model, NOW) == 10
    assert samples(model, NOW + 20 * DAY, "14d") == 0


def test_event_clock_recovers_from_rows_that_came_without_a_time():
    """They were placed at the wall clock, far ahead of the events that follow."""
    model = ready(clock="event")
    model.observe(batch(10), NOW + 100 * DAY)
    for minute in range(5):
        model.observe(batch(10, timestamps=np.full(10, START + 60 * minute)), NOW + 100 * DAY)
        model.tick(NOW + 100 * DAY)
    assert samples(model, NOW + 100 * DAY, "14d") >= 40
