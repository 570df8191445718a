"""Tracks: what is usual is learned, a change is found and dated, noise is not one, and a restart changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge.errors import StateError
from driftgauge.level_settings import DETECTORS, LevelChangeSettings
from driftgauge.model.level_track import Baseline, Track
from driftgauge.model.levels import Level
from driftgauge.state import State

SETTINGS = LevelChangeSettings(detectors=DETECTORS, warmup_slots=60)
#: KSWIN takes 0.3 ms a value
QUICK = ("adwin", "page_hinkley")


def levels(count, *, seed=1, shift=0.0, at=0, rows=100):
    """Return slots of a confidence of 0.85 +- 0.15, which moves by *shift* standard deviations of a slot."""
    rng = np.random.default_rng(seed)
    rows = np.broadcast_to(rows, count)
    steps = np.where(np.arange(count) >= at, shift * 0.15 / 10, 0.0)
    means = 0.85 + steps + rng.standard_normal(count) * 0.15 / np.sqrt(rows)
    return [Level(int(n), float(x), 0.0225) for n, x in zip(rows, means, strict=True)]


def found(track, given, *, first=0):
    """Return the slots in which *track* found a change."""
    return [first + slot for slot, level in enumerate(given) if track.take(first + slot, level)]


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_change_is_found_dated_and_measured(detector):
    """Two standard deviations down are found within forty slots, with the slot of the change within five and both levels."""
    track = Track(detector, SETTINGS)
    changes = found(track, levels(300, shift=-2.0, at=200))
    assert len(changes) == 1
    assert 200 < changes[0] <= 245
    last = track.last
    assert (last.found, last.direction) == (changes[0], "down")
    assert abs(last.since - 200) <= 5
    assert (last.before, last.after) == (pytest.approx(0.85, abs=0.004), pytest.approx(0.82, abs=0.008))
    assert track.warming is (300 - changes[0] <= 60)


@pytest.mark.parametrize("detector", QUICK)
def test_what_has_become_usual_is_no_change(detector):
    """After a change the new level is learned; going back is the next change."""
    track = Track(detector, SETTINGS)
    assert len(found(track, levels(700, shift=-2.0, at=200))) == 1
    assert len(found(track, levels(100, seed=2), first=700)) == 1
    assert track.last.direction == "up"


@pytest.mark.parametrize("detector", QUICK)
def test_noise_is_no_change_at_any_traffic(detector):
    """Slots of ten to a thousand rows, which stray ten times as much at night, are the same to a detector."""
    rows = (100 * 10 ** np.sin(np.arange(4_000) / 200)).astype(int)
    assert found(Track(detector, SETTINGS), levels(4_000, rows=rows)) == []


def test_one_odd_slot_is_no_change():
    """A value a hundred standard deviations off counts as four."""
    given = levels(200)
    given[150] = Level(100, 2.35, 0.0225)
    assert found(Track("page_hinkley", SETTINGS), given) == []


def test_a_constant_series_is_no_change():
    """A series without any scatter has none until it moves; then every detector sees it."""
    same = [Level(100, 0.0, 0.0)] * 200
    assert found(Track("adwin", SETTINGS), same) == []
    for detector in DETECTORS:
        track = Track(detector, SETTINGS)
        assert len(found(track, [*same, *[Level(100, 0.01, 0.0099)] * 61])) == 1
        assert track.last.since == 200


def test_the_baseline_knows_noise_scatter_and_memory():
    """Variance of rows, what slots scatter beyond it, and how much a slot repeats of the one before."""
    rng = np.random.default_rng(3)
    count, rows = 2_000, np.full(2_000, 100.0)
    state = np.zeros(count)
    for slot in range(1, count):
        state[slot] = 0.8 * state[slot - 1] + 0.6 * rng.standard_normal()
    means = 5 + 0.3 * state + rng.standard_normal(count) * 0.1
    baseline = Baseline.of(means, rows, np.full(count, 1.0))
    assert baseline.level == pytest.approx(5, abs=0.06)
    assert baseline.within == pytest.approx(1.0, rel=0.02)
    assert baseline.between == pytest.approx(0.09, rel=0.2)
    assert 0.6 < baseline.memory < 0.8
    independent = Baseline.of(rng.standard_normal(count), rows, np.full(count, 100.0))
    assert independent.memory == 0.0
    assert independent.between < 0.1


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_restored_track_goes_on_as_one_that_never_stopped(detector):
    """Frozen in every phase, at a change and after values have been forgotten, it gives the same numbers and changes."""
    count = 1_100 if detector == "kswin" else 3_400
    given = levels(count, shift=-3.0, at=count - 150, seed=5)
    straight, stopped = Track(detector, SETTINGS), Track(detector, SETTINGS)
    restarts = {30, 60, 61, 200, 479, 480, 700, 2_879, 2_880, count - 155, count - 140, count - 100}
    changes = []
    for slot, level in enumerate(given):
        if slot in restarts:
            again = Track(detector, SETTINGS)
            again.thaw(stopped.freeze())
            stopped = again
        changes.append((straight.take(slot, level), stopped.take(slot, level)))
        assert (straight.slots, straight.mean, straight.last) == (stopped.slots, stopped.mean, stopped.last)
    assert changes == [(one, one) for one, _ in changes]
    assert sum(one for one, _ in changes) == 1
    first, second = straight.freeze(), stopped.freeze()
    assert first.facts == second.facts
    assert all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)


def test_what_is_kept_is_bounded():
    """Two days of minutes are the most that is kept."""
    track = Track("adwin", SETTINGS)
    found(track, levels(3_000))
    assert track.slots == 1_440 + 120
    assert sum(array.nbytes for array in track.freeze().arrays.values()) < 70_000


@pytest.mark.parametrize(
    ("facts", "arrays", "message"),
    [
        ({}, {"means": np.array([math.nan])}, "means: expected finite"),
        ({"baseline": [1.0, 2.0]}, {}, "baseline: expected 4"),
        ({"baseline": [0.0, 1.0, 1.0, 1.5]}, {"rows": np.zeros(0), "variances": np.zeros(0), "values": np.zeros(1)}, "memory"),
        ({"last": "now"}, {}, "last: expected list"),
        ({}, {"rows": np.zeros(1)}, "with rows"),
        ({}, {"slots": np.zeros(61, np.int64), **dict.fromkeys(("means", "rows", "variances"), np.ones(61))}, "at most 59"),
        ({}, {"values": np.zeros(3)}, "values: expected"),
    ],
    ids=["nan", "short", "memory", "last", "rows", "long", "values"],
)  # fmt: skip
def test_damage_is_refused(facts, arrays, message):
    """What is no track is refused by name, and the track is as it was."""
    whole = Track("adwin", SETTINGS)
    whole.take(1, Level(10, 0.5, 0.1))
    state = whole.freeze()
    other = Track("adwin", SETTINGS)
    with pytest.raises(StateError, match=message):
        other.thaw(State({**state.facts, **facts}, {**state.arrays, **arrays}))
    assert other.slots == 0
