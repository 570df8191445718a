"""Without a change detectors find hardly any, whatever the traffic; those that there are they find in time."""

from __future__ import annotations

import math

import pytest

from tests.simulation.level_changes import CHANGES, DAY, SERIES, delay, false_changes

#: detector -> most changes by chance in 100,000 slots and series, of levels with a memory, and streams of a week
PROMISED = {"adwin": (1.0, 5.0, 8), "page_hinkley": (1.0, 5.0, 8), "kswin": (6.0, 12.0, 1)}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("traffic", ["steady", "daily", "thin", "memory"])
@pytest.mark.parametrize("detector", PROMISED)
def test_false_changes_are_as_rare_as_promised(detector, traffic):
    """Weeks of four series without a change, with rows that follow the day, few rows, or levels with a memory."""
    independent, remembering, streams = PROMISED[detector]
    most = remembering if traffic == "memory" else independent
    # the shape of a share of rare failures follows the rows of a slot, and shapes are what KSWIN is about
    watched = [series for series in SERIES if (detector, series, traffic) != ("kswin", "error_rate", "daily")]
    found = sum(false_changes(detector, series, traffic, streams=streams, days=7, seed=5) for series in watched)
    expected = most * streams * 7 * DAY * len(watched) / 1e5
    assert found <= expected + 3 * math.sqrt(expected), (found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_found_in_time(change):
    """By ADWIN and Page-Hinkley in nine streams of ten, each within ten hours; their time is right within an hour."""
    for detector in ("adwin", "page_hinkley"):
        found = [delay(detector, change, stream=stream) for stream in range(10)]
        assert sum(one is not None for one in found) >= 9
        assert sum(one is not None and abs(one[1]) <= 60 for one in found) >= 8


def test_a_day_without_a_change_has_none():
    """The quick look at the same."""
    assert false_changes("page_hinkley", "loss", "daily", streams=1, days=1) == 0


def test_a_change_is_found():
    """Ten hours of requests of 50 ms, then of 65 ms: within half an hour, dated within five slots."""
    slots, off = delay("adwin", "latency 50 ms to 65 ms", stream=1)
    assert slots <= 30
    assert abs(off) <= 5
