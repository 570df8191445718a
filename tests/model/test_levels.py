"""Levels of a slot: what is read of the sketches, and that they add."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge.batch import Batch, Requests
from driftgauge.derive import with_score_columns
from driftgauge.model.levels import Level, levels_of, presented
from driftgauge.profile.outcomes import CONFUSION, ERRORS
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import ConfusionSpec, ErrorSumsSpec


def scored(rows, seed=1):
    p = 0.5 + np.random.default_rng(seed).uniform(0, 0.5, rows)
    latencies = np.random.default_rng(seed).lognormal(-3, 0.5, rows)
    return with_score_columns(
        Batch(rows, probabilities=np.stack([p, 1 - p], axis=1), requests=Requests(rows, latencies))
    ), p, latencies  # fmt: skip


@pytest.fixture(scope="module")
def spec():
    return build(lambda: [scored(2_000)[0]], BuildOptions("train", 0.0)).profile.spec


def test_confidence_and_latency_are_those_of_the_rows(spec):
    """Means and variances of the confidence are exact, those of the logarithm of the latency within a bucket's share."""
    batch, p, latencies = scored(400, 7)
    found = levels_of(spec.of(batch), {}, (0, 0))
    assert set(found) == {"confidence", "latency"}
    assert found["confidence"].rows == found["latency"].rows == 400
    assert found["confidence"].mean == pytest.approx(p.mean(), rel=1e-5)
    assert found["confidence"].variance == pytest.approx(p.var(), rel=1e-3)
    logs = np.log(latencies)
    assert found["latency"].mean == pytest.approx(logs.mean(), abs=0.01)
    assert found["latency"].variance == pytest.approx(logs.var(), rel=0.03)
    assert presented("latency", found["latency"].mean) == pytest.approx(math.exp(logs.mean()), rel=0.01)
    assert presented("confidence", 0.5) == 0.5


def test_loss_and_errors(spec):
    """Wrong labels of a classifier, absolute errors of a regression, failed requests."""
    nothing = spec.zero()
    classes = ConfusionSpec(2).of(np.array([[0, 1, 1, 0], [0, 0, 1, 1]]))
    assert levels_of(nothing, {CONFUSION: classes}, (50, 5)) == {
        "loss": Level(4, 0.5, 0.25),
        "error_rate": Level(50, 0.1, pytest.approx(0.09)),
    }
    errors = ErrorSumsSpec().of(np.array([[1.0, 2.0, 3.0], [1.5, 2.0, 5.0]]))
    loss = levels_of(nothing, {ERRORS: errors}, (0, 0))["loss"]
    assert (loss.rows, loss.mean) == (3, pytest.approx(2.5 / 3))
    assert loss.variance == pytest.approx(np.var([0.5, 0.0, 2.0], ddof=1))
    assert levels_of(nothing, {}, (0, 0)) == {}


def test_merging_levels_is_the_level_of_both():
    """Rows, mean and variance are those of all rows; an empty level weighs nothing."""
    left, right = np.random.default_rng(1).normal(size=30), np.random.default_rng(2).normal(2, 3, 70)
    both = np.concatenate([left, right])
    merged = Level(30, left.mean(), left.var()).merge(Level(70, right.mean(), right.var()))
    assert (merged.rows, merged.mean, merged.variance) == (100, pytest.approx(both.mean()), pytest.approx(both.var()))
    empty, some = Level(0, 0.0, 0.0), Level(3, 1.0, 0.5)
    assert empty.merge(some) == some.merge(empty) == some
    assert empty.merge(empty) == empty
