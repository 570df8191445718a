"""Changes of level through the model: each slot once and when it is closed, restarts, settings, clocks."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Requests
from driftgauge.config import ModelSettings
from driftgauge.derive import with_score_columns
from driftgauge.errors import StateError
from driftgauge.level_settings import LevelChangeSettings
from driftgauge.model import Model
from driftgauge.model.level_watch import LevelWatch
from driftgauge.model.levels import Level
from driftgauge.reference import BuildOptions, build
from driftgauge.serve.state_file import decode, encode
from driftgauge.state import State

START = 1_790_000_040.0  # begins a minute
WATCHED = LevelChangeSettings(detectors=("adwin", "page_hinkley"), warmup_slots=30, least_rows=20)


def batch(rows, *, seed=1, mean=0.8, failed=0, seconds=0.05, times=None):
    """Rows of a classifier of confidence *mean*, a request each."""
    rng = np.random.default_rng(seed)
    p = np.clip(rng.normal(mean, 0.05, rows), 0.51, 0.99)
    requests = Requests(rows, rng.lognormal(np.log(seconds), 0.3, rows), {"model_error": failed} if failed else {})
    return with_score_columns(
        Batch(rows, probabilities=np.stack([p, 1 - p], axis=1), requests=requests, timestamps=times)
    )


@pytest.fixture(scope="module")
def reference():
    return build(lambda: [batch(3_000)], BuildOptions("train", 0.0))


def model(reference, watched=WATCHED, **settings):
    chosen = {"lateness_seconds": 0.0, "tick_seconds": 60.0} | settings
    return Model("m", "1", ModelSettings(name="m", level_changes=watched, **chosen), reference)


def run(to, minutes, *, first=0, rows=25, **how):
    """Observe a minute at a time, evaluate, and return what is told of the levels by series and detector."""
    for minute in range(first, first + minutes):
        at = START + 60 * minute
        to.observe(batch(rows, seed=100 + minute, **how), at + 5)
        to.tick(at + 59)
    return told(to, START + 60 * (first + minutes) + 1)


def told(to, now):
    return {(level.series, level.detector): level for level in to.evaluate(to.collect(now)).levels}


def test_series_of_a_model(reference):
    """Confidence, latency and failures have a value a slot, in their units; without labels there is no loss."""
    found = run(model(reference), 10, failed=1)
    assert set(found) == {(s, d) for s in ("confidence", "latency", "error_rate") for d in WATCHED.detectors}
    assert all((level.slots, level.warming, level.last) == (10, True, None) for level in found.values())
    assert found["confidence", "adwin"].estimate == pytest.approx(0.8, abs=0.01)
    assert found["latency", "adwin"].estimate == pytest.approx(0.05, rel=0.05)
    assert found["error_rate", "adwin"].estimate == pytest.approx(1 / 25)


def test_a_change_of_latency_is_found_and_nothing_else(reference):
    """Requests that take half as long again change the latency, by every detector, once; the other series stay."""
    to = model(reference)
    run(to, 40)
    found = run(to, 16, first=40, seconds=0.075)
    for detector in WATCHED.detectors:
        level = found["latency", detector]
        assert level.changes == {"up": 1, "down": 0}
        assert level.last.since == START + 40 * 60
        assert level.last.after / level.last.before == pytest.approx(1.5, rel=0.05)
        assert found["confidence", detector].last is None
        assert found["error_rate", detector].slots == 56


def test_a_slot_is_taken_once_and_when_it_is_closed(reference):
    """Evaluating again changes nothing; a slot waits for rows that may still come late, and has them then."""
    to = model(reference, lateness_seconds=300.0)
    run(to, 10)
    now = START + 600
    assert {level.slots for level in told(to, now + 1).values()} == {5}
    late = batch(25, times=np.full(25, START + 60 * 6.0), mean=0.6)
    to.observe(late, now + 2)
    assert {level.slots for level in told(to, now + 3).values()} == {5}
    found = told(to, now + 241)
    assert {level.slots for level in found.values()} == {9}
    assert found["confidence", "adwin"].estimate == pytest.approx((8 * 0.8 + 0.7) / 9, abs=0.01)


def test_slots_without_rows_are_passed_over(reference):
    """A pause gives no values."""
    to = model(reference)
    run(to, 5)
    assert {level.slots for level in run(to, 5, first=30).values()} == {10}


def test_slots_with_few_rows_are_added_up(reference):
    """Seven rows a minute make a value of every third minute, and what waits is kept over a restart."""
    to = model(reference)
    run(to, 5, rows=7)
    again = restored(to, reference, START + 300)
    assert {level.slots for level in run(again, 5, first=5, rows=7).values()} == {3}


def restored(to, reference, now, watched=WATCHED):
    """Return the model that a restart makes of *to*, through the bytes of a checkpoint."""
    again = model(reference, watched)
    assert again.thaw(decode(encode(to.freeze(now))), now)
    return again


def test_a_restart_changes_nothing(reference):
    """A model restored every few minutes tells the same as one that was never stopped, but for its own counter."""
    straight = model(reference)
    run(straight, 40)
    never = run(straight, 16, first=40, mean=0.72, failed=2)
    stopped = model(reference)
    for part in range(4):
        run(stopped, 10, first=10 * part)
        stopped = restored(stopped, reference, START + 600 * (part + 1) - 1)
    again = run(stopped, 16, first=40, mean=0.72, failed=2)
    assert again == never
    assert again["confidence", "adwin"].changes == {"up": 0, "down": 1}
    assert sum(sum(level.changes.values()) for level in never.values()) >= 2
    after = told(restored(straight, reference, START + 3_360), START + 3_362)
    assert after["confidence", "adwin"].last == never["confidence", "adwin"].last
    assert after["confidence", "adwin"].changes == {"up": 0, "down": 0}


def test_other_settings_begin_anew(reference):
    """What was kept under other settings is not gone on with; thresholds elsewhere change nothing; off is off."""
    to = model(reference)
    run(to, 8)
    other = LevelChangeSettings(detectors=("adwin",), series=("latency",), warmup_slots=40, least_rows=20)
    found = told(restored(to, reference, START + 480, other), START + 481)
    assert set(found) == {("latency", "adwin")}
    assert found["latency", "adwin"].slots == 8  # the minutes are still in the windows
    to.resettle(ModelSettings(name="m", level_changes=WATCHED, lateness_seconds=0.0, tick_seconds=30.0))
    assert {level.slots for level in told(to, START + 482).values()} == {8}
    to.resettle(ModelSettings(name="m", lateness_seconds=0.0))
    assert told(to, START + 483) == {}
    assert "levels" not in to.freeze(START + 484).part("windows").parts


def test_a_new_reference_of_the_same_bins_changes_nothing(reference):
    """Levels are compared with themselves, so an accepted reference does not begin them anew."""
    to = model(reference)
    run(to, 8)
    to.accept(reference, START + 481)
    assert {level.slots for level in told(to, START + 482).values()} == {8}


def test_on_the_event_clock(reference):
    """A replay's event times make the slots."""
    to = model(reference, clock="event")
    for minute in range(12):
        times = START + 60.0 * minute + np.linspace(0, 59, 25)
        to.observe(batch(25, seed=minute, times=times), 5.0e9)
        to.tick(5.0e9)
    found = told(to, 5.0e9)
    assert {level.slots for level in found.values()} == {11}
    assert found["error_rate", "adwin"].estimate == 0.0


def test_a_clock_that_went_back_does_not_stop_it(reference):
    """An hour back, slots are taken again from there on."""
    to = model(reference)
    run(to, 5, first=60)
    assert {level.slots for level in run(to, 5).values()} == {10}


def watch():
    made = LevelWatch(WATCHED, 0.0)
    made.count(Requests(9, failures={"timeout": 2}), 120.0)
    made.take([(1, {"loss": Level(5, 0.5, 0.25)}), (2, {"confidence": Level(50, 0.5, 0.25)})])
    return made


def test_requests_wait_for_their_slot():
    """Requests and failures are handed over with the slot, and are in a checkpoint until it has been taken."""
    made = watch()
    slots = dict(made.due(240.0))
    assert slots[2] == (9, 2)
    assert made.freeze().facts["requests"] == {"2": [9, 2]}
    made.take((slot, {"error_rate": Level(9, 2 / 9, 0.1)}) for slot in (2,))
    assert made.freeze().facts["requests"] == {}
    assert dict(made.due(241.0)) == {}


def test_requests_that_wait_are_bounded():
    """No more slots wait than the windows have."""
    made = LevelWatch(WATCHED, 0.0)
    for slot in range(500):
        made.count(Requests(1), 60.0 * slot)
    assert len(made.freeze().facts["requests"]) == 60


@pytest.mark.parametrize(
    ("name", "value"),
    [("waiting", {"loss": [1.0]}), ("requests", {"2": [1, "x"]}), ("done", "soon"), ("requests", [1])],
    ids=["waiting", "requests", "done", "list"],
)
def test_a_damaged_checkpoint_is_refused(name, value):
    """It is refused by name, and nothing has changed."""
    state, other = watch().freeze(), LevelWatch(WATCHED, 0.0)
    with pytest.raises(StateError, match=name):
        other.thaw(State({**state.facts, name: value}, parts=state.parts))
    assert other.view() == ()
