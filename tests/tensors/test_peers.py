"""Pictures and sequences as Triton's client writes them."""

from __future__ import annotations

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput

from driftgauge.client.pictures import Pictures
from driftgauge.derive import confidence_of
from driftgauge.ingest import Exchange, decode_exchange
from tests.tensors.bodies import binary, reducer, tensor

RNG = np.random.default_rng(3)
PICTURES = {
    "FP32": RNG.random((2, 3, 16, 16)).astype(np.float32),
    "FP16": RNG.random((2, 3, 16, 16)).astype(np.float16),
    "FP64": RNG.random((2, 16, 16, 3)),
    "UINT8": RNG.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8),
}


def written(tensors, *, as_binary):
    """Return a request of the official client."""
    inputs = []
    for name, (datatype, values) in tensors.items():
        inputs.append(InferInput(name, list(values.shape), datatype))
        inputs[-1].set_data_from_numpy(values, binary_data=as_binary)
    body, _ = InferenceServerClient.generate_request_body(inputs)
    return body.encode() if isinstance(body, str) else body


@pytest.mark.parametrize(
    ("datatype", "as_binary"),
    [*((datatype, True) for datatype in PICTURES), ("FP32", False), ("FP64", False), ("UINT8", False)],
)
def test_pictures_of_tritons_client(datatype, as_binary):
    """Every type of pixels it can send, binary and as JSON, gives what the same array gives in our client."""
    values = PICTURES[datatype]
    seen = decode_exchange(Exchange(written({"x": (datatype, values)}, as_binary=as_binary)), reducer=reducer())
    assert (seen.refused, seen.batch.violations) == ({}, {})
    for name, column in Pictures(values).columns("x"):
        np.testing.assert_array_equal(seen.batch.inputs[name], column)


@pytest.mark.parametrize("as_binary", [True, False], ids=["binary", "JSON"])
def test_a_token_classifier_behind_triton(as_binary):
    """Token numbers and a mask in the request, scores of every token in the response."""
    ids, mask = RNG.integers(1, 30_000, (2, 8)), np.array([[1] * 8, [1] * 3 + [0] * 5])
    request = written({"input_ids": ("INT64", ids), "attention_mask": ("INT64", mask)}, as_binary=as_binary)
    scores = RNG.normal(size=(2, 8, 9)).astype(np.float32)
    response, _ = binary((), [tensor("logits", scores)])
    said = {
        "input_ids": {"kind": "token_ids", "mask": "attention_mask", "field": "text"},
        "logits": {"kind": "logits", "mask": "attention_mask"},
    }
    batch = decode_exchange(Exchange(request, response), reducer=reducer(said)).batch
    assert {name: column.tolist() for name, column in batch.inputs.items() if "length" in name} == {
        "text.length": [8.0, 3.0]
    }
    expected = confidence_of(scores, logits=True, labels=np.where(mask == 1, 0, -100))
    for name, column in expected.items():
        np.testing.assert_array_equal(batch.outputs[name], column)
