"""Every query of every dashboard against a real Prometheus with a simulated history in it."""

from __future__ import annotations

import pytest

from dashboards.preview import grafana

CHOSEN = {"model": "card-fraud", "version": "1", "feature": "amount", "role": "input"}


def chosen(dashboard):
    """Return what is chosen on a dashboard."""
    return CHOSEN | ({"model": "assistant"} if dashboard["uid"] == "driftgauge-language-models" else {})


#: (dashboard, panel, query) -> why it has nothing to show in a history where most is well
EMPTY = {
    ("driftgauge-model", "Schema violations", "B"): "violations, where there are any; their sum is there",
    ("driftgauge-exporter", "Dropped bodies by reason", "B"): "reasons that occur; their sum is there",
    ("driftgauge-exporter", "Rejected rows by reason", "B"): "reasons that occur; their sum is there",
    ("driftgauge-exporter", "Events lost by reason", "A"): "reasons that occur; what came is in the panel beside it",
    ("driftgauge-exporter", "Events lost by reason", "B"): "as above",
    ("driftgauge-exporter", "Events lost by reason", "C"): "as above",
    ("driftgauge-model", "Errors", "B"): "failures by reason, those that occur",
    ("driftgauge-model", "Rows that clients dropped", "B"): "reasons that occur; their sum is there",
    ("driftgauge-model", "Labels that clients dropped", "B"): "reasons that occur; their sum is there",
    ("driftgauge-feature", "Why pods cannot judge", "A"): "reasons, of those that cannot",
    ("driftgauge-model", "Confidence", "A"): "a model that sends classes only",
    ("driftgauge-model", "Confidence", "B"): "as above",
    ("driftgauge-model", "Confidence", "C"): "as above",
    ("driftgauge-model", "Estimated accuracy", "A"): "a reference without labels",
    ("driftgauge-model", "Estimated accuracy", "B"): "a reference without labels",
    ("driftgauge-model", "Estimated accuracy", "C"): "a reference without labels",
    ("driftgauge-model", "Estimated accuracy", "D"): "a reference without labels",
    ("driftgauge-model", "Estimated mean absolute error", "A"): "a reference without labels",
    ("driftgauge-model", "Estimated mean absolute error", "B"): "a reference without labels",
    ("driftgauge-model", "Estimated mean absolute error", "C"): "a reference without labels",
    ("driftgauge-model", "Is the estimate valid?", "A"): "a reference without labels",
    ("driftgauge-model", "Is the estimate valid?", "B"): "a reference without labels",
    ("driftgauge-model", "Embeddings", "A"): "a model without embeddings",
    ("driftgauge-model", "Embeddings", "B"): "a model without embeddings",
    ("driftgauge-model", "Embeddings", "C"): "a model without embeddings",
    ("driftgauge-model", "Evidence for embeddings", "A"): "a model without embeddings",
    ("driftgauge-model", "Evidence for embeddings", "B"): "a model without embeddings",
    ("driftgauge-model", "Tokens of texts", "A"): "a model without texts",
    ("driftgauge-model", "Tokens of texts", "B"): "a model without texts",
    ("driftgauge-model", "Most frequent tokens shared", "A"): "a model without texts",
    ("driftgauge-model", "Changes of level", "A"): "nothing is watched unless it is asked for",
    ("driftgauge-model", "Slots since the last change", "A"): "as above",
    ("driftgauge-model", "Anomalies", "A"): "a reference without a detector",
    ("driftgauge-model", "Anomalies", "B"): "as above",
    ("driftgauge-model", "Rows looked at for anomalies", "A"): "as above",
    ("driftgauge-model", "Pictures and sequences reduced", "A"): "a model of tables",
    ("driftgauge-language-models", "Time to the first token", "D"): "vLLM is not scraped here",
    ("driftgauge-language-models", "Time per output token", "D"): "as above",
    **{("driftgauge-model", "Calibration error", ref): "a model that sends classes only" for ref in "AB"},
    ("driftgauge-model", "Calibration gap", "A"): "as above",
    ("driftgauge-model", "Brier score", "A"): "as above",
    **{("driftgauge-model", "Mean absolute error", ref): "a classifier" for ref in "ABCD"},
    **{("driftgauge-feature", "A value that stays", ref): "no full hour has passed" for ref in "ABC"},
    **{("driftgauge-feature", "Evidence that it stays", ref): "as above" for ref in "AB"},
    ("driftgauge-feature", "Missing, new and out of range", "B"): "a number has no new categories",
}


def test_every_query_returns_data(prometheus, dashboard):
    """With the variables filled from the database no panel is empty, but for those listed with their reason."""
    server, over = prometheus
    wide = {found["name"] for found in dashboard["templating"]["list"] if found.get("includeAll")}
    values = grafana.fill(server, dashboard, over, {k: v for k, v in chosen(dashboard).items() if k not in wide})
    empty = {
        (dashboard["uid"], panel.title, asked.target["refId"])
        for panel in grafana.panels(dashboard)
        for asked in grafana.ask(server, panel, values, over)
        if not asked.result
    }
    assert empty <= set(EMPTY)


def test_every_variable_has_choices(prometheus, dashboard):
    server, over = prometheus
    assert all(grafana.fill(server, dashboard, over, {}).values())


def test_the_annotations_mark_alerts_and_new_versions(prometheus, dashboard):
    server, over = prometheus
    values = grafana.fill(server, dashboard, over, chosen(dashboard))
    found = {annotation["name"]: asked.result for annotation, asked in grafana.marked(server, dashboard, values, over)}
    if dashboard["uid"] in {"driftgauge-exporter", "driftgauge-language-models"}:
        assert set(found) == {"Alerts"}
        return
    assert found["Alerts"]
    assert any(series["metric"]["version"] == "2" for series in found["New version"])
    assert found["New reference"]


@pytest.mark.parametrize("name", ["Most drifted", "Status of every column", "Drift matrix: score of every input"])
def test_the_model_page_tells_the_story(prometheus, name):
    """The amounts changed in the morning: that column, and no other input, stands out after it."""
    server, over = prometheus
    page = next(path for path in grafana_files() if path.stem == "driftgauge-model")
    dashboard = grafana.read(page)
    values = grafana.fill(server, dashboard, over, {"model": "card-fraud", "version": "1", "window": "1h"})
    panel = next(panel for panel in grafana.panels(dashboard) if panel.title == name)
    (asked,) = grafana.ask(server, panel, values, over)
    last = {series["metric"]["feature"]: float(series["values"][-1][1]) for series in asked.result}
    inputs = {feature: value for feature, value in last.items() if feature not in {"prediction", "risk"}}
    assert max(inputs, key=inputs.__getitem__) == "amount"


def grafana_files():
    from dashboards.catalogue import RENDERED

    return sorted(RENDERED.glob("*.json"))
