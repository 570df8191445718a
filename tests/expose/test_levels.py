"""Changes of level in the text and in the JSON API."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from driftgauge import names
from driftgauge.expose.api import describe_model
from tests.expose.examples import text, view
from tests.expose.levelled import levelled


def test_the_series():
    """Counters of both directions from zero, the time of a change where there was one, levels where there are values."""
    found = {
        (sample.name, sample.labels["series"], sample.labels.get("direction")): sample.value
        for family in text_string_to_metric_families(text([levelled()]))
        for sample in family.samples
        if sample.name.startswith("driftgauge_level_")
    }
    changes = {key[1:]: value for key, value in found.items() if key[0] == names.LEVEL_CHANGES.name}
    assert changes == {
        (series, direction): float((series, direction) == ("confidence", "down"))
        for series in ("confidence", "error_rate", "latency")
        for direction in ("up", "down")
    }
    single = {key[:2]: value for key, value in found.items() if key[2] is None}
    assert single == {
        (names.LEVEL_CHANGE_TIMESTAMP.name, "confidence"): 1_789_998_000,
        (names.LEVEL_ESTIMATE.name, "error_rate"): 0.0125,
        (names.LEVEL_ESTIMATE.name, "latency"): 0.05,
        (names.LEVEL_SLOTS.name, "confidence"): 0,
        (names.LEVEL_SLOTS.name, "error_rate"): 40,
        (names.LEVEL_SLOTS.name, "latency"): 700,
    }


def test_the_api():
    """The same with the levels before and after; a model that nothing is watched of has none."""
    confidence, errors, latency = describe_model(levelled())["evaluation"]["level_changes"]
    assert confidence == {
        "series": "confidence",
        "detector": "adwin",
        "state": "warming",
        "estimate": None,
        "slots": 0,
        "changes": {"up": 0, "down": 1},
        "last_change": {
            "found": 1_789_999_200,
            "since": 1_789_998_000,
            "direction": "down",
            "before": 0.91,
            "after": 0.84,
        },
    }
    assert (errors["estimate"], errors["last_change"]) == (0.0125, None)
    assert (latency["detector"], latency["state"]) == ("page_hinkley", "watching")
    assert describe_model(view())["evaluation"]["level_changes"] == []
