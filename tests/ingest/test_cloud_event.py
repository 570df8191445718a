"""Events of inference loggers, in every mode of CloudEvents."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.errors import REASONS, DecodeError
from driftgauge.ingest.cloud_event import BATCH, STRUCTURED, Event, read_events

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)
TYPE = "org.kubeflow.serving.inference.request"
#: what KServe's agent sends in binary mode
HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "0b0cbbe1-7b63-4ec3-9b0a-3f6c3c2a8f0e",
    "ce-type": TYPE,
    "ce-source": "http://localhost:9081/",
    "ce-time": "2026-09-14T08:01:02.123456789Z",
    "ce-inferenceservicename": "iris",
    "ce-namespace": "shop",
    "ce-component": "predictor",
    "ce-endpoint": "default",
    "ce-metadata": "{}",
}
EVENT = Event(
    HEADERS["ce-id"], "request", b'{"instances": [1]}', "iris", "shop", "default", "predictor", 1789372862.123456
)
ATTRIBUTES = {name.removeprefix("ce-"): value for name, value in HEADERS.items()}


def structured(*events, batch=False, **changes):
    entries = [ATTRIBUTES | changes | event for event in events or [{}]]
    return read_events(
        {}, (BATCH if batch else STRUCTURED) + "; charset=utf-8", json.dumps(entries if batch else entries[0]).encode()
    )


def reason(found):
    (error,) = found
    assert isinstance(error, DecodeError)
    return error.reason


def test_attributes_are_headers_in_binary_mode():
    """The body is the model's, whatever its content type."""
    assert read_events(HEADERS, "application/octet-stream", EVENT.data) == [EVENT]


@pytest.mark.parametrize(
    "data",
    [
        {"data": {"instances": [1]}},
        {"data": '{"instances": [1]}'},
        {"data_base64": base64.b64encode(EVENT.data).decode()},
    ],
    ids=["JSON", "text", "Base64"],
)
def test_attributes_are_in_the_body_in_structured_mode(data):
    """The data is JSON, text, or bytes as Base64."""
    assert structured(data) == [EVENT]


def test_numbers_that_are_no_json_are_kept_in_structured_mode():
    """NaN in the data is read as it is in any other body."""
    (event,) = structured({"data": {"instances": [float("nan")]}})
    assert json.loads(event.data)["instances"][0] != 0
    assert b"NaN" in event.data


def test_a_batch_holds_several_events():
    """One that cannot be used costs only itself."""
    found = structured({"id": "1", "data": {}}, {"id": "", "data": {}}, {"id": "3"}, batch=True)
    assert [entry.id if isinstance(entry, Event) else entry.reason for entry in found] == ["1", "event", "3"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", "syntax"),
        (b"[]", "empty"),
        (b"{}", "syntax"),
        (b"[" * 5000, "syntax"),
        (b"[1]", "event"),
        (b'["\xff"]', "syntax"),
    ],
    ids=["nothing", "no events", "no list", "deep", "no object", "no text"],
)
def test_a_batch_that_cannot_be_used_is_refused(body, wanted):
    """A refusal has a reason."""
    assert reason(read_events({}, BATCH, body)) == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [({"id": ""}, "event"), ({"id": None}, "event"), ({"id": "x" * 2000}, "event"), ({"id": {}}, "event"), ({"id": 2**70}, "event"),
     ({"type": "com.example.created"}, "event"), ({"type": 7}, "event"), ({"data_base64": "%"}, "event"), ({"data_base64": 7}, "event")],
    ids=["empty id", "no id", "long id", "id of another kind", "huge id", "another type", "no type", "no Base64", "a number"],
)  # fmt: skip
def test_an_event_without_what_it_needs_is_refused(changes, wanted):
    """An event without an identity cannot be paired, one of another type is none of ours."""
    assert reason(structured(**changes)) == wanted


@pytest.mark.parametrize(
    ("identity", "read"),
    [(42, "42"), ("  7 ", "7"), ("caf%C3%A9", "caf%C3%A9"), ("ümlaut", "ümlaut")],
    ids=["number", "blanks", "escape", "letters"],
)
def test_odd_identifiers_are_taken(identity, read):
    """Whatever identifies is taken."""
    assert structured(id=identity)[0].id == read


def test_headers_are_percent_decoded():
    """The HTTP binding escapes what no header can hold."""
    assert read_events(HEADERS | {"ce-id": "caf%C3%A9 %zz"}, "", b"")[0].id == "café %zz"


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("2026-09-14T08:01:02Z", 1789372862), ("2026-09-14T10:01:02+02:00", 1789372862), ("1789372862.5", 1789372862.5), (1789372862, 1789372862),
     ("1789372862000", None), ("yesterday", None), ("", None), (None, None), ({}, None), (True, None), ("٣", None), ("-1", None), ("1.2.3", None)],
    ids=["UTC", "offset", "seconds as text", "seconds", "milliseconds", "words", "empty", "none", "object", "boolean", "other digits", "negative", "version"],
)  # fmt: skip
def test_times_that_are_none_are_not_known(time, seconds):
    """A time costs no event: without it, that of the arrival counts."""
    assert structured(time=time)[0].time == seconds


@pytest.mark.parametrize("kind", ["request", "response"])
@pytest.mark.parametrize("producer", ["org.kubeflow.serving", "io.seldon.serving"])
def test_the_end_of_the_type_tells_request_from_response(producer, kind):
    """Loggers call their events by their own names."""
    assert structured(type=f"{producer}.inference.{kind}")[0].kind == kind


attributes = st.dictionaries(
    st.sampled_from([*ATTRIBUTES, "data", "data_base64"]),
    st.none()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.just(TYPE)
    | st.lists(st.text(max_size=2), max_size=2),
)


@FUZZ
@given(st.binary(max_size=60) | attributes.map(json.dumps).map(str.encode) | st.lists(attributes).map(json.dumps).map(str.encode),
       st.sampled_from([STRUCTURED, BATCH, "application/json", ""]), st.dictionaries(st.sampled_from([*HEADERS]), st.text(max_size=9)))  # fmt: skip
def test_any_request_gives_events_or_refusals(body, content_type, headers):
    """At least one of both, whatever the bytes are."""
    found = read_events(headers, content_type, body)
    assert found
    for entry in found:
        assert (
            entry.reason in REASONS
            if isinstance(entry, DecodeError)
            else entry.kind in {"request", "response"} and entry.id
        )
