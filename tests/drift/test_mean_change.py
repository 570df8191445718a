"""Two windows of embeddings compared with one another: what is exact, and what a part of the features tells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from driftgauge.derive import Embedder
from driftgauge.derive.embedding import WIDTH
from driftgauge.derive.feature_part import PART, part_of, part_traces
from driftgauge.drift.mean_change import FeatureSums, mean_change, traces_of
from driftgauge.errors import MergeError
from driftgauge.sketch import MeanSpec, ScatterSpec

DIMENSIONS = 32


def vectors(rows, seed, *, shift=0.0, scale=1.0):
    found = np.random.default_rng(seed).normal(size=(rows, DIMENSIONS)) * np.arange(1, DIMENSIONS + 1) ** -0.5
    found[:, 0] += shift
    return found * scale


EMBEDDER = Embedder.fit(vectors(4_000, 0))


def sums(rows, embedder=EMBEDDER):
    phi = embedder.features(rows)
    digest = embedder.digest
    return FeatureSums(MeanSpec(WIDTH, digest).of(phi), ScatterSpec(PART, digest).of(part_of(phi)))


def exact(rows):
    """Return the traces of the covariance of the features, without the bias of a sample."""
    values = np.linalg.eigvalsh(np.cov(EMBEDDER.features(rows).T))
    n, total = len(rows) - 1, values.sum()
    square = (values**2).sum() - total**2 / n
    return total, square, (values**3).sum() - 3 * total * square / n - total**3 / n**2


def test_the_trace_is_exact_and_the_others_are_near():
    """Of vectors like those that the map was made from: the corrections carry over."""
    rows = vectors(3_000, 1)
    found, wanted = traces_of([sums(rows)], EMBEDDER.corrections), exact(rows)
    assert found[0] == pytest.approx(wanted[0], rel=1e-6)
    assert found[1] == pytest.approx(wanted[1], rel=0.05)
    assert found[2] == pytest.approx(wanted[2], rel=0.1)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 0.3), (3.0, 1.0)])
def test_they_are_those_of_the_windows_wherever_these_are(shift, scale):
    """Vectors that are nothing like the reference's have a covariance of their own, and it is found."""
    rows = vectors(3_000, 2, shift=shift, scale=scale)
    found, wanted = traces_of([sums(rows)], EMBEDDER.corrections), exact(rows)
    assert found[0] == pytest.approx(wanted[0], rel=1e-6)
    assert found[1] == pytest.approx(wanted[1], rel=0.3)
    assert found[1] ** 2 / found[0] <= found[2] <= found[1] ** 1.5


def test_a_difference_of_the_windows_is_no_scatter():
    """Within each of two windows far apart there is as much as before, so the noise floor of evidence stays what it is."""
    rows = vectors(1_000, 3)
    near = traces_of([sums(rows), sums(vectors(1_000, 4))], EMBEDDER.corrections)
    apart = traces_of([sums(rows), sums(-rows + 5.0)], EMBEDDER.corrections)
    assert apart[0] < near[0] * 1.5


def test_what_has_changed_is_seen_and_what_has_not_is_not():
    """A shift by a quarter of a standard deviation in 2,000 vectors a side; the floor is that of two samples."""
    past = sums(vectors(2_000, 5))
    calm = mean_change(past, sums(vectors(2_000, 6)), EMBEDDER.corrections)
    moved = mean_change(past, sums(vectors(2_000, 6, shift=0.3)), EMBEDDER.corrections)
    assert calm.evidence < 2
    assert moved.evidence > 6
    assert calm.relative < 0.03
    assert moved.relative > 0.06
    assert calm.noise_floor == pytest.approx(np.sqrt(2 / 2_000))
    assert moved.samples == 2_000


def test_evidence_without_a_change_is_rare():
    """The quick look at what tests/simulation measures: 400 pairs of windows of 200, at 0.01."""
    rows = vectors(80_000, 7)
    parts = [sums(part) for part in np.split(rows, 400)]
    found = np.array([mean_change(*pair, EMBEDDER.corrections).evidence for pair in pairwise(parts)])
    assert 0 < np.count_nonzero(found >= 1) < 90
    assert np.count_nonzero(found >= 2) <= 15


@pytest.mark.parametrize("rows", [0, 1])
def test_a_side_that_is_empty_tells_nothing(rows):
    """No past, or one vector on each side: there is no scatter, so nothing is said."""
    one = sums(vectors(rows, 1))
    assert np.isnan(mean_change(one, sums(vectors(1, 2)), EMBEDDER.corrections).relative)
    assert traces_of([sums(np.ones((50, DIMENSIONS)))], EMBEDDER.corrections) is None


def test_other_maps_are_refused():
    """Sums under different maps have no distance."""
    other = Embedder.fit(vectors(500, 3), seed=1)
    with pytest.raises(MergeError):
        mean_change(sums(vectors(50, 1)), sums(vectors(50, 1), other), EMBEDDER.corrections)


def test_a_part_tells_the_whole_without_bias():
    """Over many draws of the frequencies the mean is the trace; the part that is all is exact."""
    rows, found = vectors(1_500, 8), []
    for seed in range(12):
        embedder = Embedder.fit(vectors(500, 0), seed=seed)
        phi = embedder.features(rows)
        known = np.linalg.eigvalsh(np.cov(phi.T))
        total = known.sum()
        assert part_traces(np.cov(phi.T), WIDTH, total, np.inf) == pytest.approx(((known**2).sum(), (known**3).sum()))
        told = part_traces(np.cov(part_of(phi).T), WIDTH, total, np.inf)
        found.append((told[0] / (known**2).sum(), told[1] / (known**3).sum()))
    assert np.mean(found, axis=0) == pytest.approx((1.0, 1.0), abs=0.2)
