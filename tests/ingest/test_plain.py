"""Plain inferences are read together, and give what each of them would."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Categories, Mixed, concatenate
from driftgauge.ingest import Exchange, Limits, decode_exchange
from driftgauge.ingest.plain import MOST_BYTES, MOST_VALUES, plain_of, read_plain
from tests.ingest.bodies import binary, tensor

LIMITS = Limits()
NUMBERS = st.sampled_from([0, 1, 2.5, -1e-7, 0.25, 0.75, 0.9995, 1e300, 2**60, None])
ODD = st.one_of(NUMBERS, st.sampled_from(["a", True, [1], {"x": 1}]))


def _tensors(name, width, rows, values, datatype, parameters):  # noqa: PLR0917 - as it stands in a body
    flat = (values * (rows * width))[: rows * width]
    nested = [flat[at : at + width] for at in range(0, len(flat), width)]
    made = {"name": name, "shape": [rows, width], "datatype": datatype, "data": nested if rows > 1 else flat}
    return made | ({"parameters": parameters} if parameters is not None else {})


def _v1(width, rows, values, predictions):
    flat = (values * (rows * max(width, 1)))[: rows * max(width, 1)]
    instances = [flat[at : at + width] for at in range(0, len(flat), width)] if width else flat
    return Exchange(json.dumps({"instances": instances}).encode(), json.dumps({"predictions": predictions}).encode())


def _v2(inputs, outputs, more):
    return Exchange(
        json.dumps({"id": "7", "inputs": inputs}).encode(),
        json.dumps({"outputs": outputs, "model_name": "m"} | more).encode(),
    )


def _v2_binary(rows, value):
    x = np.full((rows, 2), value, np.float32)
    scores = np.tile(np.array([0.25, 0.75], np.float32), (rows, 1))
    bodies = binary([tensor("x", x)]), binary((), [tensor("y", scores), tensor("label", np.arange(rows))])
    return Exchange(*(body for body, _ in bodies))


VALUES = st.lists(NUMBERS, min_size=1, max_size=4)
ODD_VALUES = st.lists(ODD, min_size=1, max_size=4)
SIZES = {"width": st.integers(1, 2), "rows": st.integers(1, 2), "values": st.one_of(VALUES, VALUES, ODD_VALUES)}
TENSORS = st.lists(
    st.builds(_tensors, name=st.sampled_from(["x", "y", "x[0]", "driftgauge.ts", "label"]), **SIZES,
              datatype=st.sampled_from(["FP32", "FP64", "INT64", "FP16", "BOOL", "BYTES"]),
              parameters=st.sampled_from([None, {}, {"columns": ["a", "b"]}, {"content_type": "np"}, {"categories": ["a"]}])),
    min_size=1, max_size=2,
)  # fmt: skip
PREDICTIONS = st.lists(st.one_of(ODD, st.lists(NUMBERS, min_size=2, max_size=2)), min_size=1, max_size=2)
EXCHANGES = st.one_of(
    st.builds(_v1, width=st.integers(0, 3), rows=st.integers(1, 2), values=SIZES["values"], predictions=PREDICTIONS),
    st.builds(
        _v2, TENSORS, TENSORS, st.sampled_from([{}, {"parameters": {"model": "n"}}, {"more": 1}, {"model_version": 2}])
    ),
    st.builds(_v2_binary, st.integers(1, 2), st.sampled_from([1.5, np.nan])),
    st.builds(Exchange, st.binary(max_size=20), st.binary(max_size=20)),
)


def told(batch):
    """Return all that a batch says, as plain values."""
    columns = {(role, name): _values(column) for role, name, column in batch.columns}
    matrices = [None if matrix is None else repr(matrix.tolist()) for matrix in (batch.probabilities, batch.logits)]
    requests = batch.requests.count, batch.requests.latencies.tolist(), dict(batch.requests.failures)
    return (
        batch.rows,
        columns,
        matrices,
        requests,
        dict(batch.violations),
        batch.failed,
        batch.timestamps,
        batch.ids,
        batch.report,
    )


def _values(column):
    if isinstance(column, Mixed):
        return _values(column.numbers), _values(column.categories)
    if isinstance(column, Categories):
        return [(*column.vocabulary, None)[code] for code in column.codes.tolist()]
    return column.dtype.str, repr(column.tolist())  # NaN equals nothing, its text does


@settings(max_examples=100)
@given(st.lists(EXCHANGES, min_size=1, max_size=6), st.sampled_from([None, "y"]))
def test_plain_inferences_read_together_are_what_each_is(exchanges, output):
    """Whatever the bodies hold, what is read together is what is read one by one and joined."""
    groups = {}
    for exchange in exchanges + exchanges:
        plain = plain_of(exchange, LIMITS)
        if plain is not None:
            groups.setdefault(plain.form, []).append(plain)
    for plains in groups.values():
        batch = read_plain(plains, prediction_output=output)
        each = [decode_exchange(plain.exchange, prediction_output=output) for plain in plains]
        if batch is None:
            assert any(seen.refused or seen.batch.violations for seen in each)
            continue
        assert not any(seen.refused for seen in each)
        assert told(batch) == told(concatenate([seen.batch for seen in each]))


@pytest.mark.parametrize(
    "exchange",
    [_v1(2, 1, [1.5, 2], [1]), _v1(0, 2, [1.5], [1, 0]), _v1(3, 1, [1], [[0.25, 0.75]]), _v2_binary(1, 1.5),
     _v2([_tensors("x", 2, 1, [1.5], "FP32", None)], [_tensors("y", 2, 1, [0.25, 0.75], "FP64", {})], {}),
     Exchange(b'{"instances": [[1, 2]]}', None)],
    ids=["v1", "v1 of single values", "v1 with scores", "v2 binary", "v2", "a request alone"],
)  # fmt: skip
def test_what_model_servers_usually_say_is_plain(exchange):
    """The law above holds for nothing where nothing is plain."""
    plain = plain_of(exchange, LIMITS)
    assert plain is not None
    batch = read_plain([plain] * 3)
    assert batch is not None
    assert batch.requests.count == 3
    assert batch.rows == 3 * plain.request.rows


def test_latencies_are_those_that_are_known():
    """A duration that is not known, or goes back, is none."""
    plains = [
        plain_of(Exchange(b'{"instances": [1]}', b'{"predictions": [1]}', latency_seconds=seconds), LIMITS)
        for seconds in (0.25, None, float("nan"), -1.0, 2.0)
    ]
    batch = read_plain(plains)
    assert (batch.requests.count, batch.requests.latencies.tolist()) == (5, [0.25, 2.0])


def test_what_is_over_a_limit_is_left_to_the_reader_that_refuses_it():
    """So are bodies that are large enough to be read by themselves."""
    three = _v1(2, 3, [1], [1, 1, 1])
    assert plain_of(three, LIMITS) is not None
    for limits in (Limits(rows=2), Limits(columns=1), Limits(body_bytes=10)):
        assert plain_of(three, limits) is None
    assert plain_of(_v1(0, MOST_VALUES + 1, [1], [1] * (MOST_VALUES + 1)), LIMITS) is None
    assert plain_of(Exchange(b'{"instances": [1]' + b" " * MOST_BYTES + b"}"), LIMITS) is None


@pytest.mark.parametrize("facts", [{"failure": "error"}, {"timestamp": 1.0}])
def test_failures_and_event_times_are_read_one_by_one(facts):
    """They are facts of the rows of one inference."""
    assert plain_of(Exchange(b'{"instances": [1]}', b'{"predictions": [1]}', **facts), LIMITS) is None
