"""Backtests against what is known of made-up weeks, and against the rule applied by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.config import ColumnSettings, DriftSettings, ModelSettings
from driftgauge.model.backtest import CALIBRATED, GRID, SlotCounts, backtest
from driftgauge.reference import BuildOptions, build

START = 1_799_625_600.0  # a Monday's midnight (UTC)
HOUR, DAY, WEEK = 3_600.0, 86_400.0, 604_800.0
SETTINGS = ModelSettings(tick_seconds=6 * HOUR, seasonality="none", drift=DriftSettings(measures=(), fleet_bins=0))


def rows(weeks, *, seed, shift_at=None, shift=0.0, an_hour=60):
    """Return rows of *weeks* weeks: `calm` never changes, `moved` shifts once, `wild` has one odd day a week."""
    rng = np.random.default_rng(seed)
    count = int(weeks * WEEK / HOUR) * an_hour
    times = START + np.arange(count) * HOUR / an_hour
    moved = rng.normal(size=count) + (0.0 if shift_at is None else shift * (times >= shift_at))
    wild = rng.normal(size=count) + 2.0 * ((times - START) // DAY % 7 == 3)
    return Batch(count, inputs={"calm": rng.normal(size=count), "moved": moved, "wild": wild}, timestamps=times)


def slots(reference, batch, seconds=6 * HOUR):
    made = SlotCounts(reference.profile.spec, seconds)
    made.add(batch)
    return made


@pytest.fixture(scope="module")
def reference():
    """A reference without times: no calibration, so the configured thresholds hold."""
    training = rows(1, seed=1).take(slice(0, 3 * 24 * 60))
    plain = Batch(training.rows, inputs=training.inputs)
    return build(lambda: [plain], BuildOptions("train", START, multivariate=False))


@pytest.fixture(scope="module")
def played(reference):
    change = START + 3 * WEEK
    batch = rows(4, seed=2, shift_at=change, shift=1.0)
    return backtest(reference, slots(reference, batch), SETTINGS, change=change)


def at(result, threshold, column):
    return result.thresholds.index(threshold), result.columns.index(column)


def test_a_known_change_has_a_delay_and_nothing_before_it(played):
    """The column that moved alerts within hours of its change, and was quiet for the three weeks before."""
    assert played.weeks == pytest.approx(3.0, abs=0.05)
    for threshold in (CALIBRATED, "0.2", "0.3"):
        place = at(played, threshold, "moved")
        assert played.status_episodes[place] == 0
        assert 0 < played.status_delays[place] < DAY
    assert played.status_delays[at(played, "0.2", "moved")] <= played.status_delays[at(played, "0.3", "moved")]


def test_what_does_not_change_never_alerts(played):
    """The calm column is quiet at every threshold, before and after."""
    number = played.columns.index("calm")
    assert not played.status_episodes[2:, number].any()
    assert np.isnan(played.status_delays[2:, number]).all()


def test_what_strays_by_itself_is_counted_and_gets_a_threshold_of_its_own(played):
    """The column that jumps makes episodes, fewer the higher the threshold, and the proposal raises it alone."""
    episodes = played.status_episodes[1:, played.columns.index("wild")]
    assert episodes[GRID.index(0.2)] == 3
    assert episodes[-1] == 0
    common, own, hopeless = played.least_thresholds(per_week=0.5)
    assert (common, list(own), hopeless) == (0.2, ["wild"], ())
    assert played.rates[0] == pytest.approx(played.status_episodes[0].sum() / played.weeks)


def test_columns_without_a_weight_are_counted_apart(reference):
    """They have episodes of their own, and no part in the model's rates nor in what is proposed."""
    settings = replace(SETTINGS, features={"wild": ColumnSettings(weight=0)})
    found = backtest(reference, slots(reference, rows(3, seed=2)), settings)
    assert found.counted.tolist() == [name != "wild" for name in found.columns]
    assert found.status_episodes[at(found, "0.2", "wild")] > 0
    assert not found.rates[1 + GRID.index(0.2)]
    assert not found.window_rates[1 + GRID.index(0.2)].any()
    assert found.least_thresholds(per_week=0.5) == (0.2, {}, ())


def test_windows_shorter_than_a_slot_are_left_out(reference):
    """All rows of a slot would lie in them."""
    result = backtest(reference, slots(reference, rows(1, seed=3)), SETTINGS)
    short = [window.seconds < 6 * HOUR for window in result.windows]
    assert np.isinf(result.alert[short]).all()
    assert np.isfinite(result.alert[-1]).all()
    assert not result.judged[short].any()


def test_without_a_change_every_alert_is_false(reference):
    """And there is no delay to speak of."""
    batch = rows(3, seed=2, shift_at=START + 2 * WEEK, shift=1.0)
    result = backtest(reference, slots(reference, batch), SETTINGS)
    assert result.status_episodes[at(result, "0.2", "moved")] >= 1
    assert np.isnan(result.status_delays).all()


def test_the_order_of_the_rows_does_not_matter(reference):
    """Slots are sums, so shuffled rows in several batches give the same counts."""
    batch = rows(1, seed=4)
    order = np.random.default_rng(5).permutation(batch.rows)
    mixed = SlotCounts(reference.profile.spec, 6 * HOUR)
    for part in np.array_split(order, 7):
        mixed.add(batch.take(part))
    straight = slots(reference, batch)
    assert mixed.span == straight.span == (START, START + WEEK)
    for slot, profile in straight.profiles.items():
        assert mixed.profiles[slot].histogram.counts.tolist() == profile.histogram.counts.tolist()


def test_rows_without_a_time_are_counted_apart(reference):
    """They are in no slot."""
    batch = rows(1, seed=4).take(slice(0, 10))
    times = batch.timestamps.copy()
    times[[2, 5]] = np.nan
    made = slots(reference, Batch(10, inputs=batch.inputs, timestamps=times))
    assert (made.without_time, sum(int(profile.rows[0]) for profile in made.profiles.values())) == (2, 8)
