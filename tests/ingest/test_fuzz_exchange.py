"""Whatever bytes a request and its response are, they become a batch, and every refusal has a reason."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Categories, Mixed
from driftgauge.errors import REASONS
from driftgauge.ingest import FAILURES, Exchange, Limits, decode_exchange
from tests.ingest.bodies import binary, tensor

FUZZ = settings(max_examples=200, deadline=None, derandomize=True)
LIMITS = Limits(body_bytes=100_000, rows=50, columns=20, values=300)

cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
nested = st.recursive(
    cells,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), cells | st.lists(cells, max_size=2))
rows = st.lists(cells | st.lists(cells, max_size=3) | objects | nested, max_size=4)
columns = st.dictionaries(st.sampled_from("abc"), rows | nested, max_size=3)
fields = st.sampled_from(["instances", "predictions", "inputs", "outputs", "error", "id"])
v1 = st.dictionaries(fields, rows | columns | nested, max_size=3).map(json.dumps).map(str.encode)
REQUEST, _ = binary([tensor("x", np.ones((3, 2), np.float32)), tensor("city", ["de", '}"', ""])])
RESPONSE, _ = binary((), [tensor("p", np.full((3, 2), 0.5, np.float16)), tensor("y", np.array([True, False, True]))])


def hold(request, response, **facts):
    """Decode and hold the result to what a batch promises."""
    seen = decode_exchange(Exchange(request, response, **facts), limits=LIMITS)
    assert all(error.reason in REASONS and len(str(error)) < 400 for error in seen.refused.values())
    assert set(seen.refused) <= {"request", "response"}
    batch = seen.batch
    assert batch.requests.count == 1
    assert set(batch.requests.failures) <= set(FAILURES)
    assert batch.rows <= LIMITS.rows
    assert all(count > 0 for count in batch.violations.values())
    for _, name, column in batch.columns:
        name.encode()
        assert len(column) == batch.rows
        categories = column.categories if isinstance(column, Mixed) else column
        if isinstance(categories, Categories):
            assert ((categories.codes >= -1) & (categories.codes < len(categories.vocabulary))).all()
    for values in (batch.probabilities, batch.logits, batch.timestamps, batch.failed):
        assert values is None or len(values) == batch.rows
    return seen


@FUZZ
@given(v1, v1, st.sampled_from([None, *FAILURES]))
def test_any_v1_bodies_are_read_or_refused(request_body, response_body, failure):
    """Rows, columns and whatever else JSON can hold."""
    hold(request_body, response_body, failure=failure)


@FUZZ
@given(
    st.none() | st.binary(max_size=80),
    st.none() | st.binary(max_size=80),
    st.none() | st.integers(-5, 100),
    st.none() | st.floats(),
)
def test_any_bytes_are_read_or_refused(request_body, response_body, length, latency):
    """Bytes, header lengths and latencies of any kind."""
    hold(request_body, response_body, request_header_length=length, latency_seconds=latency)


edits = st.lists(st.tuples(st.integers(0, len(REQUEST)), st.binary(max_size=3), st.integers(0, 3)), max_size=3)


@FUZZ
@given(edits)
def test_mutated_binary_bodies_are_read_or_refused(changes):
    """A valid body with bytes changed, lost or added costs its other half nothing."""
    body = REQUEST
    for place, new, lost in changes:
        body = body[:place] + new + body[place + lost :]
    assert "response" not in hold(body, RESPONSE).refused
    assert "request" not in hold(REQUEST, body).refused
