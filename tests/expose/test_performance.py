"""Estimates without labels in the text and in the JSON API."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftgauge import names
from driftgauge.expose.api import describe_model
from tests.expose.estimated import estimated, estimated_errors
from tests.expose.examples import text, view


def values(of):
    """Return name -> {window or "": value} of one model's series."""
    found = {}
    for family in text_string_to_metric_families(text([of])):
        for sample in family.samples:
            found.setdefault(sample.name, {})[sample.labels.get("window", "")] = sample.value
    return found


def test_a_classifier():
    """Estimate, standard error, evidence and validity of each window, beside the reference's and the thresholds."""
    found = values(estimated())
    assert 0.6 < found[names.ESTIMATED_ACCURACY_RATIO.name]["batch"] < 0.66
    assert found[names.ESTIMATED_ACCURACY_REFERENCE_RATIO.name][""] == pytest.approx(0.75, abs=0.02)
    assert 0.01 < found[names.ESTIMATED_ACCURACY_STDERR.name]["batch"] < 0.03
    assert found[names.ESTIMATED_ACCURACY_EVIDENCE.name]["batch"] > 10
    assert found[names.ESTIMATED_ACCURACY_VALID.name]["batch"] == 0  # far from the reference's confidence
    assert found[names.ACCURACY_DROP_THRESHOLD.name][""] == 0.05
    assert found[names.LABEL_EVIDENCE_THRESHOLD.name][""] == 4
    assert names.ESTIMATED_ERROR.name not in found


def test_a_regression():
    """It has an error to be expected instead."""
    found = values(estimated_errors())
    assert found[names.ESTIMATED_ERROR.name]["batch"] > found[names.ESTIMATED_ERROR_REFERENCE.name][""]
    assert found[names.ESTIMATED_ERROR_EVIDENCE.name]["batch"] > 4
    assert found[names.ERROR_INCREASE_THRESHOLD.name][""] == 0.25
    assert names.ESTIMATED_ACCURACY_RATIO.name not in found


def test_a_reference_without_labels():
    """It has none of these series."""
    found = values(view())
    assert not [name for name in found if "estimated" in name]


def test_the_api():
    """The same figures by window."""
    told = describe_model(estimated())["evaluation"]["performance"]
    assert told["estimates"] == "accuracy"
    batch = told["windows"]["batch"]
    assert set(batch) == {"value", "stderr", "evidence", "chance", "valid", "samples"}
    assert batch["samples"] == 500
    assert batch["valid"] is False
    assert told["reference"] > batch["value"]
    assert describe_model(view())["evaluation"]["performance"] is None
