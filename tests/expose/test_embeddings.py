"""Mean embeddings in the text and in the JSON API."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from driftgauge import names
from driftgauge.expose.api import describe_model
from tests.expose.embedded import embedded
from tests.expose.examples import text, view


def test_the_series_of_an_embedding():
    """Every figure by window; a window with vectors too few for a status says so."""
    found = {
        (sample.name, sample.labels["feature"], sample.labels["window"]): sample.value
        for family in text_string_to_metric_families(text([embedded()]))
        for sample in family.samples
        if sample.name.startswith("driftgauge_embedding_") and "mode" not in sample.labels
    }
    metrics = ("RELATIVE", "NOISE_FLOOR", "EVIDENCE", "SAMPLES", "STATUS")
    hour = {name: found[getattr(names, f"EMBEDDING_{name}").name, "embedding", "1h"] for name in metrics}
    assert hour["RELATIVE"] > 0.2 > hour["NOISE_FLOOR"] > 0.04
    assert hour["EVIDENCE"] > 20
    assert (hour["SAMPLES"], hour["STATUS"]) == (400, 2)


def test_the_api():
    """The same by embedding and window; a model without embeddings has none."""
    told = describe_model(embedded())["evaluation"]["embeddings"]["embedding"]["1h"]
    assert set(told) == {"mmd_relative", "noise_floor", "evidence", "chance", "samples", "status"}
    assert told["status"] == "alert"
    assert describe_model(view())["evaluation"]["embeddings"] is None


def test_the_series_of_the_past():
    """The same figures, but for a status, by what of the model's own past is compared with."""
    found = {
        (sample.name.removeprefix("driftgauge_embedding_change_"), sample.labels["mode"]): sample
        for family in text_string_to_metric_families(text([embedded()]))
        for sample in family.samples
        if sample.name.startswith("driftgauge_embedding_change_")
    }
    assert {name for name, _ in found} == {"mmd_relative", "noise_floor", "evidence", "samples"}
    hour = found["mmd_relative", "same_hour_7d"]
    assert (hour.labels["feature"], hour.labels["window"]) == ("embedding", "1h")
    assert hour.value > 0.2
    assert found["evidence", "same_hour_7d"].value > 20
    assert ("mmd_relative", "previous_window") in found


def test_the_past_in_the_api():
    """By embedding and mode, with words for chance; null without embeddings."""
    told = describe_model(embedded())["evaluation"]["embedding_changes"]["embedding"]
    assert set(told) == {"same_hour_7d", "previous_window"}
    assert set(told["same_hour_7d"]) == {"window", "mmd_relative", "noise_floor", "evidence", "chance", "samples"}
    assert told["same_hour_7d"]["samples"] == 400
    assert describe_model(view())["evaluation"]["embedding_changes"] is None
