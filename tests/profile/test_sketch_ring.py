"""The ring of named sketches against sums over all events."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.profile import WINDOWS, SketchRing, Window
from driftgauge.sketch import ExponentialSpec

START = 1.7e9
SPECS = {"latency": ExponentialSpec(), "size": ExponentialSpec(2)}


def one(value: float):
    return ExponentialSpec().of([np.array([value])])


@pytest.fixture
def ring():
    return SketchRing(SPECS)


def test_windows_are_sums_over_events(ring):
    """Each window holds the events of its slots; the total holds them all."""
    rng = np.random.default_rng(1)
    times = START + np.sort(rng.uniform(0, 20 * 86_400, 300))
    values = rng.lognormal(size=300)
    for time, value in zip(times, values, strict=True):
        ring.add({"latency": one(value)}, time)
    now = float(times[-1])
    slots = {"15m": 60, "1h": 60, "6h": 300, "24h": 900, "7d": 3600, "14d": 3600}
    for window in WINDOWS:
        slot = slots[window.name]
        inside = times // slot > now // slot - window.seconds // slot
        found = ring.window(window, now)["latency"]
        assert int(found.total[0]) == np.count_nonzero(inside), window.name
        assert found.sums[0] == pytest.approx(values[inside].sum(), rel=1e-12)
    assert int(ring.total["latency"].total[0]) == 300


def test_a_name_that_is_left_out_adds_nothing(ring):
    """Sketches are added by name, the others stay as they are."""
    ring.add({"latency": one(0.5)}, START)
    ring.add({"size": ExponentialSpec(2).of([np.array([1.0, 2.0]), np.array([3.0])])}, START)
    found = ring.window(Window(900, "15m"), START + 1)
    assert (found["latency"].total.tolist(), found["size"].total.tolist()) == ([1], [2, 1])


def test_nothing_observed_is_zero(ring):
    """Windows and the total of an empty ring are the empty sketches."""
    assert ring.window(WINDOWS[0], START)["latency"].total.tolist() == [0]
    assert ring.total["size"].total.tolist() == [0, 0]


def test_what_lies_ahead_is_forgotten(ring):
    """After a clock that was wrong the windows lose what lies ahead, the total does not."""
    ring.add({"latency": one(0.5)}, START + 9_000)
    ring.forget_after(START)
    assert ring.window(WINDOWS[-1], START + 9_000)["latency"].total.tolist() == [0]
    assert ring.total["latency"].total.tolist() == [1]


def test_a_total_does_not_change_afterwards(ring):
    """What was handed out is a copy."""
    before = ring.total["latency"]
    ring.add({"latency": one(0.5)}, START)
    assert before.total.tolist() == [0]
