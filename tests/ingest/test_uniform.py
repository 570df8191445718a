"""Rows that all have the keys of the first one are decoded faster, to the same batch."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.errors import DecodeError
from driftgauge.ingest import decode, decode_alike
from driftgauge.ingest.observations import decode_lines, decode_observations
from driftgauge.ingest.parse import parse
from driftgauge.ingest.result import Limits
from driftgauge.ingest.uniform import LEAST_ROWS, MOST_FEATURES, decode_uniform, decode_uniform_lines
from tests.calls import calls

LIMITS = Limits()
ROWS = 24


def rows(**more: Any) -> list[dict[str, Any]]:
    """Return rows of two numbers, an integer and a text, and *more* fields, given as functions of the row's number."""
    return [
        {
            "features": {
                "x": n / 7,
                "count": n,
                "y": None if n == 5 else -n * 1e3,
                "plan": ["basic", "pro", None][n % 3],
            },
            **{name: value(n) for name, value in more.items()},
        }
        for n in range(ROWS)
    ]


def changed(value: Any, *, row: int = 9, field: str = "x") -> list[dict[str, Any]]:
    """Return rows one of which has another value."""
    made = rows()
    made[row]["features"][field] = value
    return made


UNIFORM = {
    "features alone": rows(),
    "numbers alone": [{"features": {"x": n / 7, "y": None if n == 5 else n}} for n in range(ROWS)],
    "what looks like the end of a row": [
        {"features": {"plan": "a}, {", "x": n}, "prediction": {"b}{": 1}} for n in range(ROWS)
    ],
    "a prediction": rows(prediction=lambda n: n % 2),
    "a prediction of texts": rows(prediction=lambda n: "ab"[n % 2]),
    "a prediction now and then": rows(prediction=lambda n: None if n % 3 else 0.5),
    "no prediction at all": rows(prediction=lambda _: None),
    "predictions by name": rows(prediction=lambda n: {"price": n * 1.5, "class": "ab"[n % 2]}),
    "a prediction that is a list": rows(prediction=lambda n: [1, 2] if n == 3 else n),
    "facts": rows(
        id=lambda n: f"id-{n}",
        proba=lambda n: [n / ROWS, 1 - n / ROWS],
        latency_s=lambda n: n / 1e3,
        status=lambda n: "timeout" if n == 4 else "ok",
        label=lambda n: n % 2,
        embedding=lambda n: [n, 1.0, 2.0],
        tokens_in=lambda n: n,
    ),
    "times": rows(ts=lambda n: 1_789_372_862 + n),
    "times as text": rows(ts=lambda n: f"2026-09-14T08:01:{n:02d}Z"),
    "segments": rows(segment=lambda n: {"country": ["de", "fr"][n % 2], "tenant": n % 3}),
    "one model": rows(model=lambda _: "churn", version=lambda _: 3),
    "a number as large as they come": changed(1.7e308),
    "an integer beyond 64 bits": changed(2**80),
    "null where text was": changed(None, field="plan"),
    "keys that are not ASCII": [{"features": {"größe": 1.5, "日本": n, "": 2, "a b": 3}} for n in range(ROWS)],
    "flags": [{"features": {"vip": n % 2 == 0, "x": 1.0}} for n in range(ROWS)],
    "lists where a value should be": [{"features": {"bad": [n], "x": 1.0}} for n in range(ROWS)],
    "keys in another order": [{"features": dict(sorted({"x": n, "a": 1}.items(), reverse=n % 2))} for n in range(ROWS)],
    "a row without one key": [*rows()[:-1], {"features": {"x": 1.0}}],
    "texts alone": [{"features": {"plan": "ab"[n % 2]}} for n in range(ROWS)],
    "a row of nothing but text": [{"features": {"x": None if n == 4 else n, "plan": "b"}} for n in range(1, ROWS)],
}
OTHER = {
    "text among numbers": changed("many"),
    "a flag among numbers": changed(True),
    "a list among numbers": changed([1, 2]),
    "a number among texts": changed(7, field="plan"),
    "a key that is new": [*rows(), {"features": {"z": 1}}],
    "a field that is new": [*rows(), {"features": {"x": 1}, "latency_s": 1}],
    "a field that nobody knows": [*rows(), {"features": {"x": 1}, "colour": 1}],
    "a row without features": [*rows(), {"prediction": 1}],
    "features that are null": [*rows(), {"features": None, "prediction": 1}],
    "an empty row": [*rows(), {"features": {}}],
    "a row of nulls": [*rows(), {"features": {"x": None}}],
    "a row of nulls among numbers": [
        *({"features": {"x": 1.0, "y": n}} for n in range(ROWS)),
        {"features": {"x": None}},
    ],
    "a row that is none": [*rows(), 7],
    "a time that cannot be": [*rows(ts=lambda n: n), {"features": {"x": 1.0}, "ts": "yesterday"}],
    "two models": rows(model=lambda n: "ab"[n % 2]),
    "a model that is none": rows(model=lambda n: [n]),
    "a key with a quote": [{"features": {'a"b': n}} for n in range(ROWS)],
    "a key with a line end": [{"features": {"a\nb": n}} for n in range(ROWS)],
    "more columns than a type has": [
        {"features": dict.fromkeys(map(str, range(MOST_FEATURES + 1)), n)} for n in range(ROWS)
    ],
    "few rows": rows()[: LEAST_ROWS // 2],
    "not a number": changed(float("nan")),
    "infinity": changed(float("inf")),
    "no rows": [],
}


def same(left: Any, right: Any) -> None:
    """Fail unless two results are equal, array by array."""
    assert type(left) is type(right)
    if dataclasses.is_dataclass(left):
        for field in dataclasses.fields(left):
            same(getattr(left, field.name), getattr(right, field.name))
    elif isinstance(left, Mapping):
        assert list(left) == list(right)
        for name in left:
            same(left[name], right[name])
    elif isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    else:
        assert left == right


def outcome(work) -> Any:
    """Return what *work* returns, or what it refuses with."""
    try:
        return work()
    except DecodeError as error:
        return type(error), error.reason, str(error), error.status


@pytest.mark.parametrize("name", UNIFORM)
def test_rows_of_one_shape_decode_as_in_the_general_way(name):
    """The batch is the same to the bit, the order of its columns too, from a list and from lines."""
    text = json.dumps(UNIFORM[name]).encode()
    fast = decode_uniform(text, LIMITS)
    assert fast is not None
    same(fast, decode_observations(parse(text), LIMITS))
    lines = b"\r\n".join(json.dumps(row).encode() for row in UNIFORM[name]) + b"\n\n"
    fast = decode_uniform_lines(lines, LIMITS)
    assert fast is not None
    same(fast, decode_lines(lines, LIMITS))


@pytest.mark.parametrize("name", OTHER)
def test_whatever_else_is_in_them_takes_the_general_way(name):
    """Every error, refusal and count is what it was: there is one place that makes them."""
    text = json.dumps(OTHER[name]).encode()
    assert decode_uniform(text, LIMITS) is None
    decoded = outcome(lambda: decode(text, content_type="application/json"))
    same(decoded, outcome(lambda: decode_observations(parse(text), LIMITS)))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"  ",
        b"[",
        b"{}",
        b"[[1]]",
        b'[{"features": {"x": 1}}',
        b'[{"features": {"x": \xff}}]' * 20,
        b"\xef\xbb\xbf[]",
    ],
    ids=repr,
)
def test_text_that_is_no_list_of_rows_takes_the_general_way(text):
    """What cannot be parsed is for `parse` to refuse."""
    assert decode_uniform(text, LIMITS) is None
    assert decode_uniform_lines(text, LIMITS) is None


def test_damaged_text_takes_the_general_way():
    """A body that is cut off, or with something behind its end, is refused as ever."""
    text = json.dumps(rows()).encode()
    for damaged in (text[:-1], text + b"]", text[:-40], text.replace(b"null", b"nul", 1)):
        assert decode_uniform(damaged, LIMITS) is None
        with pytest.raises(DecodeError, match="not well-formed"):
            decode(damaged, content_type="application/json")


def test_two_rows_of_one_line_are_refused():
    """A line holds one row: two of them, or a part of one, are no JSON."""
    row = json.dumps(rows()[0]).encode()
    for line in (row + row, row[:20] + b"\n" + row[20:]):
        assert decode_uniform_lines(b"\n".join([row] * ROWS + [line]), LIMITS) is None


def test_rows_that_are_alike_are_told_from_other_bodies():
    """What the event loop decodes of larger bodies: lists and lines that are alike, and nothing else."""
    text = json.dumps(rows()).encode()
    lines = b"\n".join(json.dumps(row).encode() for row in rows())
    for body, kind in (
        (text, "application/json; charset=utf-8"),
        (lines, "Application/X-NDJSON"),
        (memoryview(text), "application/json"),
    ):
        found = decode_alike(body, content_type=kind)
        assert found is not None
        same(found, decode(body, content_type=kind))
    others = (
        (text, "application/x-ndjson"),
        (text[:-1], "application/json"),
        (b"{}", "application/json"),
        (text, "text/csv"),
    )
    assert [decode_alike(body, content_type=kind) for body, kind in others] == [None] * 4
    assert decode_alike(text, content_type="application/json", limits=Limits(body_bytes=9)) is None


def test_limits_hold():
    """More rows, columns or values than are allowed are refused with the limit's name."""
    text = json.dumps(rows()).encode()
    for limits, field in ((Limits(rows=9), "rows"), (Limits(columns=3), "columns"), (Limits(values=50), "values")):
        assert decode_uniform(text, limits) is None
        with pytest.raises(DecodeError, match=f"limits.{field}"):
            decode(text, content_type="application/json", limits=limits)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"x": st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.none()},
            optional={"plan": st.text() | st.none(), "odd": st.none() | st.booleans() | st.integers() | st.text()},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_rows_decode_as_in_the_general_way(features):
    """Whether a body is uniform or not, its batch is that of the general way."""
    text = json.dumps([{"features": features[n % len(features)]} for n in range(ROWS)]).encode()
    same(
        outcome(lambda: decode(text, content_type="application/json")),
        outcome(lambda: decode_observations(parse(text), LIMITS)),
    )


def test_no_function_is_called_for_a_value():
    """A further row of 50 numbers costs a handful of calls, as a guard of speed; the general way needs over a hundred."""
    row = json.dumps({"features": {f"f{n}": n / 7 for n in range(50)}})
    few, many = (f"[{','.join([row] * count)}]".encode() for count in (100, 300))
    added = calls(lambda: decode(many, content_type="application/json")) - calls(
        lambda: decode(few, content_type="application/json")
    )
    assert added / 200 < 5
