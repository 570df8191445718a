"""Labels by HTTP: paths, retries, refusals, and the accounts in a scrape."""

from __future__ import annotations

import json

import pytest

from driftgauge.serve.settings import parse
from tests.serve.harness import Exporter, dropped, of_model

PATH = "/v1/models/fraud/labels"
ROWS = [{"id": f"r{i}", "features": {"x": i}, "prediction": i % 2} for i in range(10)]
TRUTH = [{"id": f"r{i}", "label": 1} for i in range(10)]


@pytest.fixture
def exporter():
    with Exporter() as running:
        yield running


def account(scrape, version="0"):
    """Return received, matched, duplicate and waiting labels, and those given up."""
    unmatched = [
        of_model(scrape, "labels_unmatched_total", version=version, reason=reason)
        for reason in ("expired", "evicted", "unusable")
    ]
    rest = [
        of_model(scrape, name, version=version)
        for name in ("labels_total", "labels_matched_total", "labels_duplicate_total", "labels_waiting")
    ]
    assert rest[0] == sum(rest[1:]) + sum(unmatched)
    return (*rest, sum(unmatched))


def test_labels_give_an_accuracy(exporter):
    """Half of the predictions were right; every label is accounted for."""
    exporter.post(ROWS)
    answer = exporter.post(TRUTH, PATH)
    assert (answer.status, answer.json) == (202, {"accepted": 10, "rejected": 0})
    scrape = exporter.scrape()
    assert account(scrape) == (10, 10, 0, 0, 0)
    assert of_model(scrape, "accuracy_ratio", window="15m") == 0.5
    assert of_model(scrape, "label_coverage_ratio", window="15m") == 1.0
    assert scrape['driftgauge_recall_ratio{model="fraud",version="0",class="1",window="24h"}'] == 0.5
    assert of_model(scrape, "requests_total") == 10
    assert of_model(scrape, "predictions_total") == 10


def test_a_retried_body_counts_once(exporter):
    """The key of labels is another one than that of observations."""
    exporter.post(ROWS, Idempotency_Key="k")
    for _ in range(3):
        answer = exporter.post(TRUTH, PATH, Idempotency_Key="k")
        assert answer.json == {"accepted": 10, "rejected": 0}
    assert account(exporter.scrape()) == (10, 10, 0, 0, 0)


def test_labels_may_come_before_anything_else(exporter):
    """They wait for whichever version of the model answers first, and leave no model behind."""
    exporter.post(TRUTH, PATH)
    exporter.post(ROWS, "/v1/models/fraud/versions/3/observations")
    scrape = exporter.scrape()
    assert account(scrape, "3") == (10, 10, 0, 0, 0)
    assert not any('version="0"' in series for series in scrape)


def test_labels_find_the_version_that_predicted(exporter):
    """Without a version they go where their id is known; unknown ones wait at the version observed last."""
    exporter.post(ROWS[:5], "/v1/models/fraud/versions/1/observations")
    exporter.now += 1
    exporter.post(ROWS[5:8], "/v1/models/fraud/versions/2/observations")
    exporter.post(TRUTH, PATH)
    scrape = exporter.scrape()
    assert account(scrape, "1") == (5, 5, 0, 0, 0)
    assert account(scrape, "2") == (5, 3, 0, 2, 0)
    exporter.post(TRUTH[:1], "/v1/models/fraud/versions/1/labels")
    assert account(exporter.scrape(), "1") == (6, 5, 1, 0, 0)


def test_labels_may_name_their_model_in_the_body(exporter):
    """As observations may; nothing is guessed where they do not."""
    exporter.post(ROWS)
    assert exporter.post([{**row, "model": "fraud"} for row in TRUTH], "/v1/labels").status == 202
    assert account(exporter.scrape()) == (10, 10, 0, 0, 0)
    assert exporter.post(TRUTH, "/v1/labels").status == 400


def test_partly_good_labels(exporter):
    """The good rows count, the others are named and counted."""
    body = b'{"id": "r1", "label": 1}\n{"id": "r2"}\nnot json\n'
    answer = exporter.post(body, PATH, Content_Type="application/x-ndjson")
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 1, 2)
    assert [(error["row"], error["reason"]) for error in answer.json["errors"]] == [(1, "empty"), (2, "syntax")]
    nothing = exporter.post([{"id": "x"}], PATH)
    assert (nothing.status, nothing.json["reason"]) == (400, "empty")
    assert exporter.post(b"\x00", PATH, Content_Type="application/octet-stream").status == 415


def test_labels_can_be_switched_off():
    """Then they are refused by name, and ids are not kept."""
    with Exporter("defaults: {labels: {enabled: false}}") as exporter:
        exporter.post(ROWS)
        answer = exporter.post(TRUTH, PATH)
        assert (answer.status, answer.json["reason"]) == (403, "labels_off")
        scrape = exporter.scrape()
        assert dropped(scrape, "labels_off") == 1
        assert not any(series.startswith("driftgauge_label") for series in scrape)


def test_an_unknown_model_is_refused_where_it_may_not_register():
    """As for observations, with the known ones named."""
    with Exporter("auto_register: false") as exporter:
        answer = exporter.post(TRUTH, PATH)
        assert (answer.status, answer.json["reason"]) == (404, "unknown_model")


def test_large_bodies_are_counted_in_the_worker(exporter):
    """A body beyond what the loop takes counts all the same."""
    rows = [{"id": f"{i:040d}", "prediction": i % 2} for i in range(2_000)]
    exporter.post(rows)
    truth = {"id": [row["id"] for row in rows], "label": [0] * len(rows)}
    assert len(json.dumps(truth)) > 32 * 1024
    exporter.post(truth, PATH)
    assert account(exporter.scrape()) == (2_000, 2_000, 0, 0, 0)


def test_reloading_keeps_what_waits(exporter):
    """Thresholds may change without losing predictions; the new ones are published."""
    exporter.post(ROWS)
    exporter.engine.configure(parse("defaults: {labels: {accuracy_drop: 0.2}}", {}), {})
    exporter.post(TRUTH, PATH)
    scrape = exporter.scrape()
    assert account(scrape) == (10, 10, 0, 0, 0)
    assert of_model(scrape, "accuracy_drop_threshold_ratio") == 0.2


def test_settings_that_change_what_is_kept_begin_anew(exporter):
    """What waited is given up and counted; drift windows are not touched."""
    exporter.post(ROWS)
    exporter.post([{"id": "early", "label": 1}], PATH)
    exporter.engine.configure(parse("defaults: {labels: {task: regression}}", {}), {})
    exporter.post(TRUTH, PATH)
    scrape = exporter.scrape()
    assert account(scrape) == (11, 0, 0, 10, 1)
    assert of_model(scrape, "label_predictions_forgotten_total", reason="evicted") == 10
    exporter.post(ROWS)
    scrape = exporter.scrape()
    assert account(scrape) == (11, 10, 0, 0, 1)
    assert of_model(scrape, "mean_absolute_error", window="15m") == 0.5


def test_the_api_tells_all_of_it(exporter):
    """Accounts, figures of every window, confusion counts and the reliability diagram; null where there are no labels."""
    path = "/api/v1/models/fraud/versions/0"
    exporter.post({"features": {"x": 1}, "prediction": 1})
    assert exporter.get(path).json["labels"] is None
    exporter.post([{**row, "proba": [0.25, 0.75] if row["prediction"] else [0.75, 0.25]} for row in ROWS])
    exporter.post(TRUTH, PATH)
    told = exporter.get(path).json["labels"]
    assert (told["task"], told["matched"], told["classes"]) == ("classification", 10, ["0", "1"])
    window = told["windows"]["15m"]
    assert (window["accuracy"], window["coverage"], window["calibration_gap"]) == (0.5, 1.0, 0.25)
    assert window["confusion"] == [[0, 0], [5, 5]]
    assert window["classes"]["recall"] == [None, 0.5]
    assert window["reliability"]["counts"] == [0, 0, 0, 0, 0, 0, 0, 10, 0, 0]
    assert window["reliability"]["accuracy"][7] == 0.5
    assert told["reference"] is None
