"""Outcome sketches against scikit-learn's figures of the same rows."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from driftgauge.sketch import ConfusionSpec, ErrorSumsSpec, ReliabilitySpec

metrics = pytest.importorskip("sklearn.metrics")


def in_parts(spec, data, parts=7):
    """Count *data* [2, rows] in parts and add them up, as a window does."""
    return reduce(lambda a, b: a.merge(b), map(spec.of, np.array_split(data, parts, axis=1)), spec.zero())


@pytest.fixture
def classes():
    rng = np.random.default_rng(5)
    truth = rng.choice(5, 3_000, p=[0.5, 0.25, 0.15, 0.08, 0.02])
    return truth, np.where(rng.random(3_000) < 0.7, truth, rng.choice(4, 3_000))


def test_classification_equals_scikit_learn(classes):
    """Accuracy, precision, recall, F1 and the matrix are those of the same rows."""
    truth, predicted = classes
    found = in_parts(ConfusionSpec(5), np.stack([truth, predicted]))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted), abs=1e-12)
    np.testing.assert_array_equal(found.counts[:5, :5], metrics.confusion_matrix(truth, predicted))
    expected = metrics.precision_recall_fscore_support(truth, predicted, zero_division=np.nan)
    for own, theirs in zip((found.precision, found.recall, found.f1, found.support), expected, strict=True):
        np.testing.assert_allclose(own, theirs, atol=1e-12)
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, predicted, average="macro"), abs=1e-12)


def test_classes_without_a_cell_keep_the_accuracy_exact(classes):
    """Rare classes share a cell; right and wrong ones among them are still told apart."""
    truth, predicted = classes
    spec = ConfusionSpec(2)
    codes = np.minimum(np.stack([truth, predicted]), spec.other)
    codes[1, (truth >= 2) & (truth == predicted)] = spec.agreed
    found = in_parts(spec, codes)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted), abs=1e-12)
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        np.testing.assert_allclose(getattr(found, name), score(truth, predicted, average=None)[:2], atol=1e-12)


def test_a_class_that_never_occurs_has_no_figures():
    """What was neither true nor predicted is undefined, what was never right is zero."""
    found = ConfusionSpec(3).of(np.array([[0, 0, 1], [0, 1, 0]]))
    np.testing.assert_array_equal(found.f1, [0.5, 0.0, np.nan])
    np.testing.assert_array_equal(found.recall, [0.5, 0.0, np.nan])
    assert np.isnan(ConfusionSpec(3).zero().accuracy)
    assert np.isnan(ConfusionSpec(3).zero().macro_f1)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_regression_equals_scikit_learn(offset):
    """MAE, RMSE, R2 and MAPE are those of the same rows, also far from zero."""
    rng = np.random.default_rng(6)
    truth = offset + rng.normal(20, 30, 4_000)
    predicted = truth + rng.normal(1, 8, 4_000)
    found = in_parts(ErrorSumsSpec(offset), np.stack([truth, predicted]))
    assert found.mean_absolute_error == pytest.approx(metrics.mean_absolute_error(truth, predicted), rel=1e-9)
    assert found.root_mean_squared_error == pytest.approx(metrics.root_mean_squared_error(truth, predicted), rel=1e-9)
    assert found.r2 == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-9)
    expected = metrics.mean_absolute_percentage_error(truth, predicted)
    assert found.mean_absolute_percentage_error == pytest.approx(expected, rel=1e-9)
    assert found.mean_error == pytest.approx((predicted - truth).mean(), rel=1e-6)
    assert found.absolute_error_variance == pytest.approx(np.abs(predicted - truth).var(ddof=1), rel=1e-6)


def test_percentages_leave_out_a_truth_of_zero():
    """A row whose truth is 0 has an error, but none in percent; what is not finite is no row."""
    found = ErrorSumsSpec().of(np.array([[0.0, 2.0, np.nan, 1.0], [1.0, 3.0, 1.0, np.inf]]))
    assert found.total == 2
    assert found.mean_absolute_error == 1.0
    assert found.mean_absolute_percentage_error == 0.5


def test_a_truth_that_does_not_vary_has_no_r2():
    """R2 compares with the truth's variance; without one it is undefined."""
    assert np.isnan(ErrorSumsSpec(0.3).of(np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.3]])).r2)
    assert np.isnan(ErrorSumsSpec().zero().r2)
    assert np.isnan(ErrorSumsSpec().zero().mean_absolute_error)


def test_brier_score_and_diagram_equal_scikit_learn():
    """The Brier score and the points of the reliability diagram are those of the same rows."""
    calibration = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(7)
    confidence = rng.beta(5, 2, 5_000)
    right = (rng.random(5_000) < confidence).astype(float)
    found = in_parts(ReliabilitySpec(), np.stack([confidence, right]))
    assert found.brier_score == pytest.approx(metrics.brier_score_loss(right, confidence), rel=1e-9)
    bins = found.equal_width
    used = bins.counts > 0
    share, mean = calibration.calibration_curve(right, confidence, n_bins=10)
    np.testing.assert_allclose(bins.correct[used] / bins.counts[used], share, atol=1e-12)
    np.testing.assert_allclose(bins.confidence[used] / bins.counts[used], mean, atol=1e-12)
    assert found.spread == pytest.approx((confidence * (1 - confidence)).sum(), rel=1e-9)


def test_equal_mass_bins_hold_about_the_same():
    """Ten groups hold about a tenth each, and all rows together."""
    rng = np.random.default_rng(8)
    found = ReliabilitySpec().of(np.stack([rng.beta(8, 2, 20_000), np.ones(20_000)]))
    counts = found.equal_mass.counts
    assert counts.sum() == 20_000
    assert counts.min() > 1_000
    assert counts.max() < 3_000


def test_what_is_no_confidence_is_not_counted():
    """Values outside 0 to 1 and NaN are left out; 0 and 1 themselves are in."""
    found = ReliabilitySpec().of(np.array([[0.0, 1.0, 1.1, -0.1, np.nan], [0, 1, 1, 1, 1]]))
    assert found.total == 2
    assert found.brier_score == 0.0
    assert np.isnan(ReliabilitySpec().zero().brier_score)
