"""Performance without labels: golden values, and the laws of the estimate."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from driftgauge.drift.estimated import Estimator, isotonic
from driftgauge.sketch import BinnedSpec

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden_vectors.json").read_text())["cbpe"]
EDGES = (0.6, 0.7, 0.8, 0.9)


def labelled(rows=20_000, seed=1):
    """Return confidence and whether right, of a model whose confidence is true."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1.0, rows)
    return np.stack([confidence, (rng.random(rows) < confidence).astype(float)])


def estimator(**options):
    return Estimator.of_right(BinnedSpec(EDGES).of(labelled(**options)))


def counted(confidence):
    return BinnedSpec(EDGES).of(np.stack([confidence, np.zeros_like(confidence)])).counts[None]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['estimate']}")
def test_golden_values(case):
    """Estimate and standard error are the golden ones."""
    right = np.array(case["bin_accuracy"])
    found = Estimator(right, right * (1 - right), np.array(case["ref_counts"])).estimate(np.array([case["cur_counts"]]))
    assert found.value[0] == pytest.approx(case["estimate"], rel=1e-9)
    assert found.stderr[0] == pytest.approx(case["standard_error"], rel=1e-9)


def test_a_changed_mix_is_followed():
    """Rows at other levels of confidence, each as often right as before: the estimate is the new accuracy."""
    rng = np.random.default_rng(2)
    confidence = 0.5 + 0.5 * rng.beta(1.5, 3, 10_000)
    found = estimator().estimate(counted(confidence))
    assert found.value[0] == pytest.approx(confidence.mean(), abs=0.01)
    assert abs(found.value[0] - confidence.mean()) < 3 * found.stderr[0]
    assert found.evidence[0] > 50


def test_the_interval_covers_the_truth():
    """Of 200 windows, 95 % have an accuracy within 1.96 standard errors, all draws made anew."""
    rng = np.random.default_rng(3)
    inside = 0
    for number in range(200):
        confidence = rng.uniform(0.5, 1.0, 500)
        right = (rng.random(500) < confidence).mean()
        found = estimator(rows=3_000, seed=number).estimate(counted(confidence))
        inside += abs(found.value[0] - right) <= 1.96 * found.stderr[0]
    assert 180 <= inside <= 199


def test_a_better_mix_is_no_evidence():
    """Evidence is one-sided: surer rows have none, neither has the reference itself."""
    known = estimator()
    found = known.estimate(np.stack([counted(np.full(500, 0.95))[0], known.counts]))
    assert found.evidence.tolist() == [0.0, 0.0]
    assert found.value[1] == pytest.approx(known.reference)


def test_scattered_windows_weigh_less():
    """A dispersion of four takes as much evidence away as a quarter of the rows."""
    confidence = np.concatenate([np.full(300, 0.65), np.full(300, 0.85)])
    plain, scattered = (estimator().estimate(counted(confidence), np.array([by])).evidence[0] for by in (1.0, 4.0))
    few = estimator().estimate(counted(confidence[::4])).evidence[0]
    assert plain > scattered == pytest.approx(few, rel=0.05)


def test_errors_of_a_regression():
    """Larger predictions err more: a window of larger predictions is expected to err as those did."""
    rng = np.random.default_rng(4)
    predicted = rng.uniform(0, 10, 20_000)
    outcomes = BinnedSpec(tuple(np.arange(0.5, 10, 0.5))).of(np.stack([predicted, np.abs(rng.normal(0, predicted))]))
    known = Estimator.of_errors(outcomes)
    large = np.sqrt(rng.uniform(25, 100, 4_000))
    found = known.estimate(outcomes.spec.of(np.stack([large, large])).counts[None])
    assert found.value[0] == pytest.approx(np.sqrt(2 / np.pi) * large.mean(), rel=0.03)
    assert found.value[0] > known.reference
    assert found.evidence[0] > 50


def test_an_empty_bin_errs_as_all_together():
    """Where the reference has no prediction of a size, the mean of all stands in."""
    outcomes = BinnedSpec((0.0, 5.0)).of(np.array([[1.0, 2.0, 7.0], [1.0, 3.0, 5.0]]))
    assert Estimator.of_errors(outcomes).means.tolist() == [3.0, 2.0, 5.0]


def test_a_window_without_rows():
    """It has no estimate."""
    found = estimator().estimate(np.zeros((1, 5), dtype=np.int64))
    assert np.isnan([found.value[0], found.stderr[0], found.evidence[0]]).all()


def test_isotonic_values():
    """Neighbours in the wrong order are pooled by weight, also where pooling makes new ones."""
    assert isotonic(np.array([3.0, 2.0, 1.0]), np.ones(3)).tolist() == [2.0, 2.0, 2.0]
    assert isotonic(np.array([1.0, 2.0, 3.0]), np.ones(3)).tolist() == [1.0, 2.0, 3.0]
    assert isotonic(np.array([2.0, 4.0, 1.0]), np.array([1.0, 1.0, 2.0])).tolist() == [2.0, 2.0, 2.0]
