"""The ingest API: every format of the contract is taken in, with exactly the answers that are described."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import numpy as np
import pytest

from driftgauge.ingest import DECODERS
from driftgauge.serve.admission import MOST_WAITING
from tests.ingest.bodies import binary, tensor
from tests.serve.harness import Exporter, dropped, eventually, of_model, packed, rejected, request

ROW = {"features": {"age": 41, "plan": "basic"}, "prediction": 1, "latency_s": 0.012}
FULL = {
    "id": "6f1d-42",
    "ts": 1_790_000_041,
    "features": {"age": 41, "plan": "basic"},
    "prediction": 1,
    "proba": [0.18, 0.82],
    "latency_s": 0.012,
    "status": "ok",
    "segment": {"country": "de"},
    "label": 0,
}
COLUMNS = {"columns": {"age": [41, 37], "plan": ["basic", None]}, "prediction": [1, 0], "latency_s": [0.01, 0.02]}
LINES = b'{"features": {"age": 41}, "prediction": 1}\n\n{"features": {"age": 37}, "prediction": 0}\n'
OIP = {
    "id": "42",
    "inputs": [{"name": "age", "shape": [3], "datatype": "FP64", "data": [41, 37, 29]}],
    "outputs": [{"name": "risk", "shape": [3], "datatype": "INT64", "data": [1, 0, 0]}],
}
BINARY, LENGTH = binary(
    [tensor("x", np.arange(8, dtype=np.float32).reshape(4, 2)), tensor("plan", ["a", "b", "a", "c"])],
    [tensor("risk", np.array([0, 1, 0, 1]))],
)
VERSION = "/v1/models/fraud/versions/3/observations"


@pytest.fixture
def exporter():
    with Exporter() as running:
        yield running


@pytest.mark.parametrize(
    ("body", "content_type", "rows", "requests"),
    [
        (ROW, "application/json", 1, 1),
        (FULL, "application/json; charset=utf-8", 1, 1),
        ([ROW, ROW, ROW], "Application/JSON", 3, 3),
        (COLUMNS, "application/json", 2, 2),
        (COLUMNS | {"latency_s": 0.5}, "application/json", 2, 1),
        (LINES, "application/x-ndjson", 2, 2),
        (LINES, "application/ndjson", 2, 2),
        (LINES, "application/jsonl", 2, 2),
        (OIP, "application/json", 3, 1),
        (packed(ROW), "application/json", 1, 1),
    ],
    ids=["one", "everything", "list", "columns", "one request", "lines", "ndjson", "jsonl", "oip", "gzip"],
)
def test_every_format_is_taken_in(exporter, body, content_type, rows, requests):
    """Rows and requests are counted as the body means them, and the answer says how many rows."""
    answer = exporter.post(body, Content_Type=content_type)
    assert (answer.status, answer.json) == (202, {"accepted": rows, "rejected": 0})
    scrape = exporter.scrape()
    kind = content_type.partition(";")[0].lower()
    assert of_model(scrape, "predictions_total") == rows
    assert of_model(scrape, "requests_total") == requests
    assert scrape[f'driftgauge_ingest_rows_total{{format="{kind}"}}'] == rows
    assert scrape[f'driftgauge_ingest_batches_total{{format="{kind}"}}'] == 1


def test_binary_tensors_are_taken_in(exporter):
    """JSON of N bytes, then the raw tensors."""
    answer = exporter.post(BINARY, Content_Type="application/octet-stream", Inference_Header_Content_Length=LENGTH)
    assert (answer.status, answer.json) == (202, {"accepted": 4, "rejected": 0})
    assert of_model(exporter.scrape(), "predictions_total") == 4


def test_one_request_may_say_that_it_stands_for_many(exporter):
    body = OIP | {"parameters": {"driftgauge": {"requests": 7}}}
    assert exporter.post(body).status == 202
    scrape = exporter.scrape()
    assert (of_model(scrape, "requests_total"), of_model(scrape, "predictions_total")) == (7, 3)


@pytest.mark.parametrize("declared", [True, False])
def test_gzip_is_recognised_with_and_without_its_header(exporter, declared):
    headers = {"Content_Encoding": "gzip"} if declared else {}
    assert exporter.post(packed([ROW] * 5), **headers).json == {"accepted": 5, "rejected": 0}


def test_chunked_body_without_a_length_is_taken_in(exporter):
    body = json.dumps([ROW] * 50).encode()
    pieces = (body[start : start + 100] for start in range(0, len(body), 100))
    assert exporter.post(pieces, Transfer_Encoding="chunked").json == {"accepted": 50, "rejected": 0}


def test_version_comes_from_the_path(exporter):
    exporter.post(ROW, VERSION)
    assert of_model(exporter.scrape(), "requests_total", version="3") == 1


@pytest.mark.parametrize("name", ["shop/fraud", "a {b} c", "Größe", "100%", "a+b"])
def test_any_name_may_stand_percent_encoded_in_the_path(exporter, name):
    assert exporter.post(ROW, f"/v1/models/{quote(name, safe='')}/observations").status == 202
    assert of_model(exporter.scrape(), "requests_total", model=name) == 1


@pytest.mark.parametrize("body", [ROW, OIP], ids=["native", "oip"])
def test_model_may_stand_in_the_body(exporter, body):
    named = {"model": "shop/fraud", "version": 3} if body is ROW else {"model_name": "shop/fraud", "model_version": "3"}
    assert exporter.post(body | named, "/v1/observations").status == 202
    assert of_model(exporter.scrape(), "requests_total", model="shop/fraud", version="3") == 1


def test_body_without_any_model_is_refused(exporter):
    answer = exporter.post(ROW, "/v1/observations")
    assert (answer.status, answer.json["reason"], answer.json["field"]) == (400, "structure", "model")


def test_partly_good_body_is_accepted_and_says_what_was_left_out(exporter):
    answer = exporter.post([ROW, ROW | {"ts": "yesterday"}, {"features": {}}])
    assert (answer.status, answer.json) == (
        202,
        {
            "accepted": 1,
            "rejected": 2,
            "errors": [
                {
                    "row": 1,
                    "field": "ts",
                    "reason": "timestamp",
                    "message": "expected RFC 3339 or seconds since 1970, got 'yesterday'",
                },
                {"row": 2, "reason": "empty", "message": "neither features nor a prediction"},
            ],
        },
    )
    scrape = exporter.scrape()
    assert (rejected(scrape, "timestamp"), rejected(scrape, "empty"), of_model(scrape, "predictions_total")) == (
        1,
        1,
        1,
    )


def test_at_most_ten_errors_come_back(exporter):
    answer = exporter.post([ROW] + [{}] * 30)
    assert (answer.json["rejected"], len(answer.json["errors"])) == (30, 10)


def test_nothing_usable_is_a_problem_with_the_same_errors(exporter):
    answer = exporter.post([{}, ROW | {"ts": "x"}])
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["reason"] == "empty"
    assert (answer.json["accepted"], answer.json["rejected"]) == (0, 2)
    assert [error["row"] for error in answer.json["errors"]] == [0, 1]
    scrape = exporter.scrape()
    assert (dropped(scrape, "empty"), rejected(scrape, "empty"), rejected(scrape, "timestamp")) == (1, 1, 1)


def test_unknown_model_is_404_and_names_the_known_ones():
    with Exporter("auto_register: false\nmodels: [{name: churn}, {name: shop/fraud}]") as exporter:
        answer = exporter.post(ROW)
        assert (answer.status, answer.json["reason"]) == (404, "unknown_model")
        assert answer.json["detail"] == "model 'fraud' is not configured; known models: churn, shop/fraud"
        assert exporter.post(ROW, "/v1/models/churn/observations").status == 202
        assert dropped(exporter.scrape(), "unknown_model") == 1


def test_more_models_than_allowed_are_refused():
    with Exporter("limits: {models: 2}") as exporter:
        answers = [exporter.post(ROW, f"/v1/models/m{i}/observations").status for i in range(4)]
        assert answers == [202, 202, 404, 404]
        assert dropped(exporter.scrape(), "model_limit") == 2


def test_name_that_no_label_should_carry_is_refused(exporter):
    answer = exporter.post(ROW | {"model": "m" * 1_000}, "/v1/observations")
    assert (answer.status, answer.json["field"]) == (400, "model")


def test_body_over_the_limit_is_413():
    with Exporter("limits: {body_bytes: 2048}") as exporter:
        assert exporter.post([ROW] * 1_000).status == 413
        chunks = iter([b"x" * 500] * 100)
        assert exporter.post(chunks, Transfer_Encoding="chunked").status == 413
        scrape = exporter.scrape()
        assert dropped(scrape, "too_large") == 2
        assert scrape["driftgauge_ingest_queue_bytes"] == 0


def test_rows_over_the_limit_are_413():
    with Exporter("limits: {body_rows: 10}") as exporter:
        assert exporter.post([ROW] * 11).json["field"] == "rows"


def test_wrong_content_type_is_415_and_lists_the_right_ones(exporter):
    answer = exporter.post(b"<xml/>", Content_Type="text/xml")
    assert (answer.status, answer.json["reason"]) == (415, "content_type")
    assert all(kind in answer.json["detail"] for kind in DECODERS)
    assert dropped(exporter.scrape(), "content_type") == 1


def test_full_queue_is_429_and_says_when_to_come_back():
    """While bodies wait for a busy worker, more than the limit are refused; those that waited are counted."""
    with Exporter("limits: {queue_bytes: 1024}") as exporter:
        exporter.engine.health.queue_bytes += 2_000  # what another sender has waiting
        answer = exporter.post(ROW)
        assert (answer.status, answer.headers["Retry-After"], answer.json["reason"]) == (429, "1", "queue_full")
        assert exporter.scrape()["driftgauge_ingest_queue_bytes"] == 2_000
        exporter.engine.health.queue_bytes -= 2_000
        assert exporter.post(ROW).status == 202
        assert dropped(exporter.scrape(), "queue_full") == 1


def test_bodies_waiting_are_bounded_in_number(exporter):
    """Tiny bodies hold hardly any bytes, but their connections hold memory."""
    exporter.engine.health.waiting += MOST_WAITING
    assert exporter.post(ROW).status == 429
    exporter.engine.health.waiting -= MOST_WAITING
    assert exporter.post(ROW).status == 202


def test_same_idempotency_key_is_counted_once(exporter):
    answers = [exporter.post([ROW, {}], Idempotency_Key="k1").json for _ in range(3)]
    assert [(answer["accepted"], answer["rejected"]) for answer in answers] == [(1, 1)] * 3
    assert exporter.post(ROW, Idempotency_Key="k2").status == 202
    assert of_model(exporter.scrape(), "requests_total") == 2


def test_keys_of_other_models_are_other_keys(exporter):
    for path in ("/v1/models/a/observations", "/v1/models/b/observations", "/v1/models/a/versions/2/observations"):
        exporter.post(ROW, path, Idempotency_Key="k")
    scrape = exporter.scrape()
    assert [of_model(scrape, "requests_total", *model) for model in (("a",), ("b",), ("a", "2"))] == [1, 1, 1]


def test_long_keys_that_differ_at_their_end_are_different(exporter):
    for end in "ab":
        exporter.post(ROW, Idempotency_Key="k" * 3_000 + end)
    assert of_model(exporter.scrape(), "requests_total") == 2


def test_refused_body_may_be_sent_again_with_its_key(exporter):
    assert exporter.post(b"{", Idempotency_Key="k").status == 400
    assert exporter.post(ROW, Idempotency_Key="k").json == {"accepted": 1, "rejected": 0}


def test_unix_socket_takes_the_same(tmp_path):
    path = os.path.relpath(tmp_path / "in" / "ingest.sock")  # absolute ones are too long for some systems
    with Exporter(unix=path) as exporter:
        body = json.dumps(ROW).encode()
        where = "/v1/models/fraud/observations"
        answer = request("POST", where, body, unix=path, Content_Type="application/json")
        assert (answer.status, answer.json) == (202, {"accepted": 1, "rejected": 0})
        assert request("GET", "/-/healthy", unix=path).status == 200
        assert of_model(exporter.scrape(), "requests_total") == 1


def test_path_and_method_that_do_not_exist_are_problems(exporter):
    missing = exporter.post(ROW, "/v1/model/fraud/observations")
    wrong = request("GET", "/v1/models/fraud/observations", port=exporter.port)
    assert (missing.status, wrong.status, wrong.headers["Allow"]) == (404, 405, "POST")
    assert missing.headers["Content-Type"] == wrong.headers["Content-Type"] == "application/problem+json; charset=utf-8"


def test_failed_reload_says_why(exporter):
    answer = request("POST", "/-/reload", port=exporter.port)
    assert (answer.status, answer.json["detail"]) == (400, "models[0]: there is no file")


def test_invalid_configuration_refuses_observations(exporter):
    exporter.engine.health.counting = False
    assert exporter.post(ROW).json["reason"] == "config_invalid"
    assert exporter.get("/-/ready").status == 503
    assert exporter.get("/-/healthy").status == 200
    assert dropped(exporter.scrape(), "config_invalid") == 1


def test_queue_is_empty_when_everything_is_answered(exporter):
    for body in (ROW, b"{", packed(ROW)):
        exporter.post(body)
    health = exporter.engine.health
    eventually(lambda: (health.queue_bytes, health.waiting) == (0, 0))
