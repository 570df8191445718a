"""Requests and responses that were seen from outside become one batch."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from driftgauge.ingest import Exchange, Limits, decode_exchange
from tests.ingest.bodies import binary, tensor


def observed(request=None, response=None, **facts):
    """Decode an exchange of values to be sent as JSON, or of bytes."""
    bodies = (
        value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
        for value in (request, response)
    )
    return decode_exchange(Exchange(*bodies, **facts))


def floats(batch, *names):
    return {name: (batch.inputs | batch.outputs)[name].tolist() for name in names}


def test_v1_rows_become_columns_and_the_prediction():
    """Rows of numbers become numbered columns, single predictions the prediction."""
    seen = observed({"instances": [[1, 2.5], [3, None]]}, {"predictions": [7, 8]}, latency_seconds=0.25)
    assert seen.batch.rows == 2
    assert floats(seen.batch, "instances[0]", "prediction") == {"instances[0]": [1, 3], "prediction": [7, 8]}
    assert np.isnan(seen.batch.inputs["instances[1]"][1])
    assert seen.batch.requests.count == 1
    assert seen.batch.requests.latencies.tolist() == [0.25]
    assert not seen.refused


def test_v1_objects_become_columns_by_name_and_vectors_by_number():
    """An object's keys are columns; lists of numbers in them are vectors; texts are categories."""
    request = {"instances": [{"age": 41, "plan": "a", "e": [1, 2]}, {"age": 37, "plan": "b", "e": [3, 4]}]}
    batch = observed(request, {"predictions": [{"label": "yes"}, {"label": "no"}]}).batch
    assert floats(batch, "age", "e[0]", "e[1]") == {"age": [41, 37], "e[0]": [1, 3], "e[1]": [2, 4]}
    assert batch.inputs["plan"].vocabulary == ("a", "b")
    assert batch.outputs["prediction"].vocabulary == ("yes", "no")


def test_v1_rows_may_mix_numbers_and_texts():
    """A row of a table is a list of numbers and texts: each position is a column of its own kind."""
    batch = observed({"instances": [[41, "basic"], [37, "pro"]]}, {"predictions": ["no", "no"]}).batch
    assert floats(batch, "instances[0]") == {"instances[0]": [41, 37]}
    assert batch.inputs["instances[1]"].vocabulary == ("basic", "pro")


@pytest.mark.parametrize(
    ("predictions", "field"),
    [
        ([[0.25, 0.75], [0.5, 0.5]], "probabilities"),
        ([[2.5, -1.0], [0.5, 0.25]], "logits"),
        ([{"scores": [0.25, 0.75]}, {"scores": [0.5, 0.5]}], "probabilities"),
    ],
    ids=["rows that sum to one", "other fractions", "under a name"],
)
def test_v1_vectors_of_fractions_are_class_scores(predictions, field):
    """Vectors of fractions follow the rule that outputs of tensors follow."""
    batch = observed({"instances": [1, 2]}, {"predictions": predictions}).batch
    assert getattr(batch, field).shape == (2, 2)
    assert "prediction" not in batch.outputs


def test_v1_vectors_of_whole_numbers_are_columns():
    """Several whole numbers a row are outputs of their own."""
    batch = observed(None, {"predictions": [[1, 2], [3, 4]]}).batch
    assert floats(batch, "predictions[0]", "predictions[1]") == {"predictions[0]": [1, 3], "predictions[1]": [2, 4]}


def test_the_column_form_of_tensorflow_is_read():
    """`inputs` and `outputs` as objects of lists hold columns."""
    batch = observed({"inputs": {"x": [[1, 2], [3, 4]], "y": [5, 6]}}, {"outputs": [[0.5], [0.25]]}).batch
    assert floats(batch, "x[1]", "y", "prediction") == {"x[1]": [2, 4], "y": [5, 6], "prediction": [0.5, 0.25]}


def test_images_are_counted_as_rows_without_values():
    """Tensors of higher rank say that rows were there."""
    batch = observed({"instances": [[[1, 2], [3, 4]]]}, {"predictions": [1]}).batch
    assert batch.rows == 1
    assert not batch.inputs
    assert batch.violations == {("instances", "unsupported_rank"): 1}


def test_a_row_of_another_length_is_missing():
    """One row that is too short costs only itself."""
    batch = observed({"instances": [[1, 2], [3], [5, 6]]}).batch
    assert batch.inputs["instances[1]"].tolist() == pytest.approx([2, np.nan, 6], nan_ok=True)
    assert batch.violations == {("instances", "wrong_shape"): 1}


V2_REQUEST = {"id": "1", "inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}],
              "outputs": [{"name": "y", "parameters": {"binary_data": False}}]}  # fmt: skip
V2_RESPONSE = {
    "model_name": "iris",
    "model_version": "3",
    "outputs": [{"name": "y", "shape": [2], "datatype": "INT64", "data": [0, 1]}],
}


def test_v2_json_is_read_and_names_the_model():
    """The inputs come from the request, the outputs and the model's name from the response."""
    seen = observed(V2_REQUEST, V2_RESPONSE)
    assert floats(seen.batch, "x[0]", "prediction") == {"x[0]": [1, 3], "prediction": [0, 1]}
    assert (seen.model, seen.version) == ("iris", "3")


BINARY_REQUEST, LENGTH = binary([tensor('x"}{\\', np.array([[1.5], [2.5]], np.float32)), tensor("city", ["}}", '"'])])
BINARY_RESPONSE, RESPONSE_LENGTH = binary((), [tensor("y", np.array([4, 5], np.int64))], model_name="iris")


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "given"])
def test_binary_tensors_are_read_without_the_length_of_their_header(lost):
    """Where the header was lost, the JSON's end is found."""
    lengths = {} if lost else {"request_header_length": int(LENGTH), "response_header_length": int(RESPONSE_LENGTH)}
    batch = observed(BINARY_REQUEST, BINARY_RESPONSE, **lengths).batch
    assert floats(batch, 'x"}{\\', "prediction") == {'x"}{\\': [1.5, 2.5], "prediction": [4, 5]}
    assert batch.inputs["city"].vocabulary == ("}}", '"')


def test_a_binary_request_may_have_a_json_response_and_the_other_way_round():
    """Each body tells by itself what it is."""
    assert floats(observed(BINARY_REQUEST, V2_RESPONSE).batch, "prediction") == {"prediction": [0, 1]}
    assert floats(observed(V2_REQUEST, BINARY_RESPONSE).batch, "prediction") == {"prediction": [4, 5]}


def test_gzip_bodies_are_unpacked():
    """A client may have compressed its request, a server its response."""
    assert observed(gzip.compress(BINARY_REQUEST), gzip.compress(BINARY_RESPONSE)).batch.rows == 2


@pytest.mark.parametrize("changed", [BINARY_REQUEST + b"\x01", BINARY_REQUEST[:-1]], ids=["longer", "shorter"])
def test_a_binary_part_of_another_size_is_refused(changed):
    """The sizes of the tensors must add up to what follows the JSON."""
    seen = observed(changed, BINARY_RESPONSE)
    assert {role: error.reason for role, error in seen.refused.items()} == {"request": "tensor_size"}
    assert floats(seen.batch, "prediction") == {"prediction": [4, 5]}


def test_an_impossible_header_length_is_refused():
    """A length beyond the body's end is a mistake of the sender's."""
    assert observed(BINARY_REQUEST, request_header_length=10**6).refused["request"].reason == "header_length"


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "empty"), (b"{", "syntax"), ([1], "structure"), ({"a": 1}, "structure"), ({"instances": []}, "empty"),
     ({"instances": 7}, "structure"), ({"inputs": [1]}, "structure"), (b"\x1f\x8b\x00", "compression"),
     (b"\xff" * 9, "syntax"), ({"instances": [1] * 200_000}, "too_large")],
    ids=["nothing", "cut off", "a list", "something else", "no rows", "no list", "no tensor", "no gzip", "no text", "too many"],
)  # fmt: skip
def test_a_request_that_cannot_be_used_is_refused_by_its_reason_alone(body, reason):
    """The response and the measured facts count all the same."""
    seen = observed(body, {"predictions": [1]}, latency_seconds=0.5)
    assert {role: error.reason for role, error in seen.refused.items()} == {"request": reason}
    assert floats(seen.batch, "prediction") == {"prediction": [1]}
    assert (seen.batch.requests.count, seen.batch.requests.latencies.tolist()) == (1, [0.5])


def test_without_any_body_the_request_counts():
    """Nothing but a latency and a failure is known of some requests."""
    batch = observed(None, None, latency_seconds=2.0, failure="timeout").batch
    assert (batch.rows, batch.requests.count, batch.requests.failures) == (0, 1, {"timeout": 1})


@pytest.mark.parametrize("error", [{"error": "no such model"}, {"error": {"code": 3}}], ids=["text", "object"])
def test_an_error_body_is_a_failure_whose_inputs_count(error):
    """A response that says `error` has no outputs; the rows of its request failed."""
    batch = observed({"instances": [[1, 2]]}, error).batch
    assert batch.requests.failures == {"error": 1}
    assert batch.failed.tolist() == [True]
    assert not batch.outputs


def test_a_failure_that_was_measured_leaves_the_outputs_out():
    """Whatever stands in the response of a failed request, it is no output."""
    batch = observed({"instances": [[1, 2]]}, {"predictions": [1]}, failure="overloaded").batch
    assert (batch.requests.failures, dict(batch.outputs)) == ({"overloaded": 1}, {})


def test_outputs_of_another_number_of_rows_are_left_out_and_counted():
    """A model that aggregates its rows has no output for each of them."""
    batch = observed({"instances": [[1], [2], [3]]}, {"predictions": [6]}).batch
    assert (batch.rows, dict(batch.outputs)) == (3, {})
    assert batch.violations == {("prediction", "wrong_shape"): 1}


def test_a_response_alone_has_outputs_without_inputs():
    """A logger that logs responses only is enough for the drift of predictions."""
    batch = observed(None, {"predictions": [1, 2, 3]}).batch
    assert (batch.rows, dict(batch.inputs)) == (3, {})


def test_the_event_time_is_that_of_every_row():
    """The time of the request is the time of its rows."""
    assert observed({"instances": [1, 2]}, timestamp=5.0).batch.timestamps.tolist() == [5.0, 5.0]


def test_a_body_over_the_limit_is_refused():
    """The limits hold for each body."""
    exchange = Exchange(json.dumps({"instances": [1] * 100}).encode(), b'{"predictions": [1]}')
    seen = decode_exchange(exchange, limits=Limits(body_bytes=50))
    assert (seen.refused["request"].reason, seen.batch.rows) == ("too_large", 1)


def test_an_unknown_failure_is_a_mistake():
    """Reasons are labels, so they are a fixed set."""
    with pytest.raises(ValueError, match="on fire"):
        Exchange(failure="on fire")
