"""Bodies of labels, and ids and labels as facts of observations."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from driftgauge.batch import Categories, Mixed
from driftgauge.errors import DecodeError
from driftgauge.ingest import DECODERS, Limits, NothingUsable, decode, decode_labels
from driftgauge.ingest.truth import ID_CHARS, as_ids

JSON, LINES = "application/json", "application/x-ndjson"


def labels(body, content_type=JSON, **limits):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_labels(raw, content_type=content_type, limits=Limits(**limits))


def texts(column):
    return [column.vocabulary[code] if code >= 0 else None for code in column.codes.tolist()]


@pytest.mark.parametrize(
    "body",
    [
        [{"id": "a", "label": 1}, {"id": 2, "label": 0.5}, {"id": 2.0, "label": None, "ts": 5}],
        {"id": ["a", 2, 2.0], "label": [1, 0.5, None]},
        {"columns": {"id": ["a", 2, 2.0], "label": [1, 0.5, None]}, "model": "m", "version": 3},
        b'{"id": "a", "label": 1}\n\n{"id": 2, "label": 0.5}\n{"id": 2}\n',
    ],
    ids=["list", "columns", "named columns", "lines"],
)
def test_the_forms_say_the_same(body):
    """A list, columns and lines give the same ids and labels, and refuse the row without a label."""
    decoded = labels(body, LINES if isinstance(body, bytes) else JSON)
    assert texts(decoded.batch.ids) == ["a", "2"]
    np.testing.assert_array_equal(decoded.batch.labels, [1.0, 0.5])
    assert (decoded.accepted, decoded.rejected) == (2, 1)
    (error,) = decoded.errors
    assert (error.row, error.field, error.reason) == (2, "label", "empty")
    assert (decoded.batch.inputs, decoded.batch.outputs, decoded.batch.requests.count) == ({}, {}, 0)


def test_one_label_with_its_model():
    """A single object is one label; it may name the model, and text, boolean and time are understood."""
    decoded = labels({"id": "a", "label": "yes", "ts": "2026-09-14T08:01:02Z", "model": "m", "version": "3"})
    assert (decoded.model, decoded.version) == ("m", "3")
    assert texts(decoded.batch.labels) == ["yes"]
    assert decoded.batch.timestamps is not None
    assert texts(labels({"id": "a", "label": True}).batch.labels) == ["true"]
    mixed = labels([{"id": "a", "label": 1}, {"id": "b", "label": "x"}]).batch.labels
    assert isinstance(mixed, Mixed)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"label": 1}, "id", "structure"),
        ({"id": None, "label": 1}, "id", "structure"),
        ({"id": "", "label": 1}, "id", "structure"),
        ({"id": ["a"], "label": 1}, "id", "structure"),
        ({"id": True, "label": 1}, "id", "structure"),
        ({"id": "a"}, "label", "empty"),
        ({"id": "a", "label": [1]}, "label", "structure"),
        ({"id": "a", "label": 1, "ts": "yesterday"}, "ts", "timestamp"),
        ({"id": "a", "label": 1, "model": "other"}, "model", "structure"),
        (7, None, "structure"),
    ],
)
def test_a_row_that_cannot_be_used(row, field, reason):
    """It is refused by name, the others are not touched; alone it is a refusal of the body."""
    good = {"id": "g", "label": 0, "model": "m"}
    decoded = labels([good, row])
    assert decoded.accepted == 1
    (error,) = decoded.errors
    assert (error.row, error.field, error.reason) == (1, field, reason)
    if field != "model":
        with pytest.raises(NothingUsable) as caught:
            labels([row])
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "syntax"),
        (b"", "empty"),
        ({"id": ["a"], "label": 1}, "structure"),
        ({"columns": {"id": "a", "label": [1]}}, "structure"),
        ({"id": ["a", "b"], "label": [1]}, "ragged"),
        ({"id": ["a"], "label": [1], "ts": [1, 2]}, "ragged"),
        ({"id": [], "label": []}, "empty"),
        ([], "empty"),
        ([{"id": "a", "label": 1}] * 11, "too_large"),
        ({"id": ["a"] * 11, "label": [1] * 11}, "too_large"),
        (b" " * 5_000, "too_large"),
        (gzip.compress(b" " * 100_000), "too_large"),
    ],
    ids=lambda value: None if isinstance(value, str) else "body",
)
def test_a_body_that_cannot_be_used(body, reason):
    """It is refused as observations would be."""
    with pytest.raises(DecodeError) as caught:
        labels(body, rows=10, body_bytes=4_096)
    assert caught.value.reason == reason


def test_columns_leave_out_single_rows():
    """In columns a row without an id, a label or a usable time is refused, and the others stay aligned."""
    body = {"id": ["a", None, "c", "d"], "label": ["x", "y", None, "z"], "ts": [1.0, 2.0, 3.0, "late"]}
    decoded = labels({"id": [*body["id"], "e"], "label": [*body["label"], "w"], "ts": [*body["ts"], 9.0]})
    assert texts(decoded.batch.ids) == ["a", "e"]
    assert texts(decoded.batch.labels) == ["x", "w"]
    assert decoded.batch.timestamps.tolist() == [1.0, 9.0]
    assert {(error.row, error.reason) for error in decoded.errors} == {(1, "structure"), (2, "empty"), (3, "timestamp")}


def test_tensors_are_no_labels():
    """The binary form of observations is refused by its content type."""
    with pytest.raises(DecodeError) as caught:
        labels(b"", "application/octet-stream")
    assert caught.value.reason == "content_type"
    assert "application/octet-stream" in DECODERS


def test_unknown_fields_are_counted():
    """A field that no version knows is a violation, as in observations."""
    assert labels([{"id": "a", "label": 1, "colour": 2}]).batch.violations == {("colour", "unknown_field"): 1}
    assert labels({"id": ["a"], "label": [1], "colour": 2}).batch.violations == {("colour", "unknown_field"): 1}


def test_observations_carry_ids_and_labels():
    """Rows, columns and tensors (text, codes, numbers) say them alike; what is no id is counted."""
    rows = [{"id": "a", "prediction": 1, "label": 0}, {"id": 7, "prediction": 1}, {"id": [1], "prediction": 1}]
    batch = decode(json.dumps(rows).encode(), content_type=JSON).batch
    assert texts(batch.ids) == ["a", "7", None]
    np.testing.assert_array_equal(batch.labels, [0.0, np.nan, np.nan])
    assert batch.violations["id", "wrong_type"] == 1
    columns = {"columns": {"x": [1, 2]}, "prediction": [1, 0], "id": ["a", 7], "label": ["yes", None]}
    batch = decode(json.dumps(columns).encode(), content_type=JSON).batch
    assert (texts(batch.ids), texts(batch.labels)) == (["a", "7"], ["yes", None])


@pytest.mark.parametrize(
    "tensor",
    [
        {"datatype": "BYTES", "shape": [2], "data": ["a", "7"]},
        {"datatype": "INT32", "shape": [2, 1], "data": [1, 0], "parameters": {"categories": ["7", "a"]}},
    ],
    ids=["text", "codes"],
)
def test_tensors_carry_ids_and_labels(tensor):
    """Reserved tensors hold them, as text or as codes of a list."""
    body = {
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 1], "data": [1, 2]}],
        "outputs": [
            {"name": "driftgauge.id", **tensor},
            {"name": "driftgauge.label", "datatype": "FP64", "shape": [2], "data": [1.5, None]},
        ],
    }
    batch = decode(json.dumps(body).encode(), content_type=JSON).batch
    assert texts(batch.ids) == ["a", "7"]
    np.testing.assert_array_equal(batch.labels, [1.5, np.nan])
    assert batch.violations == {}
    body["outputs"][0] |= {"shape": [1], "data": tensor["data"][:1]}
    one_for_all = decode(json.dumps(body).encode(), content_type=JSON).batch
    assert one_for_all.ids is None
    assert one_for_all.violations == {("driftgauge.id", "wrong_shape"): 1}


def test_rows_left_out_take_their_ids_along():
    """Rows refused for their time do not shift the ids of the others, in any form."""
    rows = [{"id": "a", "prediction": 1, "ts": "bad"}, {"id": "b", "prediction": 1, "label": 5}]
    batch = decode(json.dumps(rows).encode(), content_type=JSON).batch
    assert texts(batch.ids) == ["b"]
    columns = {"columns": {"x": [1, 2]}, "ts": ["bad", 5], "id": ["a", "b"], "label": [4, 5]}
    batch = decode(json.dumps(columns).encode(), content_type=JSON).batch
    assert (texts(batch.ids), batch.labels.tolist()) == (["b"], [5.0])
    tensors = [
        {"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]},
        {"name": "driftgauge.ts", "datatype": "FP64", "shape": [2], "data": [-1, 5]},
        {"name": "driftgauge.id", "datatype": "BYTES", "shape": [2], "data": ["a", "b"]},
        {"name": "driftgauge.label", "datatype": "BYTES", "shape": [2], "data": ["n", "y"]},
    ]
    batch = decode(json.dumps({"inputs": tensors}).encode(), content_type=JSON).batch
    assert (texts(batch.ids), texts(batch.labels)) == (["b"], ["y"])


def test_ids_are_text_whatever_they_came_as():
    """Numbers have the text of themselves, long ids are cut alike everywhere, mixed columns keep both kinds."""
    assert texts(as_ids(np.array([7.0, 2.5, np.nan]))) == ["7", "2.5", None]
    words = Categories(np.array([0, -1, 1], dtype=np.int32), ("x" * 2_000, ""))
    assert texts(as_ids(words)) == ["x" * ID_CHARS, None, None]
    mixed = Mixed(np.array([np.nan, 3.0]), Categories(np.array([0, -1], dtype=np.int32), ("a",)))
    assert texts(as_ids(mixed)) == ["a", "3"]
    assert texts(labels({"id": "x" * 2_000, "label": 1}).batch.ids) == ["x" * ID_CHARS]
    assert texts(as_ids(np.array([np.nan]))) == [None]
