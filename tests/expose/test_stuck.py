"""What is told of a stuck value: the JSON API names it, the list of what would be raised has a sentence, drift has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from driftgauge.expose.api import describe_model
from driftgauge.expose.overview import describe_overview
from driftgauge.expose.raised import raised
from tests.expose.examples import view


def stuck_alone():
    """Return the view in which `plan` is raised by its value alone."""
    known = view()
    found = known.evaluation
    scored = np.array([2, 0, -1], dtype=np.int8)
    return replace(known, evaluation=replace(found, stuck=replace(found.stuck, scored=scored)))


def test_the_api_names_the_value_and_its_thresholds():
    """The value as the reference names it, with ratio, evidence, hours and thresholds; null for a column without values."""
    for told in (describe_model(view()), describe_overview(view())):
        age, plan, prediction = (column["stuck"] for column in told["evaluation"]["columns"])
        assert age is None
        assert plan == {
            "value": "pro",
            "ratio": 0.1234,
            "evidence": 7.5,
            "evidence_threshold": 4.25,
            "hours": 70,
            "warn": 0.1,
            "alert": 0.15,
            "calibrated": True,
            "status": "warn",
            "words": "the value pro holds 12.3 % of the rows more than in the reference, in at least 80 % of the last 72 hours",
        }
        assert prediction["value"] is None
        assert prediction["calibrated"] is False
        assert (prediction["warn"], prediction["status"], prediction["words"]) == (None, "undecided", None)


def test_a_stuck_value_is_raised_and_no_drift():
    """A sentence with the value and its share, as a ticket; the column's distance is as it should be."""
    groups = {group["alert"]: group for group in raised(stuck_alone())}
    (found,) = groups["DriftgaugeValueStuck"]["found"]
    assert groups["DriftgaugeValueStuck"]["severity"] == "warning"
    assert found["feature"] == "plan"
    assert found["what"] == (
        "the value pro holds 12.3 % of the rows more than in the reference, in at least 80 % of the last 72 hours"
    )
    assert {one["feature"] for one in groups["DriftgaugeFeatureDrift"]["found"]} == {"age"}
