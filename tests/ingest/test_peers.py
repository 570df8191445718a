"""Bodies and events as the official clients and servers write them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput, InferResult

from driftgauge.ingest import Exchange, decode_exchange
from driftgauge.ingest.cloud_event import Event, read_events
from tests.ingest.bodies import binary, tensor

MLSERVER = json.loads((Path(__file__).parents[1] / "data" / "mlserver.json").read_text("utf-8"))["exchanges"]
ROWS = np.array([[5.1, 3.5], [6.7, 3.0], [5.9, np.nan]], np.float32)


def triton(*, as_binary):
    """Return a request as Triton's client writes it: floats and texts, and which output is wanted."""
    floats = InferInput("x", list(ROWS.shape), "FP32")
    finite = np.nan_to_num(ROWS)
    floats.set_data_from_numpy(finite, binary_data=as_binary)
    texts = InferInput("city", [3], "BYTES")
    texts.set_data_from_numpy(np.array(["de", 'f"}r', ""], dtype=object), binary_data=as_binary)
    wanted = [InferRequestedOutput("y", binary_data=as_binary)]
    body, length = InferenceServerClient.generate_request_body([floats, texts], outputs=wanted)
    return (body.encode() if isinstance(body, str) else body), length


@pytest.mark.parametrize("as_binary", [True, False], ids=["binary", "JSON"])
@pytest.mark.parametrize("lost", [True, False], ids=["length lost", "length given"])
def test_requests_of_tritons_client(as_binary, lost):
    """Both encodings hold the same columns, with and without the header that the logger drops."""
    body, length = triton(as_binary=as_binary)
    seen = decode_exchange(Exchange(body, request_header_length=None if lost else length))
    assert not seen.refused
    np.testing.assert_array_equal(seen.batch.inputs["x[0]"], ROWS[:, 0])
    city = seen.batch.inputs["city"]
    assert [city.vocabulary[code] for code in city.codes] == ["de", 'f"}r', ""]


def test_responses_that_tritons_client_reads_are_read_here():
    """What our tests call a binary response is one to the official client too."""
    values = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    body, length = binary((), [tensor("p", values), tensor("y", np.array([1, 0]))], model_name="iris")
    official = InferResult.from_response_body(body, header_length=int(length))
    seen = decode_exchange(Exchange(None, body))
    np.testing.assert_array_equal(seen.batch.probabilities, official.as_numpy("p"))
    np.testing.assert_array_equal(seen.batch.outputs["prediction"], official.as_numpy("y"))


def exchanged(name):
    recorded = MLSERVER[name]
    return recorded["status"], *(base64.b64decode(recorded[role]) for role in ("request", "response"))


@pytest.mark.parametrize("name", ["classes", "probabilities", "both"])
def test_what_mlserver_answered(name):
    """A scikit-learn model behind MLServer: its classes are predictions, its probabilities probabilities."""
    status, *bodies = exchanged(name)
    seen = decode_exchange(Exchange(*bodies))
    assert (status, seen.refused, seen.model, seen.batch.rows) == (200, {}, "iris", 3)
    assert seen.batch.inputs["input-0[2]"].tolist() == [1.4, 5.2, 4.2]
    if name != "probabilities":
        assert seen.batch.outputs["prediction"].tolist() == [0, 2, 1]
    if name != "classes":
        assert seen.batch.probabilities.argmax(axis=1).tolist() == [0, 2, 1]


def test_an_error_of_mlserver_is_no_json():
    """MLServer answers a fault of the model with plain text: the request counts as failed where its status is known."""
    status, *bodies = exchanged("an error")
    assert (status, bodies[1]) == (500, b"Internal Server Error")
    seen = decode_exchange(Exchange(*bodies, failure="error"))
    assert {role: error.reason for role, error in seen.refused.items()} == {"response": "syntax"}
    assert seen.batch.requests.failures == {"error": 1}


DATA = {"instances": [[5.1, 3.5]], "note": 'naïve "}{"'}
ATTRIBUTES = {
    "id": "käse 100%",
    "source": "http://localhost:9081/",
    "type": "org.kubeflow.serving.inference.request",
    "specversion": "1.0",
    "time": datetime(2026, 9, 14, 8, 1, 2, 500_000, tzinfo=UTC),
    "inferenceservicename": "iris",
    "namespace": "shop",
    "endpoint": "default",
    "component": "predictor",
}


@pytest.mark.parametrize("write", [to_binary_event, to_structured_event], ids=["binary", "structured"])
@pytest.mark.parametrize("data", [DATA, triton(as_binary=True)[0]], ids=["JSON", "bytes"])
def test_events_of_the_official_sdk(write, data):
    """Both modes give the same event: identifiers are unescaped, times read, JSON and bytes kept."""
    kind = "application/json" if isinstance(data, dict) else "application/octet-stream"
    message = write(CloudEvent(ATTRIBUTES | {"datacontenttype": kind}, data))
    headers = {name.lower(): value for name, value in message.headers.items()}
    attributes = {name: value for name, value in headers.items() if name.startswith("ce-")}
    (event,) = read_events(attributes, headers["content-type"], message.body)
    assert isinstance(event, Event)
    assert (event.id, event.kind, event.service, event.namespace) == ("käse 100%", "request", "iris", "shop")
    assert event.time == 1789372862.5
    assert (json.loads(event.data) if isinstance(data, dict) else event.data) == data
