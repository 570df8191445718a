"""Moments of two data sets together: never told too small, and near what they are where the two are alike."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.derive import Embedder
from driftgauge.derive.embedding import WIDTH
from driftgauge.profile import dumps, loads
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.accept_embeddings import of_both
from driftgauge.reference.merge import merge
from driftgauge.sketch import MeanSpec


def vectors(rows, seed, *, shift=0.0):
    found = np.random.default_rng(seed).standard_normal((rows, 16)) * np.arange(1, 17) ** -0.5
    found[:, 0] += shift
    return found


EMBEDDER = Embedder.fit(vectors(3_000, 0))


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_a_bound_of_both(shift):
    """The triangle inequality: at least what the rows of both have, seven tenths more at most, where they are far apart."""
    parts = vectors(3_000, 1), vectors(1_500, 2, shift=shift)
    sums = [MeanSpec(WIDTH, EMBEDDER.digest).of(EMBEDDER.features(part)) for part in parts]
    each = [EMBEDDER.calibrated(part) for part in parts]
    exact = EMBEDDER.calibrated(np.concatenate(parts))
    found = of_both(each[0], sums[0], each[1], sums[1])
    assert 0.98 * exact.square <= found.square <= 1.7 * exact.square
    assert 0.98 * exact.cube <= found.cube <= 2.5 * exact.cube
    assert found.digest == EMBEDDER.digest
    nothing = sums[0].spec.zero()
    assert of_both(each[0], sums[0], each[1], nothing).square == each[0].square
    assert of_both(each[0], nothing, each[1], sums[1]).square == each[1].square


def test_added_profiles_have_the_moments_of_both():
    """`driftgauge baseline merge` of profiles with one map: sums, rows and moments; the file keeps them."""
    rows = vectors(2_000, 3)
    old = build(lambda: [Batch(2_000, vectors={"e": rows})], BuildOptions("train", 0.0))
    new = merge(old, old, created=1.0, weight=0.5)
    assert new.sketches["embedding of e"].rows[0] == 3_000
    mine, theirs = (side.profile.spec.embedders["e"] for side in (new, old))
    assert mine.square == pytest.approx(theirs.square, rel=1e-6)
    assert mine.cube == pytest.approx(theirs.cube, rel=1e-6)
    read = loads(dumps(new)).profile.spec.embedders["e"]
    assert (read.square, read.cube, read.corrections) == (mine.square, mine.cube, pytest.approx(theirs.corrections))
