"""Stuck values of live traffic: calibrated by the reference, judged once an hour, part of the column's status, kept over a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import ColumnSettings, DriftSettings, ModelSettings
from driftgauge.model import Model
from driftgauge.profile import STUCK, dumps, loads
from driftgauge.reference import BuildOptions, build

HOUR, DAY = 3_600.0, 86_400.0
START = 1_790_035_200.0
WALL = 1.8e9
#: the level of all rows for twelve hours each: a calm one, and others that come and go
SPELLS = np.array([10.0, 10.0, 0.25, 10.0, 1.0, 10.0, 3.0, 10.0, 10.0, 1.0])
KINDS = ("a", "b", "c", "d", "e")
ROWS = 60


def batch(hours, *, since, stuck=0.0, seed=1):
    """Make the rows of some hours; the share *stuck* of them says 0.25."""
    rng = np.random.default_rng(seed)
    rows = hours * ROWS
    times = since + HOUR * np.arange(rows) / ROWS
    level = SPELLS[(times // (12 * HOUR)).astype(int) % len(SPELLS)]
    return Batch(
        rows,
        inputs={
            "level": np.where(rng.random(rows) < stuck, 0.25, level),
            "x": rng.standard_normal(rows),
            "kind": Categories(rng.integers(0, 5, rows).astype(np.int32), KINDS),
        },
        timestamps=times,
    )


@pytest.fixture(scope="module")
def reference():
    """The reference of forty days."""
    rows = batch(40 * 24, since=START - 50 * DAY)
    return build(lambda: [rows], BuildOptions("train", 0.0, multivariate=False))


def model(reference, **drift):
    features = drift.pop("features", {})
    settings = ModelSettings(
        name="m", clock="event", tick_seconds=4 * HOUR, drift=DriftSettings(measures=(), **drift), features=features
    )
    return Model("m", "1", settings, reference)


def watch(to, hours, *, stuck=0.4, seed=2):
    """Observe *hours*; return the evaluations, one every four hours."""
    found = []
    for start in range(0, hours, 4):
        to.observe(batch(4, since=START + start * HOUR, stuck=stuck, seed=seed + start), WALL)
        found.append(to.tick(WALL))
    return found


def judged(to, hours=80, *, stuck=0.4):
    """Observe *hours* at once; return the evaluation after them."""
    to.observe(batch(hours, since=START, stuck=stuck, seed=3), WALL)
    return to.tick(WALL)


def place(evaluation, name):
    return [column.name for column in evaluation.columns].index(name)


@pytest.fixture(scope="module")
def seen(reference):
    """The evaluations of four days with a third of the rows stuck."""
    return watch(model(reference), 88)


def test_the_reference_says_how_long_values_hold_out(reference):
    """Every column of values has figures, and they survive the text; that of measurements has none."""
    figures = reference.calibration[STUCK]
    names = [column.name for column in reference.profile.spec.schema.columns]
    chunks = dict(zip(names, figures.chunks.tolist(), strict=True))
    assert chunks["level"] >= 40
    assert chunks["kind"] >= 40
    assert chunks["x"] == 0
    again = loads(dumps(reference)).calibration[STUCK]
    np.testing.assert_array_equal(again.most, figures.most)
    assert again.largest[names.index("level")] < 0.1


def test_a_value_that_stays_alerts_in_three_days(seen):
    """Not before two and a quarter, for less has not been seen; the distance says nothing of it in the meantime."""
    status = np.array([found.status[place(found, "level")] for found in seen])
    (first, *_) = np.flatnonzero(status == 2)
    assert 54 <= 4 * (first + 1) <= 72
    last = seen[-1]
    level = place(last, "level")
    assert last.stuck.status[level] == 2
    assert last.undecided[level] == ""
    assert last.verdict == 2


def test_other_columns_are_as_they_were(seen):
    """One that has values is ok, one that has none is not judged and has no ratio."""
    last = seen[-1]
    assert last.stuck.status[place(last, "kind")] == 0
    assert np.isnan(last.stuck.found.ratio[place(last, "x")])
    assert last.status[place(last, "kind")] <= 0


def test_traffic_as_the_reference_has_none(reference):
    """Three days and more of the same kind: no ratio near the threshold."""
    found = judged(model(reference), stuck=0.0)
    assert np.nanmax(found.stuck.found.ratio) < 0.05
    assert found.stuck.status.max() == 0


def test_a_profile_without_such_figures_is_not_judged(reference):
    """An older profile: the ratio is there, the status says that it cannot judge, and the column's own is untouched."""
    older = replace(reference, calibration={name: one for name, one in reference.calibration.items() if name != STUCK})
    last = judged(model(loads(dumps(older))))
    level = place(last, "level")
    assert last.stuck.found.ratio[level] > 0.2
    assert last.stuck.status[level] == -1
    assert last.status[level] < 2
    assert np.isinf(last.stuck.alert[level])


def test_settings_raise_the_threshold_and_switch_it_off(reference):
    """1 in both: nothing can reach it."""
    last = judged(model(reference, stuck_warn=1.0, stuck_alert=1.0))
    assert last.stuck.status[place(last, "level")] == 0


def test_a_muted_column_stays_silent(reference):
    """It has no status until its day."""
    muted = {"level": ColumnSettings(mute_until=date(2099, 1, 1))}
    last = judged(model(reference, features=muted))
    level = place(last, "level")
    assert last.status[level] == -1
    assert last.undecided[level] == "muted"
    assert last.stuck.status[level] == -1


def test_a_restart_goes_on(reference):
    """What was stuck before it is stuck after it, at the first evaluation."""
    before = model(reference)
    judged(before)
    after = model(reference)
    assert after.thaw(before.freeze(WALL), WALL)
    sums = after.collect(WALL)
    assert sums is not None
    found = after.evaluate(sums)
    assert found.stuck.status[place(found, "level")] == 2
