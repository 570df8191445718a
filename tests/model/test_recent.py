"""The last hour, minute by minute."""

from __future__ import annotations

import pytest

from driftgauge.model.recent import HOUR_SECONDS, NOW_SECONDS, Recent

START = 1.79e9


@pytest.fixture
def recent():
    """Ten requests a minute for two hours, of which one fails in every minute of the second hour."""
    made = Recent()
    for minute in range(120):
        made.observe(START + 60 * minute, 10, {"error": 1} if minute >= 60 else {}, 20)
        made.violated("age", "wrong_type", 2)
    return made


def test_an_hour_is_counted_to_the_minute(recent):
    """Older minutes are gone, from the answer and from memory."""
    now = START + 60 * 120
    hour, minutes = (recent.within(now, seconds) for seconds in (HOUR_SECONDS, NOW_SECONDS))
    assert (hour.requests, hour.rows, hour.failures, hour.error_ratio) == (600, 1200, {"error": 60}, 0.1)
    assert (minutes.requests, minutes.violations) == (50, {("age", "wrong_type"): 10})
    assert len(recent._minutes) == 61


def test_silence_empties_it(recent):
    nothing = recent.within(START + 3 * 3_600, HOUR_SECONDS)
    assert (nothing.requests, nothing.error_ratio) == (0, 0.0)


def test_a_clock_that_was_ahead_leaves_nothing_of_the_future(recent):
    recent.observe(START + 1e6, 5, {}, 5)
    recent.observe(START + 120 * 60, 7, {}, 7)
    assert recent.within(START + 120 * 60, HOUR_SECONDS).requests == 7
