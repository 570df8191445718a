"""Whatever bytes a server sends, and however they are cut, decoding gives numbers or a refusal."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.errors import REASONS, DecodeError
from driftgauge.generations import FINISH_REASONS, GENERATION_KINDS
from driftgauge.ingest import FAILURES, Limits
from driftgauge.ingest.event_stream import EventReader, events_of
from driftgauge.ingest.openai import OPENAI_CALLS, OpenAICall, decode_openai

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
logprobs = values | st.fixed_dictionaries(
    {},
    optional={
        "content": st.lists(st.fixed_dictionaries({"logprob": values}, optional={"top_logprobs": values}), max_size=3),
        "token_logprobs": st.lists(values, max_size=3) | values,
        "top_logprobs": st.lists(st.dictionaries(st.text(max_size=2), values, max_size=2), max_size=3) | values,
    },
)
messages = values | st.fixed_dictionaries(
    {},
    optional={
        "content": values,
        "refusal": values,
        "tool_calls": st.lists(st.dictionaries(st.just("index"), values, max_size=1)) | values,
        "function_call": values,
        "reasoning_content": values,
    },
)
choices = values | st.fixed_dictionaries(
    {},
    optional={
        "index": values,
        "message": messages,
        "delta": messages,
        "text": values,
        "logprobs": logprobs,
        "finish_reason": values,
    },
)
responses = values | st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(choices, max_size=3) | values,
        "usage": st.dictionaries(st.sampled_from(["prompt_tokens", "completion_tokens"]), values) | values,
        "metrics": st.dictionaries(st.sampled_from(["time_to_first_token_ms", "mean_itl_ms"]), values) | values,
        "data": st.lists(st.fixed_dictionaries({"embedding": values}), max_size=3) | values,
        "error": values,
        "model": values,
    },
)
requests = values | st.fixed_dictionaries(
    {},
    optional={
        "model": values,
        "n": values,
        "prompt": values,
        "input": values,
        "messages": st.lists(st.fixed_dictionaries({"content": values}), max_size=3) | values,
        "tools": values,
    },
)
kinds = st.sampled_from(list(OPENAI_CALLS))


def outcome_of(kind, request, response, **facts):
    try:
        return decode_openai(kind, OpenAICall(request=request, response=response, **facts), Limits(rows=10))
    except DecodeError as error:
        return error


def check(kind, request, response, **facts):
    """Decode and hold the result to what a batch promises."""
    decoded = outcome_of(kind, request, response, **facts)
    if isinstance(decoded, DecodeError):
        assert decoded.reason in REASONS
        assert len(str(decoded)) < 400
        return
    batch = decoded.batch
    assert 0 < batch.rows <= 10
    assert batch.requests.count == 1
    assert set(batch.requests.failures) <= set(FAILURES)
    for _, name, column in batch.columns:
        assert name.startswith("llm.")
        assert len(column) == batch.rows
        assert not isinstance(column, np.ndarray) or not np.isinf(column).any()
    generations = batch.requests.generations
    if generations is not None:
        assert set(generations.finish_reasons) <= set(FINISH_REASONS)
        assert set(generations.kinds) <= set(GENERATION_KINDS)
        assert all(count >= 0 for count in generations.tokens.values())
        for seconds in (generations.first_token_seconds, generations.output_token_seconds):
            assert (np.isfinite(seconds) & (seconds >= 0)).all()


@FUZZ
@given(kinds, st.binary(max_size=100), st.binary(max_size=200), st.sampled_from(["text/event-stream", "", "a/b"]))
def test_arbitrary_bytes_decode_or_are_refused(kind, request, response, content_type):
    check(kind, request, response, content_type=content_type)
    check(kind, b'{"model": "m"}', response, content_type=content_type, whole=False)
    check(kind, b'{"model": "m"}', b"data: " + response, content_type=content_type)


@FUZZ
@given(kinds, requests, st.lists(responses, min_size=1, max_size=3), st.booleans())
def test_arbitrary_calls_decode_or_are_refused(kind, request, parts, whole):
    bodies = [json.dumps(part).encode() for part in parts]
    check(kind, json.dumps(request).encode(), bodies[0], whole=whole)
    streamed = b"".join(b"data: %b\n\n" % body for body in bodies)
    check(kind, json.dumps(request).encode(), streamed, content_type="text/event-stream", whole=whole)


lines = st.sampled_from(
    [b"data: 1", b"data:2", b"data: ", b": c", b"", b"event: x", b'{"error": 1}', b"data", "data: é".encode()]
)


@FUZZ
@given(st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=12), st.data())
def test_where_a_stream_is_cut_does_not_matter(parts, data):
    """Any division of the bytes gives the same events, at the same places."""
    body = b"".join(line + end for line, end in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    reader = EventReader()
    found = [event for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True) for event in reader.feed(body[a:b])]
    assert [*found, *reader.close()] == list(events_of(body))


def test_a_long_line_in_small_pieces_costs_linear_time():
    """What a line's pieces cost does not grow with its length: none is copied before the line ends."""
    reader = EventReader()
    for _ in range(200_000):
        assert list(reader.feed(b"x")) == []
    assert len(list(reader.feed(b"\n"))) == 0
    assert [event.data for event in reader.feed(b"data: 1\n\n")] == [b"1"]
