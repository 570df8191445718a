"""Confidence columns from class scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.batch import Batch
from driftgauge.derive import CONFIDENCE, confidence_of, with_confidence_columns, with_score_columns
from driftgauge.derive.confidence import ENTROPY, MARGIN, TOP1, TOP5, confidence_names
from driftgauge.reference import BuildOptions, build


def probabilities(rows: int, classes: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), size=rows)


def test_the_columns_are_what_they_are_called():
    """Top-1, top-5, margin and entropy agree with sorting and with the definition."""
    p = probabilities(200, 9)
    found = confidence_of(p)
    ordered = np.sort(p, axis=1)
    np.testing.assert_allclose(found[TOP1], ordered[:, -1])
    np.testing.assert_allclose(found[TOP5], ordered[:, -5:].sum(axis=1))
    np.testing.assert_allclose(found[MARGIN], ordered[:, -1] - ordered[:, -2])
    np.testing.assert_allclose(found[ENTROPY], -(p * np.log(p)).sum(axis=1) / math.log(9))


def test_only_columns_that_say_something():
    """Two classes have one column, up to five have no top-5, one has none."""
    assert [len(confidence_names(classes)) for classes in (1, 2, 3, 5, 6)] == [0, 1, 3, 3, 4]
    assert tuple(confidence_of(probabilities(3, 6))) == CONFIDENCE


def test_extremes_of_the_entropy():
    """All classes alike is 1, one class for sure is 0."""
    found = confidence_of(np.array([[0.25] * 4, [1.0, 0.0, 0.0, 0.0]]))
    assert found[ENTROPY] == pytest.approx([1.0, 0.0], abs=1e-12)


@given(st.integers(2, 12), st.floats(-50, 50))
def test_logits_are_known_up_to_a_constant(classes, shift):
    """A softmax does not see what is added to every logit, and logits are recognised as such."""
    logits = np.random.default_rng(classes).normal(0, 3, (20, classes))
    first, second = confidence_of(logits), confidence_of(logits + shift, logits=True)
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-7, atol=1e-10)


def test_an_impossible_row_is_undefined():
    """NaN scores give NaN columns, the other rows keep their values."""
    p = probabilities(3, 4)
    p[1] = np.nan
    for values in confidence_of(p).values():
        assert np.isnan(values).tolist() == [False, True, False]


def test_sequences_are_means_over_the_positions_that_count():
    """Positions whose label is the ignored one say nothing; a sequence of nothing else is undefined."""
    p = probabilities(12, 5).reshape(3, 4, 5)
    labels = np.array([[0, 1, 2, 3], [0, -100, -100, 1], [-100] * 4])
    found = confidence_of(p, labels=labels)
    top = p.max(axis=2)
    assert found[TOP1] == pytest.approx([top[0].mean(), top[1, [0, 3]].mean(), np.nan], nan_ok=True)
    assert confidence_of(p, labels=labels, ignore_index=7)[TOP1] == pytest.approx(top.mean(axis=1))


def test_ignored_rows_are_undefined():
    """Without a sequence the ignored label takes the row itself out."""
    found = confidence_of(probabilities(3, 4), labels=np.array([1, -100, 2]))
    assert np.isnan(found[MARGIN]).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [((4,), None, "expected"), ((4, 1), None, "expected"), ((2, 3, 4, 5), None, "expected"), ((4, 3), (3,), "labels")],
    ids=["one dimension", "one class", "four dimensions", "other labels"],
)
def test_other_shapes_are_refused(shape, labels, message):
    """The error names the shape."""
    with pytest.raises(ValueError, match=message):
        confidence_of(np.zeros(shape), labels=None if labels is None else np.zeros(labels))


def test_a_batch_keeps_what_was_sent():
    """Columns of that name that a client computed on its device are not computed again."""
    sent = np.array([0.5, 0.5])
    batch = with_score_columns(Batch(2, outputs={TOP1: sent}, probabilities=probabilities(2, 3)))
    assert batch.outputs[TOP1] is sent
    assert {MARGIN, ENTROPY, "proba[0]"} <= set(batch.outputs)
    assert with_confidence_columns(Batch(2)).outputs == {}


def test_a_profile_without_them_is_not_broken_by_them():
    """Profiles from before the columns existed do not count them as unknown."""
    p = probabilities(50, 2)
    reference = build(lambda: [Batch(50, outputs={"proba[1]": p[:, 1]})], BuildOptions("old", 0.0))
    reading = reference.profile.spec.read(with_score_columns(Batch(50, probabilities=p)))
    assert reading.violations == {}


class TestTensors:
    """The same from torch, reduced on the tensor's device."""

    @pytest.mark.parametrize("classes", [2, 4, 8])
    @pytest.mark.parametrize("shape", [(30,), (5, 6)], ids=["rows", "sequences"])
    def test_agree_with_arrays(self, shape, classes):
        """Tensors and arrays have the same confidence, with ignored positions too."""
        torch = pytest.importorskip("torch")
        rng = np.random.default_rng(3)
        logits = rng.normal(0, 2, (*shape, classes))
        labels = rng.choice([-100, 0, 1], shape)
        expected = confidence_of(logits, labels=labels)
        found = confidence_of(
            torch.tensor(logits, dtype=torch.float32, requires_grad=True), labels=torch.tensor(labels)
        )
        assert list(found) == list(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=2e-5, atol=2e-6)

    def test_probabilities_are_recognised(self):
        """Rows that sum to one need no softmax; half precision is enough for that."""
        torch = pytest.importorskip("torch")
        p = torch.tensor(probabilities(20, 3)).half()
        np.testing.assert_allclose(confidence_of(p)[TOP1], p.float().max(dim=1).values, rtol=1e-3)
