"""Whatever bytes come, decoding gives a result or a refusal with a reason, and keeps its promises."""

from __future__ import annotations

import gzip
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Categories, Mixed
from driftgauge.errors import REASONS, DecodeError
from driftgauge.ingest import DECODERS, FAILURES, Limits, decode
from tests.ingest.bodies import binary, decode_binary, tensor

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
fields = [
    "id",
    "ts",
    "features",
    "prediction",
    "proba",
    "logits",
    "latency_s",
    "status",
    "model",
    "version",
    "columns",
    "inputs",
    "outputs",
    "parameters",
    "name",
    "shape",
    "datatype",
    "data",
    "driftgauge",
    "requests",
    "categories",
    "binary_data_size",
    "model_name",
]
objects = st.dictionaries(st.sampled_from(fields), json_values, max_size=6)
tensors = st.fixed_dictionaries(
    {"name": st.sampled_from(["x", "y", "driftgauge.ts", "driftgauge.status", "driftgauge.latency_s"])},
    optional={
        "shape": st.lists(st.integers(-1, 4), max_size=3) | json_values,
        "datatype": st.sampled_from(["FP32", "FP16", "BF16", "INT64", "UINT8", "BOOL", "BYTES"]) | json_values,
        "data": st.lists(json_values, max_size=6) | st.lists(st.floats(), max_size=6) | json_values,
        "parameters": st.dictionaries(st.sampled_from(["binary_data_size", "columns", "categories"]), json_values),
    },
)
open_inference = st.fixed_dictionaries(
    {},
    optional={"inputs": st.lists(tensors, max_size=3), "outputs": st.lists(tensors, max_size=3), "parameters": objects},
)
bodies = json_values | objects | st.lists(objects, max_size=4) | open_inference


def outcome_of(body, content_type, header_length):
    limits = Limits(body_bytes=100_000, rows=50, columns=20, values=300)
    try:
        return decode(body, content_type=content_type, header_length=header_length, limits=limits)
    except DecodeError as error:
        return error


def check(body, content_type, header_length=None):
    """Decode and hold the result to what a batch promises."""
    decoded = outcome_of(body, content_type, header_length)
    if isinstance(decoded, DecodeError):
        assert decoded.reason in REASONS
        assert len(str(decoded)) < 400
        return
    batch = decoded.batch
    assert decoded.accepted == batch.rows > 0
    assert decoded.rejected == sum(decoded.rejected_reasons.values())
    # What a client reports of itself belongs to no row, and rejects none.
    assert sum(not str(error.field).startswith("parameters.driftgauge") for error in decoded.errors) == min(
        decoded.rejected, 10
    )
    json.dumps([error.as_dict() for error in decoded.errors])
    assert set(batch.requests.failures) <= set(FAILURES)
    assert all(count > 0 for count in batch.violations.values())
    assert ((batch.requests.latencies >= 0) & np.isfinite(batch.requests.latencies)).all()
    for _, name, column in batch.columns:
        name.encode()
        assert len(column) == batch.rows
        categories = column.categories if isinstance(column, Mixed) else column
        if isinstance(categories, Categories):
            assert categories.codes.dtype == np.int32
            assert ((categories.codes >= -1) & (categories.codes < len(categories.vocabulary))).all()
    for facts in (batch.probabilities, batch.logits, batch.timestamps, batch.failed):
        assert facts is None or len(facts) == batch.rows


@FUZZ
@given(st.binary(max_size=200), st.sampled_from(list(DECODERS)), st.none() | st.integers(-1, 200).map(str) | st.text())
def test_arbitrary_bytes_decode_or_are_refused(body, content_type, header_length):
    """No bytes of any content type cause another exception than a refusal."""
    check(body, content_type, header_length)
    check(b"\x1f\x8b" + body, content_type, header_length)


@FUZZ
@given(bodies)
def test_arbitrary_json_decodes_or_is_refused(value):
    """No JSON causes another exception than a refusal, as one body or as lines."""
    body = json.dumps(value).encode()
    check(body, "application/json")
    check(body + b"\n" + body, "application/x-ndjson")
    check(body + b"12345678", "application/octet-stream", str(len(body)))


VALID, VALID_LENGTH = binary(
    [
        tensor("x", np.ones((3, 2), np.float32)),
        tensor("plan", np.array([0, 1, -1], np.int32), categories=["a", "b"]),
        tensor("city", ["de", "fr", ""]),
        tensor("driftgauge.ts", np.array([1.0, 2.0, 3.0])),
        tensor("driftgauge.status", ["ok", "error", "ok"]),
    ],
    [tensor("p", np.full((3, 2), 0.5, np.float16)), tensor("y", np.array([True, False, True]))],
    parameters={"driftgauge": {"requests": 3}},
)
edits = st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.binary(max_size=3), st.integers(0, 3)), max_size=3)


@settings(FUZZ, max_examples=400)
@given(edits, st.integers(-2, 2))
def test_mutated_binary_bodies_decode_or_are_refused(changes, shift):
    """A valid binary body with bytes changed, lost or added does no harm."""
    body = VALID
    for place, new, lost in changes:
        body = body[:place] + new + body[place + lost :]
    check(body, "application/octet-stream", str(int(VALID_LENGTH) + shift))


ZIPPED = gzip.compress(VALID, mtime=0)


@FUZZ
@given(st.integers(0, len(ZIPPED)), st.binary(max_size=4))
def test_mutated_gzip_bodies_decode_or_are_refused(place, new):
    """A gzip stream with bytes changed or cut off does no harm."""
    check(ZIPPED[:place] + new + ZIPPED[place + len(new) :], "application/octet-stream", VALID_LENGTH)
    check(ZIPPED[:place], "application/octet-stream", VALID_LENGTH)


@FUZZ
@given(
    st.integers(1, 20),
    st.integers(1, 5),
    st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u8"]),
    st.randoms(use_true_random=False),
)
def test_binary_tensors_round_trip(rows, width, dtype, random):
    """What NumPy wrote is what the columns hold, whatever bits the values are made of."""
    raw = random.randbytes(rows * width * np.dtype(dtype).itemsize)
    matrix = np.frombuffer(raw, dtype).reshape(rows, width)
    columns = list(decode_binary([tensor("x", matrix)]).batch.inputs.values())
    expected = matrix if matrix.dtype.kind == "f" else matrix.astype(np.float32 if dtype == "i1" else np.float64)
    np.testing.assert_array_equal(np.column_stack(columns), expected)


@FUZZ
@given(st.lists(st.text(), min_size=1, max_size=20))
def test_binary_texts_round_trip(texts):
    """Texts come back as they were sent."""
    column = decode_binary([tensor("x", texts)]).batch.inputs["x"]
    assert [column.vocabulary[code] for code in column.codes] == texts
