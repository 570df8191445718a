"""The dispersion factor: one for independent rows, the ratio where all directions scatter alike, more where few do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from driftgauge.drift import jensen_shannon, residuals, tail_dispersion
from driftgauge.drift.dispersion import _spectrum

BINS = 20
SHARES = np.full(BINS, 1 / BINS)
REFERENCE = 1e7 * SHARES
#: what the factor is right at
FAR = 1e-7


def apart(blocks: int) -> np.ndarray:
    return np.ones((blocks, blocks), dtype=bool)


def factors(ratio: float, spread: np.ndarray) -> np.ndarray:
    """Return the factor of residuals [blocks, columns, bins] that all have enough rows."""
    used = np.ones(spread.shape[:2], dtype=bool)
    return tail_dispersion(np.full(spread.shape[1], ratio), spread, used, apart(len(spread)))


def normal(scales: np.ndarray, blocks: int = 400, columns: int = 40) -> np.ndarray:
    """Draw residuals whose covariance has the eigenvalues scales**2 and no part along the sum."""
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(np.column_stack([np.ones(BINS), rng.standard_normal((BINS, BINS - 1))]))[0][:, 1:]
    return (rng.standard_normal((blocks, columns, BINS - 1)) * scales) @ basis.T


def test_residuals_of_independent_rows_have_as_many_degrees_as_bins_less_one():
    """Their squared length averages K - 1, whatever the sizes of block and reference."""
    rng = np.random.default_rng(2)
    for reference in (300, 1_000_000):
        blocks, rest = rng.multinomial(200, SHARES, size=4_000), rng.multinomial(reference, SHARES, size=4_000)
        lengths = (residuals(rest, blocks) ** 2).sum(axis=1)
        assert lengths.mean() == pytest.approx(BINS - 1, rel=0.03)


def test_independent_rows_keep_their_power():
    """The factor of blocks without any dependence is one within five percent."""
    found = factors(1.0, normal(np.ones(BINS - 1)))
    assert found.max() < 1.05


def test_equal_scatter_in_all_directions_is_the_ratio():
    """Where every direction scatters alike, the law is the independent one made wider."""
    found = factors(4.0, normal(np.full(BINS - 1, 2.0)))
    assert found == pytest.approx(np.full(40, 4.0), rel=0.1)


def test_one_wide_direction_makes_a_far_tail():
    """A direction of 25 times the variance: the factor is that of the exact law's quantile, well above the ratio."""
    eigenvalues = np.ones(BINS - 1)
    eigenvalues[0] = 25.0
    found = factors(eigenvalues.mean(), normal(np.sqrt(eigenvalues)))
    # Beyond the bulk the one direction decides: 25 chi-square(1) beside 18 of the others.
    exact = (25 * gamma.isf(FAR, 0.5, scale=2) + 18) / gamma.isf(FAR, (BINS - 1) / 2, scale=2)
    assert exact < found.mean() < 1.25 * exact  # what 400 blocks leave open is allowed for
    assert found.min() > 3 * eigenvalues.mean()


@pytest.mark.parametrize("kind", ["single", "hours", "uneven", "two", "overlapping"])
def test_the_spectrum_is_what_pairs_and_triples_of_blocks_give(kind: str):
    """However blocks go together: every pair and triple of blocks that are apart counts once; two groups have no triple."""
    sizes = {"single": [1] * 44, "hours": [4] * 11, "uneven": [7, 4, 4, 9, 1, 2, 4, 4, 4, 2, 3], "two": [41, 3]}
    place = np.arange(44) if kind == "overlapping" else np.repeat(np.arange(len(sizes[kind])), sizes[kind])
    separate = np.abs(place[:, None] - place) > (3 if kind == "overlapping" else 0)
    rng = np.random.default_rng(4)
    spread = rng.standard_normal((44, 12, 5)) * np.array([4.0, 2.0, 1.0, 1.0, 0.0])
    used = np.ones((44, 12), dtype=bool)
    used[:3, 4], used[20:24, 5] = False, False
    rows = np.where(used[..., None], spread, 0.0).transpose(1, 0, 2)
    products = rows @ rows.transpose(0, 2, 1) * separate
    pairs = (used.T[:, :, None] & used.T[:, None] & separate).astype(float)
    squares, cubes = _spectrum(spread, used, separate)
    assert squares == pytest.approx((products**2).sum(axis=(1, 2)) / pairs.sum(axis=(1, 2)), rel=1e-9)
    if kind == "two":
        assert np.isnan(cubes).all()
        return
    triples = (pairs @ pairs * pairs).sum(axis=(1, 2))
    assert cubes == pytest.approx((products @ products * products).sum(axis=(1, 2)) / triples, rel=1e-9)


def test_few_blocks_tell_no_shape():
    """With fewer than forty blocks only the ratio is known."""
    eigenvalues = np.ones(BINS - 1)
    eigenvalues[0] = 25.0
    assert factors(2.26, normal(np.sqrt(eigenvalues), blocks=39)).tolist() == [2.26] * 40


def test_evidence_of_sessions_is_right_in_the_tail():
    """Of 200,000 windows of sessions of 50 rows, p < 1e-4 is as rare as it says, or rarer; by the ratio it is everyday."""
    rng = np.random.default_rng(3)
    effects = np.linspace(-1.5, 1.5, 12)[:, None] * np.linspace(-1, 1, BINS)
    laws = np.exp(effects) / np.exp(effects).sum(axis=1, keepdims=True)
    reference = 1e7 * laws.mean(axis=0)

    def windows(number: int) -> np.ndarray:
        sessions = rng.multinomial(24, np.full(len(laws), 1 / len(laws)), size=number)
        return rng.multinomial(50 * sessions, laws).sum(axis=1)

    blocks = windows(200)[:, None]
    scores = jensen_shannon(reference, blocks)
    ratio = (scores.score**2).sum(axis=0) / (scores.noise_floor**2).sum(axis=0)
    used = np.ones((200, 1), dtype=bool)
    factor = float(tail_dispersion(ratio, residuals(reference, blocks), used, apart(200))[0])
    found = windows(200_000)
    assert (jensen_shannon(reference, found, factor).evidence >= 4).mean() <= 1e-4
    assert (jensen_shannon(reference, found, float(ratio[0])).evidence >= 4).mean() > 1e-2
