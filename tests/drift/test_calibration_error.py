"""Calibration error, its floor and its z-score; evidence that a model does worse."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftgauge.drift import calibration_error, drop_evidence, rise_evidence
from driftgauge.sketch import ReliabilitySpec

GOLDEN: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "golden_vectors.json").read_text())[
    "calibration"
]


@pytest.mark.parametrize("vector", GOLDEN, ids=["five bins", "ten bins"])
def test_calibration_error(vector):
    """Every figure agrees with the golden values."""
    found = calibration_error(vector["bin_count"], vector["bin_conf_sum"], vector["bin_correct"])
    expected = {
        "error": vector["ece"],
        "maximum": vector["mce"],
        "squared": vector["cal_l2_squared"],
        "squared_debiased": vector["cal_l2_squared_debiased"],
        "floor": vector["ece_floor"],
        "accuracy": vector["accuracy"],
        "confidence": vector["avg_confidence"],
        "gap": vector["gap"],
    }
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9, abs=1e-12), name
    assert found.samples == sum(vector["bin_count"])


@pytest.mark.parametrize("rows", [100, 300, 1_000, 5_000])
def test_the_floor_is_what_a_calibrated_model_has(rows):
    """Where confidences are true, the error is its floor to within a few percent, and z is standard normal."""
    rng = np.random.default_rng(rows)
    errors, floors, scores = [], [], []
    for _ in range(200):
        confidence = rng.uniform(0.5, 1, rows)
        bins = (sketch := ReliabilitySpec().of(np.stack([confidence, rng.random(rows) < confidence]))).equal_width
        found = calibration_error(bins.counts, bins.confidence, bins.correct)
        errors.append(found.error)
        floors.append(found.floor)
        scores.append(found.z(sketch.spread))
    assert np.mean(errors) == pytest.approx(np.mean(floors), rel=0.08)
    assert np.std(scores) == pytest.approx(1.0, abs=0.2)
    assert abs(np.mean(scores)) < 0.3


def test_an_overconfident_model_stands_out():
    """Ninety percent sure and eighty percent right: a gap of 0.1 with a large z, an error well above its floor."""
    confidence = np.full(1_000, 0.9)
    sketch = ReliabilitySpec().of(np.stack([confidence, np.arange(1_000) < 800]))
    bins = sketch.equal_width
    found = calibration_error(bins.counts, bins.confidence, bins.correct)
    assert found.gap == pytest.approx(0.1)
    assert found.error - found.floor > 0.09
    assert found.z(sketch.spread) > 10


def test_nothing_is_undefined():
    """Without rows there is no figure, and certain confidences have no z."""
    assert math.isnan(calibration_error([0], [0.0], [0]).error)
    assert math.isnan(calibration_error([2], [2.0], [2]).z(0.0))


def test_evidence_of_a_drop():
    """It equals the two-proportion test, says nothing of a rise, and is undefined without rows."""
    pooled = 1750 / 2000
    z = (0.9 - 0.85) / math.sqrt(pooled * (1 - pooled) * 2 / 1000)
    assert drop_evidence(900, 1000, 850, 1000) == pytest.approx(-math.log10(math.erfc(z / math.sqrt(2)) / 2), rel=1e-6)
    assert drop_evidence(900, 1000, 950, 1000) < 0.01
    assert math.isnan(drop_evidence(0, 0, 1, 2))
    assert drop_evidence(100, 100, 100, 100) == 0.0
    assert drop_evidence(10**6, 10**6, 0, 10**6) == 300.0


@pytest.mark.parametrize("rows", [200, 1_000])
def test_evidence_of_a_drop_without_one(rows):
    """Under no drop, evidence of 2 comes about once in a hundred times."""
    rng = np.random.default_rng(rows)
    hits = rng.binomial(rows, 0.9, (2, 20_000))
    found = np.array([drop_evidence(a, rows, b, rows) for a, b in hits.T.tolist()])
    assert 0.01 / 2 < np.mean(found >= 2) < 0.01 * 2


def test_evidence_of_a_rise():
    """It is Welch's z, one-sided, and undefined where a side has no variance to speak of."""
    z = 0.5 / math.sqrt(4 / 100 + 9 / 200)
    assert rise_evidence((1, 4, 100), (1.5, 9, 200)) == pytest.approx(
        -math.log10(math.erfc(z / math.sqrt(2)) / 2), rel=1e-6
    )
    assert math.isnan(rise_evidence((1, math.nan, 1), (2, 1, 10)))
