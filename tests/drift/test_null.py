"""What the measures say when there is no drift, and how fast they say that there is: simulated."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.drift import (
    divergence_and_expectation,
    jensen_shannon,
    kolmogorov_smirnov,
    mean_shift,
    rate_ratio,
    wasserstein,
)

DRAWS = 20_000
#: name -> (bin probabilities, rows of the reference, rows of the window)
NULLS = {
    "20 equal bins, 100 rows": (np.full(20, 1 / 20), 10_000, 100),
    "20 equal bins, 1,000 rows": (np.full(20, 1 / 20), 10_000, 1_000),
    "20 equal bins, 30 rows": (np.full(20, 1 / 20), 1_000, 30),
    "64 categories of Zipf, 200 rows": (np.arange(1, 65) ** -1.2 / (np.arange(1, 65) ** -1.2).sum(), 10_000, 200),
    "2 bins, 100 rows": (np.array([0.7, 0.3]), 10_000, 100),
}


def pairs(probabilities, rows_r: int, rows: int, draws: int = DRAWS, seed: int = 31):
    """Draw reference and window from the same law."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(rows_r, probabilities, draws), rng.multinomial(rows, probabilities, draws)


@pytest.fixture(scope="module", params=NULLS.values(), ids=NULLS)
def scores(request):
    """Scores of many windows without drift."""
    return jensen_shannon(*pairs(*request.param))


def test_evidence_is_calibrated(scores):
    """Evidence above 2 comes up in 1 % of the windows, above 1 in 10 %, to a factor of 2."""
    for level in (1.0, 2.0):
        share = np.mean(scores.evidence > level)
        assert 0.5 < share / 10.0**-level < 2.0, level


def test_the_floor_is_the_mean(scores):
    """The noise floor is the expected score: within 3 % of the mean squared score."""
    assert np.mean(scores.score**2) == pytest.approx(np.mean(scores.noise_floor**2), rel=0.03)


def test_the_debiased_score_of_noise_is_small(scores):
    """Without drift the debiased score is zero in half of the windows or more, and below the floor in five of six."""
    assert 0.4 < np.mean(scores.debiased == 0) < 0.75
    assert np.mean(scores.debiased > scores.noise_floor) < 1 / 6


@pytest.mark.parametrize("rows", [200, 1_000, 10_000])
@pytest.mark.parametrize("step", [0.02, 0.04])
def test_the_debiased_score_recovers_the_distance(rows, step):
    """With drift, the debiased divergence is on average the true one, where the plain one is inflated by noise."""
    p = np.full(20, 0.05)
    q = p + np.where(np.arange(20) % 2, step, -step)
    true = jensen_shannon(p * 1e12, q * 1e12).score
    rng = np.random.default_rng(32)
    result = jensen_shannon(rng.multinomial(100_000, p, 4_000), rng.multinomial(rows, q, 4_000))
    unclipped = result.score**2 - result.noise_floor**2
    assert np.mean(unclipped) == pytest.approx(true**2, rel=0.05)
    assert np.median(result.debiased) == pytest.approx(true, rel=0.1)


def test_evidence_grows_with_the_sample():
    """The same shares from ten times the rows are stronger evidence; the score does not change."""
    p, q = np.array([0.3, 0.7]), np.array([0.5, 0.5])
    results = [jensen_shannon(p * 10_000, q * rows) for rows in (10, 100, 1_000)]
    assert results[0].evidence < results[1].evidence < results[2].evidence
    assert results[0].score == pytest.approx(results[2].score, rel=1e-12)


def test_dispersion_lowers_the_evidence():
    """A score that scatters more than independent rows do is weaker evidence; nothing else changes."""
    p, q = np.array([3000.0, 7000.0]), np.array([120.0, 130.0])
    plain, wide = jensen_shannon(p, q), jensen_shannon(p, q, 3.0)
    assert wide.evidence < plain.evidence
    assert (wide.score, wide.noise_floor, wide.debiased) == (plain.score, plain.noise_floor, plain.debiased)


@pytest.mark.parametrize("bins", [5, 10, 20, 64])
@pytest.mark.parametrize("level", [0.05, 0.01])
def test_the_size_of_the_binned_ks_test(bins, level):
    """Without drift the p-value is below its level as often as it says, to a quarter."""
    result = kolmogorov_smirnov(*pairs(np.full(bins, 1 / bins), 10_000, 1_000))
    assert np.mean(result.p_value < level) == pytest.approx(level, rel=0.25)


def test_the_size_of_the_binned_ks_test_under_ties():
    """A column with most of its mass in one bin keeps the size of the test."""
    probabilities = np.array([0.8, *[0.02] * 10])
    result = kolmogorov_smirnov(*pairs(probabilities, 10_000, 1_000))
    assert 0.02 < np.mean(result.p_value < 0.05) < 0.07


def test_the_size_of_the_mean_shift():
    """Without drift z is standard normal, and the floor is the mean shift's expected size."""
    rng = np.random.default_rng(33)
    reference, current = rng.normal(5, 2, (4_000, 1_000)), rng.normal(5, 2, (4_000, 100))
    shift = mean_shift(reference.mean(axis=1), 2.0, 1_000, current.mean(axis=1), 100)
    assert np.std(shift.z) == pytest.approx(1.0, rel=0.05)
    assert np.mean(np.abs(shift.sigmas)) == pytest.approx(float(shift.noise_floor), rel=0.05)


def test_the_floor_of_the_wasserstein_distance():
    """Without drift the distance is near its floor on average."""
    rng = np.random.default_rng(34)
    edges = np.quantile(rng.normal(size=100_000), np.arange(1, 20) / 20)

    def side(rows):
        values = rng.normal(size=(400, rows))
        place = np.searchsorted(edges, values)
        counts = np.stack([np.bincount(row, minlength=20) for row in place])
        sums = np.stack([np.bincount(row, weights=x, minlength=20) for row, x in zip(place, values, strict=True)])
        return counts, sums / np.maximum(counts, 1)

    (r, at_r), (c, at_c) = side(5_000), side(200)
    result = wasserstein(r, c, at_r, at_c, np.ones(400))
    assert np.mean(result.sigmas) == pytest.approx(np.mean(result.noise_floor), rel=0.15)


@pytest.mark.parametrize("shift", [0.25, 1.0])
def test_the_wasserstein_distance_of_a_shift_is_the_shift(shift):
    """Point masses at the bins' own means give a shift's exact distance to 2 %."""
    rng = np.random.default_rng(35)
    reference, current = rng.normal(size=200_000), rng.normal(shift, 1, 200_000)
    edges = np.quantile(reference, np.arange(1, 20) / 20)
    sides = []
    for values in (reference, current):
        place = np.searchsorted(edges, values)
        counts = np.bincount(place, minlength=20)
        sides.append((counts, np.bincount(place, weights=values, minlength=20) / counts))
    (r, at_r), (c, at_c) = sides
    assert float(wasserstein(r, c, at_r, at_c, np.array(1.0)).sigmas) == pytest.approx(shift, rel=0.02)


def test_rate_ratio_sees_fraud_double():
    """Fraud from 1 % to 2 % in 5,000 rows: a ratio of 2 with strong evidence, where the distance sees nothing."""
    reference, current = np.array([99_000, 1_000]), np.array([4_900, 100])
    result = rate_ratio(reference, current)
    assert result.ratio[1] == pytest.approx(2.0)
    assert result.evidence[1] > 6
    assert jensen_shannon(reference, current).score < 0.04


def test_rate_ratio_is_calibrated():
    """Without drift its evidence exceeds 2 in 1 % of the windows, to a factor of 2."""
    result = rate_ratio(*pairs(np.array([0.95, 0.05]), 100_000, 2_000))
    assert 0.005 < np.mean(result.evidence[:, 1] > 2) < 0.02


def test_rate_ratio_of_a_class_the_reference_lacks():
    """A class without a reference share has no ratio; one that disappears has ratio 0."""
    result = rate_ratio(np.array([90, 10, 0]), np.array([95, 0, 5]))
    assert np.isnan(result.ratio[2])
    assert np.isnan(result.evidence[2])
    assert result.ratio[1] == 0
    assert result.evidence[1] > 1


def test_the_short_way_to_the_divergence_is_the_same():
    """Divergence and expectation without evidence are those of the whole score, also where a side is empty."""
    rng = np.random.default_rng(11)
    current = rng.multinomial(60, np.r_[np.full(8, 0.1), 0.2, 0.0], size=50)
    current[:2] = 0
    current[2] = np.r_[60, np.zeros(9)]
    reference = np.where(np.arange(50)[:, None] == 2, current[2] * 7, rng.multinomial(900, np.full(10, 0.1), size=50))
    whole = jensen_shannon(reference, current)
    divergence, expectation, samples = divergence_and_expectation(reference, current)
    assert np.sqrt(divergence).tolist() == pytest.approx(whole.score.tolist(), nan_ok=True)
    assert np.sqrt(expectation).tolist() == pytest.approx(whole.noise_floor.tolist(), nan_ok=True)
    assert samples.tolist() == whole.samples.tolist()
