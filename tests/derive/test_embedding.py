"""Feature maps of embeddings, and the distance of their means."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.derive import Embedder, with_embedding_columns
from driftgauge.derive.embedding import COMPONENTS, WIDTH, _axes, _normals
from driftgauge.drift import jensen_shannon
from driftgauge.drift.mmd import MMD_ALERT, MMD_WARN, mean_discrepancy, of_moments
from driftgauge.errors import MergeError
from driftgauge.profile import EMBEDDING, dumps, loads, sketch_name
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import MeanSpec

GOLDEN = json.loads((Path(__file__).parents[1] / "data/golden_vectors.json").read_text())["mmd"]
DIMENSIONS = 32


def vectors(rows: int, seed: int, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Return vectors whose spectrum falls as 1 / i, shifted along the first axis by standard deviations."""
    spread = np.arange(1, DIMENSIONS + 1) ** -0.5
    found = np.random.default_rng(seed).normal(size=(rows, DIMENSIONS)) * spread
    found[:, 0] += shift
    return scale * found


@pytest.fixture(scope="module")
def reference():
    """A reference of 5,000 embeddings."""
    data = vectors(5_000, 1)
    return build(lambda: [Batch(5_000, vectors={"e": data})], BuildOptions("train", 0.0))


def compared(reference, rows):
    embedder = reference.profile.spec.embedders["e"]
    spec = MeanSpec(WIDTH, embedder.digest)
    before = reference.sketches[sketch_name(EMBEDDING, "e")]
    return mean_discrepancy(before, spec.of(embedder.features(rows)), embedder.square, embedder.cube)


def _split_mix(seed, count):
    """Return numbers of SplitMix64 as its authors wrote it, in Python's integers."""
    mask, state, found = 2**64 - 1, seed, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        found.append(z ^ (z >> 31))
    return found


@pytest.mark.parametrize("case", GOLDEN, ids=range(len(GOLDEN)))
def test_golden_values(case):
    """Floor, relative distance and evidence equal those of an independent calculation."""
    found = of_moments(case["T"], (case["t1"], case["t2"], case["t3"]), case["n_ref"], case["n_cur"])
    assert found.relative == pytest.approx(case["rel_mmd"], rel=1e-9)
    assert found.noise_floor == pytest.approx(case["rel_floor"], rel=1e-9)
    assert 10**-found.evidence == pytest.approx(case["pvalue"], rel=1e-6)


def test_features_have_length_one():
    """|phi| = 1 exactly, which is why the mean tells the trace of the covariance."""
    embedder = Embedder.fit(vectors(200, 3))
    np.testing.assert_allclose(np.square(embedder.features(vectors(50, 4))).sum(axis=1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e200], ids=["usual", "tiny", "huge"])
def test_the_components_are_those_of_the_vectors_themselves(scale):
    """The scatter matrix has the axes of the singular value decomposition, whatever the scale; the largest number of each is positive."""
    rows = vectors(2_000, 5, shift=3.0)
    centred = rows - rows.mean(axis=0)
    expected = np.linalg.svd(centred, full_matrices=False)[2][:COMPONENTS]
    found = _axes(scale * centred)
    np.testing.assert_allclose(np.abs(np.einsum("ij,ij->i", found, expected)), 1.0, rtol=1e-9)
    np.testing.assert_allclose(found @ found.T, np.eye(COMPONENTS), atol=1e-9)
    assert (np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1) > 0).all()


def test_fewer_vectors_than_dimensions_have_components_too():
    """Those of the vectors, orthonormal, though most directions are not known."""
    rows = np.random.default_rng(6).normal(size=(60, 100))
    embedder = Embedder.fit(rows)
    np.testing.assert_allclose(embedder.components @ embedder.components.T, np.eye(COMPONENTS), atol=1e-5)
    assert (embedder.residual(rows) < np.linalg.norm(rows - rows.mean(axis=0), axis=1)).all()


def test_frequencies_are_the_same_everywhere():
    """The generator is ours: its numbers are normal, and these for ever."""
    numbers = _normals(7, 100_001)
    assert len(numbers) == 100_001
    assert abs(numbers.mean()) < 0.01
    assert numbers.std() == pytest.approx(1, abs=0.01)
    assert _split_mix(0, 1) == [0xE220A8397B1DCDAF]  # the published first number
    uniform = [((number >> 11) + 0.5) * 2.0**-53 for number in _split_mix(7, 4)]
    lengths = [math.sqrt(-2 * math.log(part)) for part in uniform[:2]]
    expected = [
        *(length * math.cos(2 * math.pi * turn) for length, turn in zip(lengths, uniform[2:], strict=True)),
        *(length * math.sin(2 * math.pi * turn) for length, turn in zip(lengths, uniform[2:], strict=True)),
    ]
    np.testing.assert_allclose(_normals(7, 4), expected, rtol=1e-12)


def test_drift_is_found_and_its_absence_too(reference):
    """A shift along the first component shows in the distance, the same data in neither."""
    same, shifted = compared(reference, vectors(1_000, 5)), compared(reference, vectors(1_000, 6, shift=0.5))
    assert same.relative < MMD_WARN
    assert same.evidence < 3
    assert shifted.relative > MMD_ALERT
    assert shifted.evidence > 20
    assert shifted.noise_floor == pytest.approx(np.sqrt(1 / 1_000 + 1 / 5_000))


def test_scale_shows_in_the_columns(reference):
    """What the mean embedding hardly sees, wider vectors, moves the columns of norm and residual."""
    spec = reference.profile.spec
    names = [column.name for column in spec.schema.numeric]
    assert names == ["e.norm", "e.residual"]
    found = spec.of(Batch(2_000, vectors={"e": vectors(2_000, 8, scale=1.3)}))
    scores = jensen_shannon(reference.profile.histogram.counts, found.histogram.counts)
    assert (scores.debiased > 0.2).all()
    assert (scores.evidence > 6).all()


def test_a_reference_survives_its_text(reference):
    """Maps, sums and digest are the same after writing and reading, so sums of both can be compared."""
    again = loads(dumps(reference))
    assert again.digest == reference.digest
    assert compared(again, vectors(300, 9)) == compared(reference, vectors(300, 9))


def test_other_maps_are_refused(reference):
    """Means under different maps have no distance."""
    other = build(lambda: [Batch(500, vectors={"e": vectors(500, 2)})], BuildOptions("other", 0.0))
    name = sketch_name(EMBEDDING, "e")
    with pytest.raises(MergeError):
        mean_discrepancy(reference.sketches[name], other.sketches[name], 1.0, 1.0)


def test_empty_sides_are_undefined():
    """Without vectors there is nothing to say."""
    spec = MeanSpec(WIDTH, "")
    assert np.isnan(mean_discrepancy(spec.zero(), spec.zero(), 1.0, 1.0).relative)


def test_odd_vectors():
    """Too few or constant vectors have no map; vectors of another width, or NaN, have missing columns."""
    assert Embedder.fit(vectors(10, 1)) is None
    assert Embedder.fit(np.ones((100, 4))) is None
    embedder = Embedder.fit(vectors(200, 1))
    short = with_embedding_columns(Batch(2, vectors={"e": np.ones((2, 3))}), {"e": embedder, "f": embedder})
    assert np.isnan(short.inputs["e.norm"]).all()
    assert set(short.inputs) == {"e.norm", "e.residual"}
    gap = np.full((1, DIMENSIONS), np.nan)
    assert MeanSpec(WIDTH).of(embedder.features(gap)).rows[0] == 0
