"""Numeric histograms against scalar definitions."""

from __future__ import annotations

import bisect
import math

import numpy as np
import pytest

from driftgauge.sketch import Histogram, HistogramSpec

SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, 1e-45, 1e300, -1e300]
EDGES = {
    "quantiles": [-1.0, -0.1, 0.0, 0.1, 0.3, 1.0, 2.5],
    "none": [],
    "one": [0.1],
    "about zero": [-5e-324, 0.0],
    "integers": [0.0, 1.0, 2.0, 3.0],
    "float32 neighbours": [0.1, float(np.nextafter(np.float32(0.1), np.float32(1))), 0.2],
    "beyond float32": [-1e300, 0.0, 1e300],
}
PRECISIONS = [pytest.param(np.float32, id="float32"), pytest.param(np.float64, id="float64")]
every_precision = pytest.mark.parametrize("precision", PRECISIONS)


def spec_of(*edges, precision, centers=None, lows=None, highs=None) -> HistogramSpec:
    columns = len(edges)
    return HistogramSpec(
        tuple(np.array(column, dtype=np.float64) for column in edges),
        np.zeros(columns) if centers is None else np.array(centers),
        np.full(columns, -np.inf) if lows is None else np.array(lows),
        np.full(columns, np.inf) if highs is None else np.array(highs),
        columns if precision is np.float32 else 0,
    )


def values_for(edges, precision, seed: int = 0) -> np.ndarray:
    """Specials, the edges, their neighbours, and random numbers."""
    near = np.array(edges, dtype=np.float64)
    with np.errstate(over="ignore"):
        narrow = near.astype(precision)
        around = np.concatenate(
            [np.nextafter(narrow, precision(-np.inf)), narrow, np.nextafter(narrow, precision(np.inf))]
        )
    random = np.random.default_rng(seed).normal(size=200)
    return np.concatenate([SPECIAL, near, around, random, np.round(random, 1)])


def counted_by_hand(values, edges, precision) -> list[int]:
    """Count right-closed bins value by value, the missing bin last."""
    with np.errstate(over="ignore"):
        bounds = [float(edge) for edge in np.array(edges).astype(precision)]
        numbers = [float(value) for value in values.astype(precision)]
    counts = [0] * (len(bounds) + 2)
    for number in numbers:
        counts[-1 if math.isnan(number) else bisect.bisect_left(bounds, number)] += 1
    return counts


@every_precision
@pytest.mark.parametrize("edges", EDGES.values(), ids=EDGES)
def test_counts_are_those_of_the_scalar_definition(edges, precision):
    """Every value is in the right-closed bin that bisecting the edges in the column's precision gives."""
    values = values_for(edges, precision)
    histogram = spec_of(edges, precision=precision).of(values[None, :])
    assert histogram.counts[0].tolist() == counted_by_hand(values, edges, precision)


@every_precision
def test_columns_of_different_widths_share_one_array(precision):
    """Each column has its own edges; the cells behind its last bin stay empty."""
    columns = list(EDGES.values())
    values = np.random.default_rng(3).normal(size=(len(columns), 300))
    spec = spec_of(*columns, precision=precision)
    histogram = spec.of(values)
    for row, edges in enumerate(columns):
        expected = counted_by_hand(values[row], edges, precision)
        bins = len(edges) + 1
        assert histogram.counts[row, :bins].tolist() == expected[:-1]
        assert not histogram.counts[row, bins:-1].any()
        assert spec.valid[row].tolist() == [True] * bins + [False] * (spec.bins - bins) + [True]


def test_float32_columns_come_first():
    """Up to `narrow` columns are compared in float32, the others in float64."""
    spec = HistogramSpec.plain([[0.1], [0.1]], narrow=1)
    just_above = np.nextafter(0.1, 1)
    assert spec.of(np.full((2, 1), just_above)).counts.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_two_blocks_are_one():
    """A float32 block and a float64 block count as the same values in one block do."""
    spec = HistogramSpec.plain([[0.1, 0.5], [0.1]], narrow=1)
    values = np.random.default_rng(4).normal(size=(2, 100)).round(1)
    one, two = spec.of(values), spec.of(values[:1].astype(np.float32), values[1:])
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])


@pytest.mark.parametrize("rows", [0, 1])
def test_tiny_batches(rows):
    """No row gives the zero histogram, one row one count."""
    spec = HistogramSpec.plain([[0.0, 1.0], []], narrow=1)
    histogram = spec.of(np.full((2, rows), 0.5))
    assert histogram.counts.tolist() == [[0, rows, 0, 0], [rows, 0, 0, 0]]
    assert histogram.total.tolist() == [rows, rows]


def test_no_columns():
    """A model without numeric columns has an empty histogram, not an error."""
    histogram = HistogramSpec.plain([]).of(np.empty((0, 7)))
    assert histogram.counts.shape == (0, 2)


def test_a_column_that_is_all_missing():
    """Missing values are counted in the missing bin only, and give no mean."""
    histogram = HistogramSpec.plain([[0.0, 1.0]]).of(np.full((1, 5), np.nan))
    assert histogram.counts.tolist() == [[0, 0, 0, 5]]
    assert histogram.missing_ratio.tolist() == [1.0]
    assert np.isnan(histogram.mean).all()
    assert np.isnan(histogram.stddev).all()
    assert np.isnan(histogram.outside_ratio).all()


def test_a_constant_column():
    """A constant fills the bin at its value and does not vary."""
    below = np.nextafter(7.0, 0)
    histogram = HistogramSpec.plain([[below, 7.0]]).of(np.full((1, 9), 7.0))
    assert histogram.counts.tolist() == [[0, 9, 0, 0]]
    assert histogram.mean.tolist() == [7.0]
    assert histogram.stddev.tolist() == [0.0]


@every_precision
def test_moments_are_numpys(precision):
    """Mean, standard deviation and bin means are those of the finite values."""
    rng = np.random.default_rng(5)
    values = np.stack([rng.normal(1e4, 1, 500), rng.lognormal(0, 2, 500), rng.integers(0, 5, 500)]).astype(precision)
    values[:, ::50] = np.nan
    values[1, 1::50] = np.inf
    values[2, 2::50] = -np.inf
    edges = [np.nanquantile(row[np.isfinite(row)], (0.2, 0.5, 0.8)).tolist() for row in values]
    edges = [sorted(set(np.array(column, dtype=precision).tolist())) for column in edges]
    histogram = spec_of(*edges, precision=precision, centers=[1e4, 3.0, 2.0]).of(values)
    for row, column in enumerate(edges):
        finite = values[row][np.isfinite(values[row])].astype(np.float64)
        assert histogram.finite[row] == len(finite)
        assert histogram.mean[row] == pytest.approx(finite.mean(), rel=1e-12)
        assert histogram.stddev[row] == pytest.approx(finite.std(), rel=1e-9)
        place = np.searchsorted(column, finite)
        for number in range(len(column) + 1):
            inside = finite[place == number]
            assert histogram.sums[row, number] == pytest.approx(
                (inside - histogram.spec.centers[row]).sum(), rel=1e-9, abs=1e-9
            )
            if len(inside):
                assert histogram.bin_means[row, number] == pytest.approx(inside.mean(), rel=1e-12)


def test_sums_about_the_reference_mean_keep_precision():
    """A spread of 1 about 1e9 keeps its standard deviation to nine digits."""
    values = 1e9 + np.random.default_rng(6).normal(size=10_000)
    histogram = spec_of([1e9], precision=np.float64, centers=[1e9]).of(values[None, :])
    assert histogram.stddev[0] == pytest.approx(values.std(), rel=1e-9)


def test_the_mean_of_an_empty_bin_is_the_reference_mean():
    """Bins without finite values stand at the centre, whatever infinities they hold."""
    histogram = spec_of([0.0, 1.0], precision=np.float64, centers=[0.25]).of(np.array([[np.inf, -np.inf, 0.5]]))
    assert histogram.bin_means.tolist() == [[0.25, 0.5, 0.25]]


@every_precision
def test_infinities_are_counted_and_left_out_of_sums(precision):
    """Infinities are in the outer bins, counted beside them, and have no part in sums."""
    histogram = spec_of([0.0], precision=precision).of(np.array([[np.inf, -np.inf, -np.inf, 2.0, np.nan]]))
    assert histogram.counts.tolist() == [[2, 2, 1]]
    assert histogram.infinite.tolist() == [[2, 1]]
    assert histogram.present.tolist() == [4]
    assert histogram.finite.tolist() == [1]
    assert histogram.mean.tolist() == [2.0]


@every_precision
def test_values_outside_the_reference_are_counted(precision):
    """Values strictly below the smallest and above the largest reference value are outside, infinities too."""
    low, high = float(precision(-0.1)), float(precision(0.7))
    spec = spec_of([0.0], precision=precision, lows=[low], highs=[high])
    below, above = np.nextafter(precision(low), precision(-9)), np.nextafter(precision(high), precision(9))
    values = np.array([[low, high, below, above, above, np.inf, -np.inf, np.nan, 0.0]], dtype=precision)
    histogram = spec.of(values)
    assert histogram.outside.tolist() == [[2, 3]]
    assert histogram.outside_ratio.tolist() == [5 / 8]


def test_a_range_given_in_float64_holds_its_float32_values():
    """The extremes of float64 data stay inside when the same data come as float32."""
    spec = spec_of([0.3], precision=np.float32, lows=[0.1], highs=[0.7])
    assert spec.of(np.float32([[0.1, 0.7]])).outside.tolist() == [[0, 0]]


@every_precision
def test_without_a_range_nothing_is_outside(precision):
    """A reference without finite values has no range, so that not even infinities lie outside."""
    histogram = spec_of([0.0], precision=precision).of(np.array([[np.inf, -np.inf, 1.0]]))
    assert histogram.outside.tolist() == [[0, 0]]


def test_the_largest_numbers_count():
    """The largest finite numbers are finite, in the outer bins; their squares overflow quietly."""
    largest = np.finfo(np.float64).max
    histogram = HistogramSpec.plain([[0.0, 1.0]]).of(np.array([[largest, -largest, largest]]))
    assert histogram.counts.tolist() == [[1, 0, 2, 0]]
    assert histogram.infinite.tolist() == [[0, 0]]
    assert np.isinf(histogram.squares).all()


def test_specs_are_equal_by_value():
    """Specs with equal edges, centres, range and precision are equal; a NaN equals itself."""

    def make(center: float, narrow: int = 0) -> HistogramSpec:
        return HistogramSpec((np.array([1.0]),), np.array([center]), np.zeros(1), np.ones(1), narrow)

    assert make(np.nan) == make(np.nan)
    assert make(0.0) != make(1.0)
    assert make(0.0) != make(0.0, narrow=1)
    assert make(0.0) != "a histogram"


def test_counting_is_exact_beyond_a_block():
    """A hundred thousand rows are counted as exactly as ten."""
    values = np.random.default_rng(7).normal(size=100_000)
    histogram = HistogramSpec.plain([[-1.0, 0.0, 1.0]]).of(values[None, :])
    assert isinstance(histogram, Histogram)
    assert histogram.counts[0, :-1].tolist() == np.bincount(np.searchsorted([-1.0, 0.0, 1.0], values)).tolist()
