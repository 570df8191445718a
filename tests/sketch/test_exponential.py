"""Exponential histograms: exact counts, and quantiles within their bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge.sketch import ExponentialSpec

LEVELS = (0.5, 0.95, 0.99)
#: durations in seconds
SHAPES = {
    "lognormal": lambda rng, n: rng.lognormal(-3, 0.5, n),
    "exponential": lambda rng, n: rng.exponential(0.05, n),
    "uniform": lambda rng, n: rng.uniform(0.01, 0.2, n),
    "gamma": lambda rng, n: rng.gamma(2.0, 0.02, n),
    "bimodal": lambda rng, n: np.where(rng.random(n) < 0.9, rng.normal(0.02, 0.002, n), rng.normal(0.5, 0.05, n)),
    "heavy tail": lambda rng, n: 0.01 * (1 + rng.pareto(1.5, n)),
}
#: one bucket of the default schema
ONE_BUCKET = 2 ** (1 / 8) - 1


def test_bounds_fall_into_their_own_buckets():
    """Every upper bound is the last value of its bucket, the next number the first of the next."""
    for schema in (0, 3, 5):
        spec = ExponentialSpec(schema=schema, first=-20 * 2**schema, last=17 * 2**schema)
        bounds, numbers = spec.bounds[1:], np.arange(spec.first, spec.last + 1)
        assert spec.index(bounds).tolist() == numbers.tolist()
        assert spec.index(np.nextafter(bounds, np.inf)).tolist() == (numbers + 1).tolist()


def test_counts_are_those_of_the_scalar_definition():
    """Every value is in the bucket whose bounds enclose it; small, large and negative ones in the outer buckets."""
    spec = ExponentialSpec()
    values = np.concatenate(
        [np.random.default_rng(1).lognormal(-3, 6, 2000), [0.0, -1.0, 1e-9, 1e-8, 1e9, np.nan, np.inf]]
    )
    histogram = spec.of([values])
    expected = np.zeros(len(spec.bounds), dtype=np.int64)
    for value in values[~np.isnan(values)]:
        expected[min(int(np.searchsorted(spec.bounds, value)), len(spec.bounds) - 1)] += 1
    assert histogram.counts[0].tolist() == expected.tolist()
    assert histogram.total.tolist() == [2006]


def test_sums_are_of_finite_values():
    """Infinities are counted, but not summed; missing values are neither."""
    histogram = ExponentialSpec(2).of([np.array([0.25, np.inf, np.nan, 0.5]), np.array([])])
    assert histogram.sums.tolist() == [0.75, 0.0]
    assert histogram.total.tolist() == [3, 0]


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "uniform"])
def test_quantiles_of_smooth_distributions_are_within_their_bound(name):
    """p50, p95 and p99 are within 2.5 % of the exact ones for a hundred thousand values without a hard end."""
    values = SHAPES[name](np.random.default_rng(2), 100_000)
    exact = np.quantile(values, LEVELS, method="inverted_cdf")
    found = ExponentialSpec().of([values]).quantiles(LEVELS)[0]
    assert np.abs(found / exact - 1).max() < 0.025


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_quantile_lies_in_the_bucket_of_the_exact_one(shape):
    """The bucket that is read is the one that holds the exact quantile, so the error is at most one bucket."""
    values = shape(np.random.default_rng(3), 999)
    levels = np.linspace(0.01, 0.99, 45)
    exact = np.quantile(values, levels, method="inverted_cdf")
    found = ExponentialSpec().of([values]).quantiles(levels.tolist())[0]
    assert np.abs(found / exact - 1).max() <= ONE_BUCKET + 1e-12


def test_a_single_value_is_found_within_its_bucket():
    """All quantiles of one value lie in its bucket."""
    found = ExponentialSpec().of([np.array([0.1])]).quantiles((0.0, 0.5, 1.0))[0]
    assert np.abs(found / 0.1 - 1).max() <= ONE_BUCKET


def test_quantiles_of_nothing_are_undefined():
    """A column without values has no quantiles, the one beside it has."""
    found = ExponentialSpec(2).of([np.array([]), np.array([1.0])]).quantiles(LEVELS)
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()


def test_zeros_are_zero():
    """Values that count as zero are reported as zero."""
    found = ExponentialSpec().of([np.array([0.0, 0.0, 0.0, 1.0])]).quantiles((0.5, 1.0))[0]
    assert found.tolist() == [0.0, 1.0]


def test_quantiles_rise_with_their_level():
    """A higher level never gives a smaller quantile."""
    values = np.random.default_rng(4).lognormal(-3, 2, 50)
    found = ExponentialSpec().of([values]).quantiles(np.linspace(0, 1, 101).tolist())[0]
    assert (np.diff(found) >= 0).all()


def test_memory():
    """The default histogram has 298 buckets of 8 bytes."""
    zero = ExponentialSpec().zero()
    assert zero.counts.nbytes == 298 * 8
    assert math.isclose(zero.spec.bounds[-1], 2.0**17)
