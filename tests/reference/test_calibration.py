"""Chunk calibration: what timestamped reference data say of the thresholds that they need."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.drift import jensen_shannon
from driftgauge.profile import CEILING, LEAST_CHUNKS, STUCK, WINDOWS, Calibration, Reference
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.calibration import CHUNKS, LEAST_SAMPLES

DAY = 86_400.0
START = 1_800_057_600.0  # a midnight


def times_of(days: float, rows: int) -> np.ndarray:
    return START + DAY * days * np.arange(rows) / rows


def built(times: np.ndarray, values: np.ndarray, **options: object) -> Reference:
    batch = Batch(len(times), inputs={"x": values}, timestamps=times)
    return build(lambda: [batch], BuildOptions("rows", START, **options))  # type: ignore[arg-type]


def daily_walk(days: int, rows_a_day: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times and values whose mean is another every day."""
    rng = np.random.default_rng(1)
    means = np.repeat(step * rng.standard_normal(days), rows_a_day)
    return times_of(days, days * rows_a_day), means + rng.standard_normal(days * rows_a_day)


def test_whole_days_score_as_leave_one_out_by_hand():
    """With chunks of whole days, the figures are those of every day against the other days."""
    times, values = daily_walk(260, 300, 0.4)
    reference = built(times, values, strata="never")
    spec, total = reference.profile.spec, reference.profile.histogram.counts
    days = [spec.of(Batch(300, inputs={"x": part})).histogram.counts for part in np.split(values, 260)]
    scores = np.array([jensen_shannon(total - day, day).debiased[0] for day in days])
    chosen = scores[np.linspace(0, 259, CHUNKS).round().astype(int)]
    figures = reference.calibration["24h"]
    assert figures.chunks.tolist() == [CHUNKS]
    np.testing.assert_allclose(
        [figures.median[0], figures.q95[0], figures.most[0]],
        [np.median(chosen), np.quantile(chosen, 0.95), chosen.max()],
        atol=5e-5,
    )


def test_still_data_need_no_more_than_the_defaults():
    """Independent rows: no length reaches the threshold that warns, and chunks scatter as independent rows do."""
    rng = np.random.default_rng(2)
    reference = built(times_of(60, 60_000), rng.standard_normal(60_000))
    for name in ("24h", "7d", "14d"):
        figures = reference.calibration[name]
        assert figures.reached[0] < 0.1, name
        assert figures.dispersion[0] == pytest.approx(1.0, abs=0.15), name


def test_restless_days_need_more():
    """Days whose means scatter by half a standard deviation: the day needs more than the default, two weeks less."""
    reference = built(*daily_walk(60, 500, 0.5))
    assert reference.calibration["24h"].reached[0] > 0.3
    assert reference.calibration["14d"].reached[0] < 0.2
    assert reference.calibration["24h"].dispersion[0] > 3


def test_without_timestamps_there_is_no_calibration():
    """The defaults hold; nothing is guessed."""
    reference = build(lambda: [Batch(5_000, inputs={"x": np.arange(5_000.0)})], BuildOptions("rows", START))
    assert reference.calibration == {}
    assert reference.strata is None


def test_lengths_with_fewer_than_six_chunks_are_left_out():
    """A week of data calibrates the day, which has 25 overlapping chunks, and neither the week nor two."""
    reference = built(times_of(7, 7_000), np.random.default_rng(3).standard_normal(7_000))
    assert "24h" in reference.calibration
    assert reference.calibration["24h"].usable.all()
    assert not {"7d", "14d"} & set(reference.calibration)
    assert all((figures.chunks >= LEAST_CHUNKS)[figures.usable].all() for figures in reference.calibration.values())


def test_chunks_of_few_rows_say_nothing():
    """Fifty rows a day are below what production windows judge at: the day has no figure, the week has."""
    reference = built(times_of(60, 3_000), np.random.default_rng(4).standard_normal(3_000))
    assert LEAST_SAMPLES > 50
    assert reference.calibration["24h"].chunks.tolist() == [0]
    assert reference.calibration["24h"].reached.tolist() == [0.0]
    assert reference.calibration["7d"].usable.all()


def test_rows_without_a_time_belong_to_no_chunk():
    """They count in the reference and in no chunk."""
    rng = np.random.default_rng(5)
    times = times_of(30, 30_000)
    values = rng.standard_normal(30_000)
    lost = np.arange(30_000) % 10 == 0
    reference = built(np.where(lost, np.nan, times), np.where(lost, 50.0, values))
    assert reference.rows == 30_000
    assert reference.calibration["24h"].most[0] > 0.2  # no chunk has the tenth of fifties that the reference has


def test_however_the_rows_come_the_figures_are_the_same():
    """Batches of any size and order give the same calibration."""
    times, values = daily_walk(40, 400, 0.3)
    order = np.random.default_rng(6).permutation(len(times))
    parts = [Batch(len(rows), inputs={"x": values[rows]}, timestamps=times[rows]) for rows in np.array_split(order, 7)]
    shuffled = build(lambda: parts, BuildOptions("rows", START))
    whole = built(times, values)
    for name, figures in whole.calibration.items():
        np.testing.assert_array_equal(shuffled.calibration[name].q95, figures.q95)
        np.testing.assert_array_equal(shuffled.calibration[name].chunks, figures.chunks)


def test_categories_are_calibrated_too():
    """A category that comes and goes by the day raises its threshold."""
    rng = np.random.default_rng(7)
    share = np.repeat(rng.uniform(0.2, 0.8, 60), 500)
    column = Categories((rng.random(30_000) < share).astype(np.int32), ("a", "b"))
    batch = Batch(30_000, inputs={"plan": column}, timestamps=times_of(60, 30_000))
    assert build(lambda: [batch], BuildOptions("rows", START)).calibration["24h"].reached[0] > 0.2


def test_hours_make_short_chunks_calm():
    """Under a daily cycle an hour strays from the whole day, and not from the same hour of other days."""
    rng = np.random.default_rng(8)
    times = times_of(30, 144_000)
    values = np.sin(2 * np.pi * times / DAY) + rng.standard_normal(144_000)
    blind, knowing = (built(times, values, strata=strata) for strata in ("never", "auto"))
    assert blind.strata is None
    assert knowing.strata is not None
    assert blind.calibration["1h"].reached[0] > 0.4
    assert knowing.calibration["1h"].reached[0] < 0.2
    np.testing.assert_array_equal(blind.calibration["24h"].q95, knowing.calibration["24h"].q95)


def test_hours_are_not_kept_where_they_would_be_noise():
    """A daily cycle in fewer than 500 rows an hour of day is not worth 24 histograms, unless they are asked for."""
    rng = np.random.default_rng(9)
    times = times_of(30, 9_600)
    values = np.sin(2 * np.pi * times / DAY) + rng.standard_normal(9_600)
    assert built(times, values).strata is None
    assert built(times, values, strata="always").strata is not None


def test_the_hours_add_up_to_the_reference():
    """Every row lies in one hour."""
    times, values = daily_walk(30, 480, 0.0)
    reference = built(times, values, strata="always")
    assert reference.strata is not None
    np.testing.assert_array_equal(reference.strata.numeric.sum(axis=0), reference.profile.histogram.counts)


def figures(chunks: int, q95: float, most: float) -> Calibration:
    one = np.ones(1)
    return Calibration(np.array([chunks]), 0.05 * one, q95 * one, most * one, most * one, one)


@pytest.mark.parametrize(("chunks", "reached"), [(5, 0.0), (6, 0.5), (39, 0.5), (40, 0.25), (200, 0.25)])
def test_the_threshold_is_a_quarter_above_what_chunks_reach(chunks: int, reached: float):
    """Their 95 % quantile, or their largest score while there are fewer than 40; nothing from fewer than six."""
    assert figures(chunks, 0.2, 0.4).reached.tolist() == pytest.approx([reached])


def test_every_window_has_a_length_to_be_calibrated_for():
    """A long reference has figures for all six windows, and for the stretches in which values may get stuck."""
    reference = built(times_of(60, 600_000), np.random.default_rng(10).standard_normal(600_000).astype(np.float32))
    assert set(reference.calibration) == {STUCK, *(window.name for window in WINDOWS)}
    assert all(0 <= figure.reached[0] < CEILING for figure in reference.calibration.values())
