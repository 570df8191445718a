"""Every measure over any leading axes, padded cells and empty sides."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.drift import (
    chi_square,
    jensen_shannon,
    kl_bits,
    kolmogorov_smirnov,
    mean_shift,
    psi,
    rate_ratio,
    wasserstein,
)
from driftgauge.drift.gamma import log_normal_tail, log_upper_gamma

RNG = np.random.default_rng(41)
REFERENCE = RNG.integers(1, 500, (3, 8))
CURRENT = RNG.integers(0, 50, (2, 3, 8))
POINTS = np.sort(RNG.normal(size=(3, 8)), axis=-1)

#: name -> every number a measure gives, as arrays of the leading shape
MEASURES = {
    "jensen_shannon": lambda r, c: [
        getattr(jensen_shannon(r, c), name) for name in ("score", "noise_floor", "debiased", "evidence")
    ],
    "psi": lambda r, c: [psi(r, c)],
    "kl_bits": lambda r, c: [kl_bits(r, c), kl_bits(c, r)],
    "chi_square": lambda r, c: list(chi_square(r, c)),
    "kolmogorov_smirnov": lambda r, c: [kolmogorov_smirnov(r, c).distance, kolmogorov_smirnov(r, c).p_value],
    "rate_ratio": lambda r, c: [rate_ratio(r, c).ratio[..., 0], rate_ratio(r, c).evidence[..., 0]],
    "wasserstein": lambda r, c: [
        getattr(wasserstein(r, c, points_for(r), points_for(r), np.ones(np.shape(r)[:-1])), name)
        for name in ("sigmas", "noise_floor")
    ],
}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def points_for(reference) -> np.ndarray:
    return POINTS if np.ndim(reference) == 2 else POINTS[0]


@every_measure
def test_windows_times_columns_broadcast(measure):
    """Scoring [windows, columns, bins] at once is scoring every column by itself."""
    together = measure(REFERENCE, CURRENT)
    for window in range(2):
        for column in range(3):
            if measure is MEASURES["wasserstein"] and column:
                continue
            alone = measure(REFERENCE[column], CURRENT[window, column])
            for all_values, value in zip(together, alone, strict=True):
                assert all_values.shape == (2, 3)
                assert all_values[window, column] == pytest.approx(float(value), rel=1e-12, abs=1e-12)


@every_measure
@pytest.mark.parametrize("empty", ["reference", "current", "both"])
def test_an_empty_side_is_undefined(measure, empty):
    """Where a side has no rows every number is NaN, and no warning is raised; the other columns are scored."""
    reference, current = REFERENCE.copy(), CURRENT[0].copy()
    if empty != "current":
        reference[1] = 0
    if empty != "reference":
        current[1] = 0
    for values in measure(reference, current):
        assert np.isnan(values).tolist() == [False, True, False]


@every_measure
def test_identical_proportions(measure):
    """Equal proportions at other sizes raise no warning, and no number is undefined."""
    assert all(np.isfinite(values).all() for values in measure(REFERENCE * 1000, REFERENCE))


@every_measure
def test_one_bin_with_all_the_mass(measure):
    """A constant against itself is scored without warnings."""
    constant = np.zeros((3, 8), dtype=np.int64)
    constant[:, 2] = 100
    measure(constant, constant)


@every_measure
def test_huge_counts(measure):
    """A trillion rows against a hundred are scored without overflow."""
    assert all(np.isfinite(values).all() for values in measure(REFERENCE * 10**12, CURRENT[0] + 1))


@pytest.mark.parametrize("measure", [measure for name, measure in MEASURES.items() if name != "wasserstein"])
def test_no_columns(measure):
    """A model without columns of a kind is scored, as nothing."""
    assert all(values.shape == (0,) for values in measure(np.empty((0, 8)), np.empty((0, 8))))


@pytest.mark.parametrize("measure", [psi, kl_bits])
def test_padded_cells_add_nothing(measure):
    """Cells that are no bins of their column change neither PSI nor KL."""
    valid = np.arange(8) < np.array([[8], [5], [2]])
    reference, current = REFERENCE * valid, CURRENT * valid
    padded = measure(reference, current, valid)
    for column, bins in enumerate((8, 5, 2)):
        alone = measure(reference[column, :bins], current[:, column, :bins])
        np.testing.assert_allclose(padded[:, column], alone, rtol=1e-12)


@pytest.mark.parametrize("measure", ["jensen_shannon", "chi_square", "kolmogorov_smirnov"])
def test_bins_that_are_empty_on_both_sides_add_nothing(measure):
    """A bin without mass on either side may as well not exist."""
    padded = [np.insert(side, [0, 3, 8], 0, axis=-1) for side in (REFERENCE, CURRENT)]
    for plain, wider in zip(MEASURES[measure](REFERENCE, CURRENT), MEASURES[measure](*padded), strict=True):
        np.testing.assert_allclose(plain, wider, rtol=1e-9)


def test_the_distance_is_symmetric_and_bounded():
    """The score is the same both ways, 0 for itself, 1 for disjoint sides."""
    forwards, backwards = jensen_shannon(REFERENCE, CURRENT[0]), jensen_shannon(CURRENT[0], REFERENCE)
    np.testing.assert_allclose(forwards.score, backwards.score, rtol=1e-12)
    assert jensen_shannon(REFERENCE, REFERENCE * 7).score.tolist() == [0.0] * 3
    assert jensen_shannon(np.array([5, 0]), np.array([0, 5])).score == 1.0


def test_a_reference_without_spread_has_no_shift_in_sigmas():
    """Mean shift and Wasserstein in standard deviations are undefined for a constant reference, the relative shift is not."""
    shift = mean_shift(2.0, 0.0, 100, 3.0, 100)
    assert np.isnan(shift.sigmas)
    assert np.isnan(shift.z)
    assert shift.relative == 0.5
    assert np.isnan(wasserstein(REFERENCE, CURRENT[0], POINTS, POINTS, np.zeros(3)).sigmas).all()


def test_mean_shift_of_nothing():
    """A side without rows has no mean, and gives NaN without a warning."""
    shift = mean_shift(np.array([1.0, 1.0]), 1.0, 100, np.array([np.nan, 2.0]), np.array([0, 5]))
    assert np.isnan(shift.sigmas).tolist() == [True, False]
    assert np.isnan(shift.z).tolist() == [True, False]


def test_a_reference_mean_of_zero_has_no_relative_shift():
    """A relative shift from zero is undefined."""
    assert np.isnan(mean_shift(0.0, 1.0, 100, 3.0, 100).relative)


@pytest.mark.parametrize("a", [1e-3, 0.5, 1.0, 9.5, 100.0, 9_999.0])
def test_the_gamma_tail(a):
    """The logarithm of Q(a, x) is SciPy's, as far as SciPy's does not underflow."""
    from scipy.special import gammaincc

    x = a * np.geomspace(0.01, 3.0, 25) + np.linspace(0, 5, 25)
    expected = gammaincc(a, x)
    known = expected > 1e-290
    found = log_upper_gamma(np.full(25, a), x)
    np.testing.assert_allclose(np.exp(found[known]), expected[known], rtol=1e-9)
    assert (found <= 0).all()


def test_the_gamma_tail_far_out():
    """Beyond what a float can hold the logarithm goes on, falling."""
    tail = log_upper_gamma(np.full(4, 9.5), np.array([1e2, 1e3, 1e4, 1e5]))
    assert (np.diff(tail) < 0).all()
    assert tail[-1] == pytest.approx(-1e5, rel=0.01)


def test_the_gamma_tail_of_large_shapes():
    """Above a shape of 10,000 the normal approximation is right to a thousandth in the body of the law."""
    from scipy.special import gammaincc

    a = np.full(9, 50_000.0)
    x = a + np.linspace(-3, 3, 9) * np.sqrt(a)
    np.testing.assert_allclose(np.exp(log_upper_gamma(a, x)), gammaincc(a, x), rtol=1e-3)


def test_the_normal_tail():
    """The logarithm of P(Z > z) is SciPy's, far beyond underflow too."""
    from scipy.special import log_ndtr

    z = np.array([-5.0, 0.0, 1.0, 5.0, 24.0, 26.0, 40.0, 100.0])
    np.testing.assert_allclose(log_normal_tail(z), log_ndtr(-z), rtol=1e-3)
