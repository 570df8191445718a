"""Whatever a body claims of its tensors, and whatever the settings say of them, it gives rows or a refusal."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.errors import REASONS, DecodeError
from driftgauge.ingest import Exchange, decode, decode_exchange
from driftgauge.tensor_settings import TensorSettings
from driftgauge.tensors import TensorReducer

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)
NAMES = ("a", "b", "c")
TYPES = ("FP16", "BF16", "FP32", "FP64", "UINT8", "INT8", "INT64", "BOOL", "BYTES", "FP8")

shapes = st.lists(st.sampled_from([-1, 0, 1, 2, 3, 4, 8, 9, 16]), max_size=6)
of_positions = {
    "mask": st.sampled_from(["", *NAMES]),
    "labels": st.sampled_from(["", *NAMES]),
    "ignore_index": st.integers(-100, 1),
}
of_images = {
    "layout": st.sampled_from(["", "channels_first", "channels_last", "none"]),
    "batched": st.booleans(),
    "field": st.sampled_from(["", "f"]),
}
said = st.one_of(
    st.builds(TensorSettings, kind=st.sampled_from(["", "image"]), **of_images),
    st.builds(
        TensorSettings,
        kind=st.sampled_from(["logits", "probabilities"]),
        class_axis=st.sampled_from([-3, -1, 1, 2, 9]),
        **of_positions,
    ),
    st.builds(TensorSettings, kind=st.just("embedding"), pooling=st.sampled_from(["mean", "cls"]), **of_positions),
    st.builds(TensorSettings, kind=st.just("token_ids"), **of_positions),
)
plans = st.dictionaries(st.sampled_from(NAMES), said, max_size=3)
numbers = st.lists(st.integers(-5, 300) | st.floats() | st.none() | st.just("x"), max_size=4)


@st.composite
def bodies(draw, role="inputs"):
    """Make the tensors of one role, binary ones of the promised size or not, and JSON."""
    tensors, parts = [], []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        shape, datatype = draw(shapes), draw(st.sampled_from(TYPES))
        tensor = {"name": name, "shape": shape, "datatype": datatype}
        size = int(np.prod(np.maximum(shape, 0))) if len(shape) < 6 else 0
        if draw(st.booleans()) and size <= 4_096:
            width = {"FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8, "INT64": 8}.get(datatype, 1)
            raw = np.random.default_rng(draw(st.integers(0, 99))).bytes(
                size * width + draw(st.sampled_from([0, 0, 0, 1]))
            )
            tensor["parameters"] = {"binary_data_size": len(raw)}
            parts.append(raw)
        else:
            given = draw(numbers)
            tensor["data"] = (given * (size // len(given) + 1))[:size] if given and size <= 4_096 else given
        tensors.append(tensor)
    head = json.dumps({role: tensors}).encode()
    return head + b"".join(parts), str(len(head))


def outcome(body, plan):
    content, length = body
    reducer = TensorReducer(plan)
    try:
        return decode(content, content_type="application/octet-stream", header_length=length, reducer=reducer)
    except DecodeError as error:
        return error


@FUZZ
@given(bodies(), plans)
def test_a_body_is_decoded_or_refused(body, plan):
    """Every column has the batch's rows; what is left out has a reason."""
    found = outcome(body, plan)
    if isinstance(found, DecodeError):
        assert found.reason in REASONS
        return
    batch = found.batch
    assert all(len(column) == batch.rows for _, _, column in batch.columns)
    assert all(len(matrix) == batch.rows for matrix in (*batch.vectors.values(), *batch.tokens.values()))
    assert all(count > 0 for count in (*batch.violations.values(), *batch.requests.tensor_rows.values()))
    batch.take(np.zeros(batch.rows, dtype=bool))


@FUZZ
@given(bodies(), bodies("outputs"), plans)
def test_an_inference_raises_nothing(sent, answered, plan):
    """Masks of one body and scores of the other may be anything."""
    exchange = Exchange(
        sent[0], answered[0], request_header_length=int(sent[1]), response_header_length=int(answered[1])
    )
    seen = decode_exchange(exchange, reducer=TensorReducer(plan))
    assert all(len(column) == seen.batch.rows for _, _, column in seen.batch.columns)
