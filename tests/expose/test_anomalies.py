"""Anomalies in the text, in the JSON API and among what would alert."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftgauge import names
from driftgauge.expose.api import describe_model
from driftgauge.expose.raised import raised
from tests.expose.examples import text, view
from tests.expose.odd import odd


def test_the_series_of_anomalies():
    """Share, evidence and rows by window, the reference's share, and what became of every row."""
    found = {
        (sample.name, sample.labels.get("window", sample.labels.get("result", ""))): sample.value
        for family in text_string_to_metric_families(text([odd()]))
        for sample in family.samples
        if sample.name.startswith("driftgauge_anomaly_")
    }
    assert found[names.ANOMALY_RATIO.name, "1h"] > 0.1
    assert found[names.ANOMALY_EVIDENCE.name, "1h"] > 10
    assert found[names.ANOMALY_SAMPLES.name, "1h"] == 500
    assert found[names.ANOMALY_REFERENCE_RATIO.name, ""] == pytest.approx(0.01, abs=0.005)
    rows = {result: found[names.ANOMALY_ROWS.name, result] for result in ("scored", "not_sampled", "unusable")}
    assert rows == {"scored": 500, "not_sampled": 100, "unusable": 0}


def test_the_api():
    """The same by window, and what looks at which columns; a model without a detector has none."""
    told = describe_model(odd())["evaluation"]["anomalies"]
    assert (told["kind"], told["columns"]) == ("one-class-svm", ["a", "b"])
    assert told["windows"]["1h"]["samples"] == 500
    assert set(told["windows"]["1h"]) == {"ratio", "evidence", "chance", "samples"}
    assert describe_model(view())["evaluation"]["anomalies"] is None


def test_what_would_alert():
    """Five times the reference's share with evidence is told, with what to do."""
    (found,) = [one for one in raised(odd()) if one["alert"] == "DriftgaugeAnomalies"]
    assert found["severity"] == "warning"
    assert "of the rows are beyond" in found["found"][0]["what"]
