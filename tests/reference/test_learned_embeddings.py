"""Embeddings of a reference that is learned from traffic: the map, the columns, the mean, and what is no vector."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.drift.profiles import missing_ratios
from driftgauge.reference import BuildOptions, Learner, build, learned_embeddings

DIMENSIONS = 8


def vectors(rows, seed=1):
    return np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)) * np.arange(1, DIMENSIONS + 1) ** -0.5


def learned(*batches, wanted=1_000):
    learner = Learner(wanted)
    for batch in batches:
        learner.observe(batch)
    assert learner.ready
    return learner.finish(0.0)


def test_it_is_what_a_builder_makes_of_the_same_rows():
    """Few enough vectors are all in the sample: the map, the mean and the moments are the same to float32."""
    rows = vectors(2_000).astype(np.float32)
    found = learned(*(Batch(500, vectors={"e": part}) for part in np.split(rows, 4)))
    built = build(lambda: [Batch(2_000, vectors={"e": rows})], BuildOptions("train", 0.0))
    mine, theirs = (side.profile.spec.embedders["e"] for side in (found, built))
    assert mine.digest == theirs.digest
    assert mine.square == pytest.approx(theirs.square, rel=1e-4)
    assert found.sketches["embedding of e"].rows[0] == 2_000
    np.testing.assert_allclose(found.sketches["embedding of e"].mean, built.sketches["embedding of e"].mean, atol=1e-6)
    assert found.profile.histogram.counts.sum(axis=1).tolist() == [2_000, 2_000]
    assert not found.provenance.notes


def test_rows_without_a_vector_are_missing():
    """Rows whose vector is absent, of another width or not finite count as missing in norm and residual."""
    broken = vectors(100)
    broken[:, 0] = np.nan
    found = learned(
        Batch(700, inputs={"x": np.arange(700.0)}, vectors={"e": vectors(700)}),
        Batch(100, inputs={"x": np.arange(100.0)}, vectors={"e": np.ones((100, 3))}),
        Batch(100, inputs={"x": np.arange(100.0)}, vectors={"e": broken}),
        Batch(100, inputs={"x": np.arange(100.0)}),
    )
    names = [column.name for column in found.profile.spec.schema.columns]
    missing = dict(zip(names, missing_ratios(found.profile), strict=True))
    assert missing == {"x": 0.0, "e.norm": pytest.approx(0.3), "e.residual": pytest.approx(0.3)}
    assert found.sketches["embedding of e"].rows[0] == 700


def test_of_more_vectors_an_even_sample_is_learned(monkeypatch):
    """Memory is bounded: the reference is that of the sample, and says so; the share of missing ones is still that of all rows."""
    monkeypatch.setattr(learned_embeddings, "VECTORS", 400)
    parts = [Batch(500, inputs={"x": np.ones(500)}, vectors={"e": vectors(500, seed)}) for seed in range(8)]
    found = learned(*parts, Batch(1_000, inputs={"x": np.ones(1_000)}))
    held = int(found.sketches["embedding of e"].rows[0])
    assert 400 <= held <= 800
    assert found.provenance.notes == (f"embedding 'e': learned from {held} of 4,000 vectors, evenly chosen",)
    missing = missing_ratios(found.profile)
    assert missing[-2:] == pytest.approx([0.2, 0.2], abs=0.01)


def test_vectors_that_are_all_one_are_no_embedding():
    """Nothing can be learned of them, so a model that sends nothing else goes on learning."""
    learner = Learner(200)
    learner.observe(Batch(300, vectors={"e": np.ones((300, DIMENSIONS))}))
    assert not learner.ready
    learner.observe(Batch(300, inputs={"x": np.arange(300.0)}, vectors={"e": np.ones((300, DIMENSIONS))}))
    found = learner.finish(0.0)
    assert [column.name for column in found.profile.spec.schema.columns] == ["x"]
    assert not found.profile.spec.embedders


def test_embeddings_beyond_the_first_few_are_left_out(monkeypatch):
    """Names that go on coming take no memory: they are named by their number, and those that are known stay."""
    monkeypatch.setattr(learned_embeddings, "_EMBEDDINGS", 2)
    monkeypatch.setattr(learned_embeddings, "_LEFT_OUT", 4)
    names = ["a", "b", *(f"e{number}" for number in range(9)), "a"]
    learner = Learner(1_000)
    for number, name in enumerate(names):
        learner.observe(Batch(100, vectors={name: vectors(100, number)}))
    assert set(learner._vectors._sample.counts) == {"a", "b"}
    found = learner.finish(0.0)
    assert list(found.profile.spec.embedders) == ["a", "b"]
    assert int(found.sketches["embedding of a"].rows[0]) == 200
    assert found.provenance.notes == ("4 or more embeddings beyond the first 2 were left out",)


def test_an_embedding_whose_columns_are_too_many_is_none():
    """Where the limit of columns is reached nothing would judge it, so neither map nor sum is kept."""
    learner = Learner(500, limit=3)
    for seed in range(2):
        learner.observe(
            Batch(500, inputs={"x": np.arange(500.0)}, vectors={"a": vectors(500, seed), "b": vectors(500, seed)})
        )
    found = learner.finish(0.0)
    assert [column.name for column in found.profile.spec.schema.columns] == ["x", "a.norm", "a.residual"]
    assert list(found.profile.spec.embedders) == ["a"]
    assert list(found.sketches) == ["embedding of a"]
