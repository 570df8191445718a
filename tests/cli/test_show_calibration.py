"""`driftgauge profile show`: which windows can judge which features by a profile, in a table, in words and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.config import ModelSettings
from driftgauge.model.judgement import Judgement
from driftgauge.profile import (
    HOURS,
    STUCK,
    WINDOWS,
    Calibration,
    ColumnSchema,
    ProfileSpec,
    Provenance,
    Reference,
    Schema,
    Strata,
    dumps,
)
from driftgauge.sketch import CategorySpec, HistogramSpec

COLUMNS = ("temperature", "delay", "distance")


def figures(most, *, chunks=10, dispersion=1.0):
    """Return the figures of chunks whose largest scores were *most*."""
    values = np.array(most)
    wide = np.full(len(values), dispersion)
    return Calibration(np.full(len(values), chunks), values / 2, values, values, values, wide)


def reference(calibration=None, *, strata=False, times=(1.7e9, 1.71e9)):
    spec = ProfileSpec(
        Schema.of(ColumnSchema(name) for name in COLUMNS),
        HistogramSpec.plain([[0.0, 1.0]] * 3, narrow=3),
        CategorySpec((), (), ()),
    )
    profile = spec.zero()
    profile.rows[0] = 9_000
    profile.histogram.counts[:, :3] = 3_000
    by_hour = Strata(np.full((HOURS, 3, 4), 100), np.zeros((HOURS, 0, 2), dtype=np.int64)) if strata else None
    return Reference(profile, Provenance("train.csv", 1.7e9, time_range=times), calibration or {}, by_hour)


@pytest.fixture
def show(tmp_path, drive):
    """Print a profile and return what was printed, without the line breaks of text for people."""

    def run(of, *options):
        path = tmp_path / "p.json"
        path.write_text(dumps(of))
        status, out, err = drive("profile", "show", path, *options)
        assert (status, err) == (0, "")
        assert max(map(len, out.splitlines())) <= 100 or options
        return out.replace("\n  ", " ")

    return run


SLOW = {
    "24h": figures([0.9, 0.23, 0.02], dispersion=4.0),
    "7d": figures([0.7, 0.19, 0.02]),
    "14d": figures([0.512, 0.16, 0.02]),
}


def test_words_say_what_each_window_can_judge(show):
    """A feature that is too variable for short windows is judged by the next longer one, with its own threshold."""
    out = show(reference(SLOW))
    assert "temperature: too variable for 24h and 7d; judged over 14d from 0.64" in out
    assert "delay: judged over 24h from 0.29, over 7d from 0.24, over 14d from 0.20" in out
    assert "distance: judged over 24h, 7d and 14d from 0.20" in out


def test_a_window_that_is_hardly_ever_sure_is_said(show):
    """Rows that scatter fifty times as widely leave no evidence to a day of 78 rows, and some to two weeks of them."""
    out = show(reference({"24h": figures([0.3, 0.1, 0.1], dispersion=50.0)}))
    assert "over 24h nothing is evidence, as its rows scatter 50 times as widely" in out
    assert "is evidence" not in show(reference(SLOW))


def test_stuck_values_are_said_to_be_judged_or_not(show):
    """Columns whose bins hold one value each are named, and whether the profile calibrates them."""
    values = reference({"24h": SLOW["24h"]})
    values.profile.histogram.counts[:, :3] = (4_500, 1_000, 3_500)
    values.profile.histogram.sums[:, :3] = (-4_500.0, 1_000.0, 7_000.0)
    told = "temperature, delay, distance"
    assert f"stuck values: not calibrated, so none is judged, of {told}" in show(values)
    assert f"stuck values are judged over three days in {told}" in show(
        replace(values, calibration={**values.calibration, STUCK: figures([0.0, 0.0, 0.0])})
    )
    assert "no column has values of its own" in show(reference())


def test_the_table_has_the_thresholds_of_every_window(show):
    """The row of a feature has a cell a window: a threshold, a guard in brackets, `variable` or nothing; and the dispersion."""
    out = show(reference(SLOW))
    row = next(line.split() for line in out.splitlines() if line.startswith("temperature ") and "variable" in line)
    assert row == ["temperature", "-", "(0.40)", "-", "variable", "variable", "0.64", "4.0"]


def test_lengths_without_enough_chunks_are_said(show):
    """Where a length has fewer than six chunks the defaults hold there, and that stands in the text."""
    out = show(reference({"24h": SLOW["24h"], "7d": figures([0.7, 0.1, 0.1], chunks=3)}))
    assert "calibrated for 24h by the reference's own chunks" in out
    assert "not for 15m, 1h, 6h, 7d and 14d: fewer than 6 usable chunks of that length" in out
    assert "temperature: too variable for 24h; judged over 7d and 14d from 0.20" in out


def test_without_timestamps_the_defaults_hold(show):
    """A profile of data without times is not calibrated, and the output says what would change that."""
    out = show(reference(times=None))
    assert "not calibrated: the data had no timestamps; the defaults hold (warn 0.1, alert 0.2)" in out
    assert "temperature, delay, distance: judged over 24h, 7d and 14d from 0.20" in out


def test_data_too_short_for_chunks_are_said(show):
    """Times alone do not calibrate: it takes six chunks of some length."""
    assert "not calibrated: the data are too short to be cut into 6 chunks of any window" in show(reference())


def test_short_windows_judge_by_hour_of_day(show):
    """With counts by hour every window judges, and the text says why."""
    out = show(reference(strata=True))
    assert "windows shorter than a day judge too: they are compared with the same hours of day" in out
    assert "temperature, delay, distance: judged over 15m, 1h, 6h, 24h, 7d and 14d from 0.20" in out


def test_calm_features_are_judged_by_short_windows(show):
    """Without hours only what stays calm in short chunks is judged there, by name."""
    out = show(reference({"1h": figures([0.5, 0.3, 0.01])}))
    assert "windows shorter than a day judge only what stays calm in them (distance)" in out
    assert "distance: judged over 1h, 24h, 7d and 14d from 0.20" in out


def test_without_hours_and_calm_the_guard_is_named(show):
    assert "windows shorter than a day do not judge: the profile does not know the hours of day" in show(
        reference(SLOW)
    )


def test_one_column_has_its_words_too(show):
    """--column shows the bins and what is said of the windows."""
    out = show(reference(SLOW), "--column", "temperature")
    wanted = "temperature: numeric, 9,000 rows; too variable for 24h and 7d; judged over 14d from 0.64"
    assert out.splitlines()[0] == wanted


def test_the_document_has_what_the_exporter_uses(show):
    """JSON carries, per column and window, the thresholds that the exporter judges with, and the figures behind them."""
    of = reference(SLOW)
    judged = Judgement.of(ModelSettings(), of, WINDOWS)
    columns = json.loads(show(of, "--json"))["columns"]
    for place, column in enumerate(columns):
        for row, window in enumerate(WINDOWS):
            found = column["thresholds"][window.name]
            assert found["judges"] == judged.drives[row, place]
            assert found["too_variable"] == judged.too_variable[row, place]
            assert found["alert"] == (judged.alert[row, place] if np.isfinite(judged.alert[row, place]) else None)
    day = columns[0]["thresholds"]["24h"]
    assert (day["chunks"], day["chunk_max"], day["dispersion"]) == (10, 0.9, 4.0)
    assert columns[0]["thresholds"]["15m"]["chunk_q95"] is None


def test_a_feature_that_no_window_can_judge_is_said(show):
    """Too variable over every window of a day and more, a feature has no status."""
    every = {window.name: figures([0.9, 0.1, 0.1]) for window in WINDOWS}
    assert "temperature: too variable for 24h, 7d and 14d; no window can judge it" in show(
        replace(reference(), calibration=every)
    )
