"""What must not harm: every kind of bad body has an answer that says what is wrong, and a counter that moves."""

from __future__ import annotations

import gzip
import json
import socket
import struct

import numpy as np
import pytest

from tests.ingest.bodies import binary, tensor
from tests.serve.harness import Exporter, dropped, eventually, of_model, samples

ROW = {"features": {"age": 41}, "prediction": 1}
HUGE = b"9" * 1_000_000


@pytest.fixture(scope="module")
def exporter():
    with Exporter() as running:
        yield running


def oip(shape, data, datatype="FP64", name="age"):
    return {"inputs": [{"name": name, "shape": shape, "datatype": datatype, "data": data}]}


def with_size(size, *, values=b"\0" * 16):
    """Make a binary body of one tensor that promises *size* bytes."""
    tensor = {"name": "x", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": size}}
    return json.dumps({"inputs": [tensor]}).encode(), values


BOMB = gzip.compress(b" " * (64 * 2**20), 9, mtime=0)

JSON_CASES = {
    "empty": (b"", "empty", "the body is empty"),
    "blank": (b" \n ", "empty", "the body is empty"),
    "cut off": (b'{"features": {"age": 4', "syntax", "not well-formed JSON"),
    "text": (b"hello", "syntax", "not well-formed JSON"),
    "no UTF-8": (b'{"features": {"a": "\xff\xfe"}, "prediction": 1}', "syntax", "UTF-8"),
    "lone surrogate": (rb'{"features": {"\ud800": 1}}', "syntax", ""),
    "a number": (b"17", "structure", "expected an observation"),
    "list of numbers": (b"[1, 2]", "structure", "none of 2 rows can be used; row 0"),
    "features are a list": (b'{"features": [1]}', "structure", "expected an object, got a list"),
    "empty list": (b"[]", "empty", "the body holds no rows"),
    "nested deeply": (b"[" * 100_000 + b"]" * 100_000, "nesting", "nested too deeply"),
    "nested objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nesting", "nested too deeply"),
    "ragged": (b'{"columns": {"a": [1, 2], "b": [1]}}', "ragged", "columns 'a' has 2 values, columns 'b' has 1"),
    "columns are a list": (b'{"columns": [1]}', "structure", "expected an object of lists, got a list"),
    "no columns": (b'{"columns": {}}', "empty", "no column holds a list of values"),
    "wrong date": (b'{"prediction": 1, "ts": "1/2/2026"}', "timestamp", "expected RFC 3339"),
    "milliseconds": (b'{"prediction": 1, "ts": 1790000041000}', "timestamp", "expected RFC 3339"),
    "date of a huge number": (b'{"prediction": 1, "ts": ' + HUGE + b"}", "timestamp", "expected RFC 3339"),
    "negative shape": (oip([-1], [1]), "shape", "unusable shape [-1]"),
    "absurd shape": (oip([10**12, 10**12], [1]), "shape", "unusable shape [1000000000000, 1000000000000]"),
    "huge product": (oip([10**6, 10**6], [1]), "shape", "unusable shape"),
    "shape of text": (oip("3", [1]), "shape", "unusable shape ['3']"),
    "too few values": (oip([3], [1]), "shape", "has 1 values"),
    "unknown datatype": (oip([1], [1], "FP8"), "datatype", "unknown datatype 'FP8'"),
    "text in numbers": (oip([1], ["x"]), "datatype", "holds values that are not FP64"),
    "no rows": (oip([0], []), "empty", "the tensors hold no rows"),
    "tensor without a name": ({"inputs": [{"shape": [1]}]}, "structure", "inputs[0] is no tensor"),
    "gzip cut off": (gzip.compress(json.dumps(ROW).encode())[:-9], "compression", "cut off"),
    "gzip damaged": (gzip.compress(b"{}")[:12] + b"xxxxxxxxxxxxxx", "compression", "damaged"),
    "gzip bomb": (BOMB, "too_large", "decompressed body is larger"),
    "too many rows": (b"[" + b"1," * 100_001 + b"1]", "too_large", "rows in one body"),
    "too many columns": ({"features": {f"c{i}": 1 for i in range(2_001)}}, "too_large", "columns in one body"),
}


@pytest.mark.parametrize(("body", "reason", "said"), JSON_CASES.values(), ids=JSON_CASES)
def test_bad_json_body_has_its_reason_and_counter(exporter, body, reason, said):
    before = dropped(exporter.scrape(), reason)
    answer = exporter.post(body)
    assert (answer.json["reason"], answer.json["status"]) == (reason, answer.status)
    assert said in answer.json["detail"]
    assert len(answer.body) < 4_000
    assert dropped(exporter.scrape(), reason) == before + 1


@pytest.mark.parametrize(
    ("content", "length", "reason"),
    [
        (with_size(16), None, "header_length"),
        (with_size(16), "x", "header_length"),
        (with_size(16), "-5", "header_length"),
        (with_size(16), "99999", "header_length"),
        (with_size(16), "9" * 5_000, "header_length"),
        (with_size(16), "3", "syntax"),
        (with_size(16, values=b"\0" * 15), "", "tensor_size"),
        (with_size(16, values=b"\0" * 17), "", "tensor_size"),
        (with_size(8, values=b"\0" * 8), "", "tensor_size"),
        (with_size(-1), "", "tensor_size"),
        (with_size(2**80), "", "tensor_size"),
        (with_size("16"), "", "tensor_size"),
    ],
)
def test_binary_body_of_the_wrong_size_has_its_reason_and_counter(exporter, content, length, reason):
    header, values = content
    before = dropped(exporter.scrape(), reason)
    headers = {} if length is None else {"Inference_Header_Content_Length": length or str(len(header))}
    answer = exporter.post(header + values, Content_Type="application/octet-stream", **headers)
    assert (answer.status, answer.json["reason"]) == (400, reason)
    assert dropped(exporter.scrape(), reason) == before + 1


def test_text_tensor_that_lies_about_its_lengths_is_refused(exporter):
    raw = struct.pack("<I", 2**31) + b"abc"
    tensor = {"name": "t", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(raw)}}
    header = json.dumps({"inputs": [tensor]}).encode()
    answer = exporter.post(
        header + raw, Content_Type="application/octet-stream", Inference_Header_Content_Length=str(len(header))
    )
    assert answer.json["reason"] == "tensor_size"


def test_wrong_type_in_one_column_of_many_costs_that_value_only(exporter):
    """The other columns count, the row stays, and the column's counter says what happened."""
    rows = [{"features": {f"c{i}": i for i in range(50)} | {"c7": [1, 2]}, "prediction": 1}] * 3
    path = "/v1/models/one-wrong/observations"
    assert exporter.post(rows, path).json == {"accepted": 3, "rejected": 0}
    scrape = exporter.scrape()
    assert of_model(scrape, "schema_violations_total", "one-wrong", feature="c7", reason="wrong_type") == 3
    assert of_model(scrape, "predictions_total", "one-wrong") == 3


def test_wrong_tensor_of_many_costs_that_tensor_only(exporter):
    good, bad = oip([2], [1, 2], name="good")["inputs"], oip([2], ["x", "y"], name="bad")["inputs"]
    path = "/v1/models/one-tensor/observations"
    answer = exporter.post({"inputs": good + bad}, path).json
    assert (answer["accepted"], answer["rejected"]) == (2, 0)
    assert [warning["field"] for warning in answer["warnings"]] == ["bad"]
    scrape = exporter.scrape()
    assert of_model(scrape, "schema_violations_total", "one-tensor", feature="bad", reason="wrong_type") == 1


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", HUGE, b"-" + HUGE, b"1e999"])
def test_numbers_that_are_no_json_are_values_all_the_same(exporter, value):
    body = b'{"features": {"age": ' + value + b'}, "prediction": 1}'
    assert exporter.post(body, "/v1/models/odd/observations").json == {"accepted": 1, "rejected": 0}
    assert exporter.get("/metrics").status == 200


def test_bad_line_of_many_costs_that_line_only(exporter):
    lines = [json.dumps(ROW).encode()] * 4
    lines[2] = b'{"features": {'
    answer = exporter.post(b"\n".join(lines), "/v1/models/lines/observations", Content_Type="application/x-ndjson")
    assert (answer.json["accepted"], answer.json["rejected"], answer.json["errors"][0]["row"]) == (3, 1, 2)


def test_event_from_1970_is_late_and_one_from_tomorrow_is_future(exporter):
    path = "/v1/models/times/observations"
    rows = [ROW | {"ts": ts} for ts in ("1970-01-01T00:00:00Z", exporter.now + 86_400, exporter.now)]
    assert exporter.post(rows, path).json["accepted"] == 3
    scrape = exporter.scrape()
    assert of_model(scrape, "late_observations_total", "times", reason="late") == 1
    assert of_model(scrape, "late_observations_total", "times", reason="future") == 1
    assert of_model(scrape, "learning_rows", "times") == 1


def test_random_column_names_do_not_grow_the_metrics():
    """Names beyond the limit of learning, and of fields that no version knows, end up under `_other`."""
    with Exporter("limits: {columns: 20}") as exporter:
        for start in range(0, 3_000, 100):
            row = {"features": {f"f{start + i}": 1 for i in range(100)}, f"field-{start}": 1, "prediction": 1}
            assert exporter.post(row).status == 202
        text = exporter.get("/metrics").body.decode()
        names = {line.split('feature="')[1].split('"')[0] for line in text.splitlines() if 'feature="' in line}
        assert len(names) <= 60


def test_long_column_name_is_left_out_and_counted_under_its_beginning(exporter):
    path = "/v1/models/long/observations"
    body = {"features": {"x" * 100_000: 1, "age": 3}, "prediction": 1}
    assert exporter.post(body, path).status == 202
    answer = exporter.get("/metrics")
    scrape = samples(answer.body.decode())
    assert of_model(scrape, "schema_violations_total", "long", feature="x" * 64, reason="long_name") == 1
    assert b"x" * 100 not in answer.body


def test_failure_reasons_are_a_bounded_set(exporter):
    path = "/v1/models/failing/observations"
    exporter.post([{"features": {"a": 1}, "status": f"weird-{i}"} for i in range(500)], path)
    scrape = exporter.scrape()
    assert of_model(scrape, "request_failures_total", "failing", reason="error") == 500
    assert not any("weird" in series for series in scrape)


def test_answer_repeats_no_value(exporter):
    """Messages name the field and show at most the beginning of a value."""
    secret = "4111-1111-1111-1111-and-more"
    answer = exporter.post([{"prediction": 1, "ts": secret}, {"features": secret}])
    assert secret.encode() not in answer.body


def test_invalid_bytes_in_a_header_do_no_harm(exporter):
    with socket.create_connection(("127.0.0.1", exporter.port), 20) as raw:
        raw.sendall(b"POST /v1/models/%ff%fe/observations HTTP/1.1\r\nHost: x\r\nContent-Type: \xff\xfe\r\n")
        raw.sendall(b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        assert b" 415 " in raw.recv(4_096)


def test_slow_body_is_given_up():
    """A sender that stops in the middle does not hold its bytes for ever."""
    with Exporter(arrival_seconds=0.2) as exporter:
        with socket.create_connection(("127.0.0.1", exporter.port), 20) as raw:
            raw.sendall(b"POST /v1/models/m/observations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            answer = raw.recv(4_096)
        assert b" 408 " in answer
        assert b'"slow"' in answer
        assert dropped(exporter.scrape(), "slow") == 1
        assert exporter.engine.health.queue_bytes == 0


def test_sender_that_goes_away_leaves_nothing_behind(exporter):
    health = exporter.engine.health
    with socket.create_connection(("127.0.0.1", exporter.port), 20) as raw:
        raw.sendall(b"POST /v1/models/m/observations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        eventually(lambda: health.queue_bytes == 1)
    eventually(lambda: (health.queue_bytes, health.waiting) == (0, 0))
    assert dropped(exporter.scrape(), "aborted") == 1


def test_fault_of_ours_is_answered_counted_and_harms_no_other_model(exporter, monkeypatch):
    """A model that cannot observe any more answers 500, and the scrape goes on."""
    exporter.post(ROW, "/v1/models/broken/observations")
    exporter.post(ROW, "/v1/models/whole/observations")
    broken = exporter.engine.registry.find("broken")

    def fail(*_):
        raise ZeroDivisionError("secret 4111")

    monkeypatch.setattr(broken, "observe", fail)
    monkeypatch.setattr(broken, "view", fail)
    before = dropped(exporter.scrape(), "internal")
    answer = exporter.post(ROW, "/v1/models/broken/observations")
    assert (answer.status, answer.json["reason"], b"4111" in answer.body) == (500, "internal", False)
    scrape = exporter.scrape()
    assert dropped(scrape, "internal") == before + 1
    assert scrape["driftgauge_collect_errors_total"] >= 2
    assert of_model(scrape, "requests_total", "whole") == 1


def test_everything_still_works_after_all_that(exporter):
    """The last test of the file: the exporter that took all of it counts as on the first day."""
    body, length = binary([tensor("x", np.arange(6.0).reshape(3, 2))])
    answer = exporter.post(
        body,
        "/v1/models/last/observations",
        Content_Type="application/octet-stream",
        Inference_Header_Content_Length=length,
    )
    assert answer.json == {"accepted": 3, "rejected": 0}
    assert exporter.engine.health.queue_bytes == 0


def test_a_body_may_have_as_many_columns_as_a_model():
    """Whoever allows models of 3,000 columns can send them, and no more."""
    with Exporter("limits: {columns: 3000}") as exporter:
        assert exporter.post({"features": {f"c{i}": 1 for i in range(3_000)}}).status == 202
        answer = exporter.post({"features": {f"c{i}": 1 for i in range(3_001)}})
        assert (answer.status, answer.json["reason"]) == (413, "too_large")
        assert "limits.columns is 3000" in answer.json["detail"]
