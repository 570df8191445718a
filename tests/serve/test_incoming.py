"""Bodies are decoded on the event loop where that is done at once, and told apart by what they are for."""

from __future__ import annotations

import gzip
import json

import pytest

from driftgauge.config import Settings
from driftgauge.errors import DecodeError
from driftgauge.serve.incoming import INLINE_ALIKE_BYTES, INLINE_BINARY_BYTES, INLINE_BYTES, Incoming
from driftgauge.serve.tensor_budgets import TensorBudgets

JSON, LINES, BINARY = "application/json", "application/x-ndjson", "application/octet-stream"


def rows(size):
    """Return rows that are alike, of so many bytes or a few more."""
    row = {"features": {"age": 41.5, "city": "Bern"}}
    return [row] * (size // len(json.dumps(row)) + 1)


def tensor(size):
    """Return a binary body of so many bytes or a few more, and its header's length."""
    given = {"name": "x", "datatype": "UINT8", "shape": [size, 1], "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [given]}).encode()
    return head + bytes(size), str(len(head))


def words(rows):
    """Return a binary body of so many rows of text, and its header's length."""
    size = rows * 12
    given = {"name": "x", "datatype": "BYTES", "shape": [rows, 1], "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [given]}).encode()
    return head + b"\x08\0\0\0 a word " * rows, str(len(head))


BUDGETS = TensorBudgets(lambda _: False)


def text(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "incoming",
    [Incoming(text(rows(20_000)), JSON), Incoming(text(rows(INLINE_BYTES)), JSON),
     Incoming(b"\n".join(map(text, rows(INLINE_BYTES))), LINES), Incoming(text({"columns": {"age": [1.5] * 20_000}}), JSON),
     Incoming(memoryview(tensor(INLINE_BYTES)[0]), BINARY, tensor(INLINE_BYTES)[1]), Incoming(text([{"id": 1, "label": 2}]), JSON, labels=True)],
    ids=["small", "alike", "lines", "columns", "binary", "labels"],
)  # fmt: skip
def test_what_is_quick_is_decoded_now(incoming):
    """It is what a thread would decode."""
    now = incoming.decoded_now(Settings(), BUDGETS)
    assert now is not None
    assert now.accepted == incoming.decoded(Settings(), BUDGETS).accepted


@pytest.mark.parametrize(
    "incoming",
    [Incoming(text(rows(INLINE_ALIKE_BYTES)), JSON), Incoming(text([*rows(INLINE_BYTES), {"prediction": 1}]), JSON),
     Incoming(gzip.compress(text(rows(20_000))), JSON), Incoming(b"", "application/vnd.apache.arrow.stream"),
     Incoming(tensor(INLINE_BINARY_BYTES)[0], BINARY, tensor(INLINE_BINARY_BYTES)[1]),
     Incoming(text([{"id": 1, "label": 2}] * 5_000), JSON, labels=True),
     Incoming(text({"columns": {"age": ["41"] * 10_000}}), JSON), Incoming(text({"columns": {"age": [[]] * 10_000}}), JSON),
     Incoming(memoryview(words(4_000)[0]), BINARY, words(4_000)[1]), Incoming(memoryview(tensor(INLINE_BYTES)[0]), BINARY, "x"),
     Incoming(memoryview(tensor(INLINE_BYTES)[0]), BINARY, str(INLINE_BYTES + 1)),
     Incoming(text({"inputs": [{"name": "x", "shape": [1, 128, 128], "datatype": "FP32", "data": [1.5] * 128 * 128}]}), JSON)],
    ids=["large", "not alike", "packed", "arrow", "large binary", "many labels", "texts", "lists", "binary texts", "no header", "long header", "a picture"],
)  # fmt: skip
def test_what_may_take_its_time_is_not(incoming):
    """A few bytes may unpack to megabytes, and rows that differ are looked at one by one."""
    assert incoming.decoded_now(Settings(), BUDGETS) is None


def test_what_is_wrong_is_refused_now():
    """Nothing has to be waited for."""
    with pytest.raises(DecodeError, match="not well-formed"):
        Incoming(b"{", JSON).decoded_now(Settings(), BUDGETS)


def test_retries_are_told_apart_by_what_they_are_for():
    """The same key of another model, or of labels, is another body."""
    same = {Incoming(b"1", JSON, idempotency_key="k").key, Incoming(b"2", LINES, idempotency_key="k").key}
    others = {
        Incoming(b"", JSON, model="a", idempotency_key="k").key,
        Incoming(b"", JSON, labels=True, idempotency_key="k").key,
    }
    assert len(same) == 1
    assert len(same | others) == 3
    assert Incoming(b"", JSON, idempotency_key="").key is None
