"""The JSON API: plain values, null for what is undefined."""

from __future__ import annotations

import json

import pytest

from driftgauge.expose import describe_model, list_models
from tests.expose.examples import learning, view


def dumped(value):
    """Encode strictly and read back."""
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize("made", [view(), learning(), learning(state="no_reference"), view(evaluation=None)])
def test_every_view_is_json(made):
    assert dumped(describe_model(made)) == describe_model(made)
    assert dumped(list_models([made], 0.0)) == list_models([made], 0.0)


def test_list_is_in_order_and_names_the_worst_column():
    first, second = list_models([view(), learning()], 0.0)["models"]
    assert (first["name"], second["name"]) == ("churn", "fraud")
    assert first["learning"] == {"rows": 512, "wanted_rows": 10_000}
    assert (first["status"], first["reference"], first["worst_column"]) == ("undecided", None, None)
    assert second["status"] == "alert"
    assert second["learning"] is None
    assert second["reference"]["mode"] == "file"
    assert second["worst_column"] == {
        "feature": "age",
        "role": "input",
        "status": "alert",
        "window": "24h",
        "debiased": 0.31,
    }


def test_description_holds_scores_with_their_certainty():
    described = describe_model(view())
    age, plan, prediction = described["evaluation"]["columns"]
    assert age["windows"]["24h"] == {
        "js_distance": 0.33,
        "noise_floor": 0.01,
        "debiased": 0.31,
        "evidence": 300.0,
        "chance": "not by chance",
        "samples": 12_345_678.0,
        "warn": 0.1,
        "alert": 0.2,
        "dispersion": 1.5,
        "judges": True,
        "status": "alert",
    }
    assert plan["status"] == "warn"
    assert (prediction["status"], prediction["undecided"]) == ("undecided", "too_few")
    assert prediction["windows"]["1h"]["debiased"] is None
    assert age["windows"]["1h"]["warn"] is None


def test_description_holds_histograms_side_by_side():
    age, plan, _ = describe_model(view())["evaluation"]["columns"]
    histogram = age["histogram"]
    assert histogram["edges"] == [30.0, 40.0, 50.0]
    assert sum(histogram["reference"]["counts"]) + histogram["reference"]["missing"] == 1_000
    assert sum(histogram["current"]["counts"]) + histogram["current"]["missing"] == 200
    assert (histogram["low"], histogram["high"]) == (None, None)
    assert plan["histogram"]["categories"] == ["basic", "plus", "pro"]
    assert len(plan["histogram"]["current"]["counts"]) == 3


def test_description_holds_counts_by_reason():
    described = describe_model(view())
    assert described["failures"] == {"timeout": 3}
    assert {"feature": "colour", "reason": "unknown_column", "count": 1} in described["violations"]
    assert described["latency_thresholds"] == {"warn_seconds": 0.1, "alert_seconds": 0.25}
