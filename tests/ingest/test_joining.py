"""Batches of one form are counted as one, and nothing changes by that."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Batch, Categories, Requests, concatenate
from driftgauge.ingest import Exchange, decode_exchange
from driftgauge.ingest.joining import form_of
from driftgauge.profile import Provenance, Reference
from driftgauge.profile.codec import dumps
from tests.ingest.bodies import binary, tensor
from tests.model.examples import ready, reference

NOW = 1_790_000_040.0
VALUES = st.sampled_from([1, 2.5, None, "a", "b", True, [1, 2]])
ROWS = st.one_of(
    st.lists(st.lists(VALUES, min_size=2, max_size=2), min_size=1, max_size=3),
    st.lists(st.fixed_dictionaries({"age": VALUES, "plan": VALUES, "income": st.just(50.5)}), min_size=1, max_size=3),
)
PREDICTIONS = st.one_of(st.lists(st.sampled_from([0, 1, "yes", None, [0.25, 0.75], [2, 1.5]]), min_size=1, max_size=3))
FACTS = st.fixed_dictionaries(
    {
        "latency_seconds": st.sampled_from([None, 0.25, 2.0]),
        "timestamp": st.sampled_from([None, NOW, NOW - 90]),
        "failure": st.sampled_from([None, None, "error"]),
    }
)


def _exchange(rows, predictions, facts, tensors):
    request, response = {"instances": rows}, {"predictions": predictions}
    bodies = [json.dumps(request).encode(), json.dumps(response).encode()]
    if tensors:
        bodies[0] = binary([tensor("x", np.full((len(rows), 2), 3, np.float32))])[0]
    return Exchange(*bodies, **facts)


EXCHANGES = st.lists(st.builds(_exchange, ROWS, PREDICTIONS, FACTS, st.booleans()), min_size=1, max_size=8)


REFERENCE = reference(500)


def counted(batches):
    """Return all that a model tells after these."""
    model = ready(REFERENCE)
    for batch in batches:
        model.observe(batch, NOW)
    view = model.view(NOW)
    assert view.total is not None
    return repr(view.counters), dumps(Reference(view.total, Provenance("m", NOW)))


@settings(max_examples=60)
@given(EXCHANGES)
def test_counting_joined_batches_is_counting_each(exchanges):
    """Whatever the bodies were, the model tells the same."""
    batches = [decode_exchange(exchange).batch for exchange in exchanges]
    groups = {}
    for number, batch in enumerate(batches):
        form = form_of(batch)
        groups.setdefault(number if form is None else form, []).append(batch)
    joined = [concatenate(group) for group in groups.values()]
    assert sum(batch.rows for batch in joined) == sum(batch.rows for batch in batches)
    assert counted(joined) == counted(batches)


def test_batches_of_other_columns_or_kinds_are_told_apart():
    """A column that one of them lacks would count as missing there."""
    numbers, words = np.array([1.0]), Categories(np.array([0], np.int32), ("a",))
    batches = [Batch(1, inputs={"x": numbers}), Batch(1, inputs={"y": numbers}), Batch(1, inputs={"x": words}), Batch(1, outputs={"x": numbers}),
               Batch(1, inputs={"x": numbers}, probabilities=np.ones((1, 2))), Batch(1, inputs={"x": numbers}, probabilities=np.ones((1, 3))),
               Batch(1, inputs={"x": numbers}, failed=np.array([True])), Batch(1, inputs={"x": numbers}, timestamps=numbers)]  # fmt: skip
    assert len({form_of(batch) for batch in batches}) == len(batches)


def test_batches_without_rows_or_with_names_stay_alone():
    """What is said of requests alone is counted on its own, and so are rows that labels will name."""
    named = Categories(np.array([0], np.int32), ("id-1",))
    for batch in (Batch(0, requests=Requests(1)), Batch(1, ids=named), Batch(1, requests=Requests(1, predictions=3))):
        assert form_of(batch) is None
