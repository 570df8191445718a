"""Edges: equal shares, atoms, few values, constants, extremes."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.reference.edges import BINS, choose_edges, needs_float64

ROWS = 20_000
CONTINUOUS = {
    "normal": lambda rng: rng.normal(size=ROWS),
    "uniform": lambda rng: rng.uniform(size=ROWS),
    "exponential": lambda rng: rng.exponential(size=ROWS),
    "cauchy": lambda rng: rng.standard_cauchy(ROWS),
    "lognormal": lambda rng: rng.lognormal(0, 4, ROWS),
    "offset": lambda rng: rng.normal(1e9, 1000, ROWS),
}
PRECISIONS = [pytest.param(np.float32, id="float32"), pytest.param(np.float64, id="float64")]


def edges_of(values, precision=np.float64, bins: int = BINS) -> np.ndarray:
    distinct, counts = np.unique(np.asarray(values, dtype=precision), return_counts=True)
    return choose_edges(distinct.astype(np.float64), counts.astype(np.float64), bins, precision)


def shares_of(values, edges) -> np.ndarray:
    return np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) / len(values)


@pytest.mark.parametrize("bins", [5, 20, 64])
@pytest.mark.parametrize("draw", CONTINUOUS.values(), ids=CONTINUOUS)
def test_continuous_columns_get_equal_bins(draw, bins):
    """Each of K bins holds 1/K of the reference, to a row on either side; where float32 blurs values, to a tenth."""
    values = draw(np.random.default_rng(1))
    edges = edges_of(values, bins=bins)
    assert len(edges) == bins - 1
    slack = 0.1 / bins if needs_float64(np.unique(values)) else 0.0
    np.testing.assert_allclose(shares_of(values, edges), 1 / bins, atol=1.5 / ROWS + slack)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("draw", CONTINUOUS.values(), ids=CONTINUOUS)
def test_edges_are_finite_ascending_values_of_the_column(draw, precision):
    """Quantile edges are values that occur, in the column's precision."""
    values = draw(np.random.default_rng(2)).astype(precision)
    edges = edges_of(values, precision)
    assert np.isfinite(edges).all()
    assert (np.diff(edges) > 0).all()
    atoms = {value for value, count in zip(*np.unique(values, return_counts=True), strict=True) if count > ROWS / BINS}
    before = {np.nextafter(value, precision(-np.inf)) for value in atoms}
    assert set(edges.astype(precision).tolist()) <= set(values.tolist()) | before
    assert (edges.astype(precision) == edges).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("atom", [0.0, 1.5, -3.0])
def test_a_value_with_a_share_of_its_own_has_a_bin_of_its_own(atom, precision):
    """A tie that holds more than 1/K of the rows is alone in its bin."""
    rng = np.random.default_rng(3)
    values = np.where(rng.random(ROWS) < 0.3, atom, rng.normal(size=ROWS)).astype(precision)
    edges = edges_of(values, precision)
    place = np.searchsorted(edges.astype(precision), values)
    (own,) = np.unique(place[values == precision(atom)])
    assert (values[place == own] == precision(atom)).all()


@pytest.mark.parametrize("distinct", [2, 7, 20])
def test_few_distinct_values_get_one_bin_each(distinct):
    """Integers of few values have a bin each, and empty bins below and above them."""
    values = np.random.default_rng(4).integers(0, distinct, ROWS).astype(float)
    shares = shares_of(values, edges_of(values))
    np.testing.assert_array_equal(shares[1:-1], np.bincount(values.astype(int)) / ROWS)
    assert shares[0] == shares[-1] == 0


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 2.0**24 + 1, 1e30])
def test_a_constant_gets_three_bins(value, precision):
    """Below, at and above a constant are three bins, so that any departure is new mass."""
    constant = precision(value)
    edges = edges_of([value] * 10, precision).astype(precision)
    around = [np.nextafter(constant, precision(-np.inf)), constant, np.nextafter(constant, precision(np.inf))]
    assert np.searchsorted(edges, around).tolist() == [0, 1, 2]


def test_many_integers_collapse_to_whole_bins():
    """Collapsed quantiles are dropped: no bin holds more than two shares, unless it is one value's."""
    values = np.random.default_rng(5).poisson(12, ROWS).astype(float)
    shares = shares_of(values, edges_of(values))
    assert len(shares) <= 2 * BINS
    assert shares.max() <= max(np.bincount(values.astype(int)).max() / ROWS, 2 / BINS)


def test_nothing_has_no_edges():
    """A column without finite values has a single bin."""
    assert choose_edges(np.empty(0), np.empty(0), BINS, np.float32).tolist() == []


@pytest.mark.parametrize("precision", PRECISIONS)
def test_nothing_is_below_the_smallest_number(precision):
    """An edge before the most negative number would be infinite and is left out."""
    least = -float(np.finfo(precision).max)
    assert edges_of([least, 0.0], precision).tolist() == [least, 0.0]
    many = [least] * 1000 + list(range(100))
    assert np.isfinite(edges_of(many, precision)).all()


def test_weights_count_as_rows():
    """A value of weight w stands for w rows."""
    values = np.arange(100.0)
    weights = np.random.default_rng(6).integers(1, 50, 100)
    repeated = edges_of(np.repeat(values, weights))
    np.testing.assert_array_equal(choose_edges(values, weights.astype(float), BINS, np.float64), repeated)


def test_edges_of_float64_columns_stand_where_float32_can_tell():
    """In a column that float32 blurs, an edge is the last value of those that float32 takes for one."""
    values = np.sort(np.random.default_rng(7).integers(2**24, 2**26, ROWS)).astype(float)
    distinct = np.unique(values)
    for edge in edges_of(values):
        after = distinct[np.searchsorted(distinct, edge) + 1]
        assert np.float32(edge) < np.float32(after)


def test_a_column_within_one_float32_step_keeps_its_bins():
    """Where float32 sees nothing but one value, edges stay apart in float64."""
    values = 1.7e9 + np.random.default_rng(8).uniform(0, 60, ROWS)
    np.testing.assert_allclose(shares_of(values, edges_of(values)), 1 / BINS, atol=1.5 / ROWS)


@pytest.mark.parametrize(
    ("values", "wide"),
    [
        (np.arange(1000.0), False),
        (np.arange(1000) / 10, False),
        (1000 + np.arange(1000) / 10, False),
        (2.0**24 + np.arange(1000), True),
        (1.7e9 + np.arange(1000), True),
        (np.array([1e300]), True),
        (np.array([2.0**24, 2.0**24 + 1]), True),
        (np.array([0.1]), False),
        (np.empty(0), False),
    ],
)
def test_columns_that_float32_would_blur_need_float64(values, wide):
    """Integers above 2^24, timestamps and numbers beyond float32 need float64; decimals do not."""
    assert needs_float64(values) is wide
