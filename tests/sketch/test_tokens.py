"""Token counts: their laws, their design effect, and the drift that they show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge.batch import Batch, Tokens
from driftgauge.derive import token_facts
from driftgauge.drift.token_drift import overlap, token_drift
from driftgauge.profile import TOKENS, dumps, loads, sketch_name
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import FOLDED, TokenSpec

SPEC = TokenSpec()


def zipf(texts: int, seed: int, *, length: int = 30, first: int = 0, repeated: int = 1) -> Tokens:
    """Return texts of Zipf-distributed token numbers from *first* on, each token written *repeated* times in a row."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, 5_001) ** -1.05
    ids = rng.choice(5_000, (texts, length // repeated), p=weights / weights.sum()) + first
    return token_facts(np.repeat(ids, repeated, axis=1)).tokens


def test_splitting_changes_nothing():
    """Counting texts in parts and adding is counting them at once; zero is an identity."""
    tokens = zipf(700, 1)
    parts = [SPEC.of(tokens.take(slice(0, 300))), SPEC.of(tokens.take(slice(300, 700))), SPEC.zero()]
    added = parts[2].merge(parts[0]).merge(parts[1]).merge(parts[2])
    for name, array in SPEC.of(tokens).arrays.items():
        if name == "spectrum":  # other pairs of texts, which say the same
            np.testing.assert_allclose(added.spectrum[1:] / added.spectrum[0], array[1:] / array[0], rtol=0.3)
            continue
        np.testing.assert_array_equal(added.arrays[name], array, err_msg=name)


@pytest.mark.parametrize(("repeated", "expected"), [(1, 1.0), (3, 3.0)])
def test_the_design_effect_is_the_size_of_clusters(repeated, expected):
    """Independent tokens have one of 1, tokens that always come in threes one of 3."""
    assert SPEC.of(zipf(2_000, 2, repeated=repeated)).design_effect == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("kinds", "least"), [(0, 0.8), (2, 1.4), (20, 1.4)])
def test_texts_of_templates_scatter_unevenly(kinds, least):
    """Independent tokens grow by 1; half of each text copied from one of a few templates makes the tail of the distance longer."""
    tokens = zipf(2_000, 9)
    if kinds:
        rng = np.random.default_rng(9)
        heads = rng.integers(10_000, 20_000, (kinds, 15))
        ids = np.concatenate([heads[rng.integers(kinds, size=2_000)], rng.integers(1, 5_001, (2_000, 15))], axis=1)
        tokens = token_facts(ids).tokens
    counts = SPEC.of(tokens)
    variance, third = counts.growth
    assert counts.spectrum[0] == 4 * 64
    if kinds:
        assert variance > least
        assert third >= variance**2
    else:
        assert least < counts.spectrum[1] / counts.spectrum[0] < 1.2


def test_few_texts_have_no_design_effect():
    """One text cannot tell, nor can a single bucket; nor how unevenly they scatter."""
    assert SPEC.of(zipf(31, 1)).growth == SPEC.of(token_facts([[1, 1]] * 40).tokens).growth == (1.0, 1.0)
    assert math.isnan(SPEC.of(zipf(1, 1)).design_effect)
    assert math.isnan(SPEC.of(token_facts([[1, 1], [1]]).tokens).design_effect)


def test_no_drift_and_drift():
    """Texts of the same law are alike; texts of other tokens share no frequent ones and are far apart."""
    reference = SPEC.of(zipf(1_000, 3))
    same = token_drift(reference, SPEC.of(zipf(500, 4)))
    other = token_drift(reference, SPEC.of(zipf(500, 5, first=10_000)))
    assert (same.k, other.k) == (50, 50)
    assert same.overlap > 0.7
    assert same.evidence < 3
    assert same.debiased < 0.05
    assert other.overlap < 0.2
    assert other.debiased > 0.5
    assert other.evidence > 100


def test_the_overlap_says_for_how_many_it_stands():
    """With few tokens only the ten most frequent are compared, with fewer none; the histogram is scored all the same."""
    reference = SPEC.of(zipf(1_000, 3))
    assert [token_drift(reference, SPEC.of(zipf(texts, 6))).k for texts in (10, 20, 40)] == [0, 20, 50]
    few = token_drift(reference, SPEC.of(zipf(10, 6)))
    assert math.isnan(few.overlap)
    assert few.score > few.noise_floor * 0.5


def test_repeated_tokens_are_no_evidence():
    """Clustered tokens of the same law have evidence as independent ones have, though their plain score is higher."""
    reference = SPEC.of(zipf(2_000, 7, repeated=5))
    found = [token_drift(reference, SPEC.of(zipf(400, seed, repeated=5))).evidence for seed in range(40)]
    assert np.mean(np.array(found) > 1) < 0.3
    assert max(found) < 4


def test_overlap_of_small_vocabularies():
    """With fewer tokens than k the overlap is over those that there are; of nothing it is undefined."""
    few = SPEC.of(token_facts([[1, 2, 3], [4]]).tokens)
    assert overlap(few, few, 50) == 1.0
    assert overlap(few, SPEC.of(token_facts([[9, 8, 7]]).tokens), 50) == 0.0
    assert math.isnan(overlap(SPEC.zero(), SPEC.zero(), 50))
    assert math.isnan(token_drift(SPEC.zero(), few).score)


def test_a_profile_keeps_them():
    """Built into a reference, written and read, they are what they were."""
    facts = token_facts([range(i % 40) for i in range(300)])
    batch = Batch(300, inputs=dict(facts.columns), tokens={"text": facts.tokens})
    reference = build(lambda: [batch], BuildOptions("train", 0.0))
    again = loads(dumps(reference))
    name = sketch_name(TOKENS, "text")
    for part, array in reference.sketches[name].arrays.items():
        np.testing.assert_array_equal(again.sketches[name].arrays[part], array)
    assert again.digest == reference.digest
    assert reference.sketches[name].folded.shape == (FOLDED,)
