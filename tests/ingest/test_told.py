"""What senders of the native API say of generations."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Categories
from tests.ingest.bodies import decode_binary, decode_json, tensor

ROWS = [
    {
        "features": {"length": 3},
        "tokens_in": 10,
        "tokens_out": 5,
        "ttft_s": 0.2,
        "latency_s": 1.0,
        "finish_reason": "stop",
    },
    {"tokens_in": 20, "tokens_out": 1, "ttft_s": 0.1, "latency_s": 0.5, "finish_reason": "max_tokens"},
    {"tokens_out": 3, "finish_reason": "bored"},
]
COLUMNS = {
    "columns": {"length": [3, None, None]},
    "tokens_in": [10, 20, None],
    "tokens_out": [5, 1, 3],
    "ttft_s": [0.2, 0.1, None],
    "latency_s": [1.0, 0.5, None],
    "finish_reason": ["stop", "max_tokens", "bored"],
}


@pytest.mark.parametrize("body", [ROWS, COLUMNS], ids=["rows", "columns"])
def test_fields_become_columns_and_counts(body):
    """Both JSON forms give the columns and counts that an observed call gives."""
    batch = decode_json(body).batch
    generations = batch.requests.generations
    np.testing.assert_array_equal(batch.inputs["llm.prompt_tokens"], [10, 20, np.nan])
    np.testing.assert_array_equal(batch.outputs["llm.completion_tokens"], [5, 1, 3])
    np.testing.assert_array_equal(batch.outputs["llm.time_to_first_token_seconds"], [0.2, 0.1, np.nan])
    np.testing.assert_allclose(batch.outputs["llm.time_per_output_token_seconds"], [0.2, np.nan, np.nan])
    assert batch.outputs["llm.finish_reason"].vocabulary == ("stop", "length", "other")
    assert generations.tokens == {"prompt": 30, "completion": 9}
    assert generations.finish_reasons == {"stop": 1, "length": 1, "other": 1}
    assert generations.first_token_seconds.tolist() == [0.2, 0.1]
    assert generations.output_token_seconds == pytest.approx([0.2])
    assert batch.violations == {}


def test_tensors_tell_the_same():
    """Reserved names of the Open Inference Protocol stand for the same facts; of one for all rows nothing is told."""
    facts = [tensor("driftgauge.tokens_out", np.array([5, 1])), tensor("driftgauge.finish_reason", ["stop", "length"])]
    batch = decode_binary(
        [tensor("x", np.ones(2, np.float32)), *facts, tensor("driftgauge.ttft_s", np.array([0.5]))]
    ).batch
    assert batch.outputs["llm.completion_tokens"].tolist() == [5.0, 1.0]
    assert isinstance(batch.outputs["llm.finish_reason"], Categories)
    assert batch.requests.generations.tokens == {"completion": 6}
    assert batch.violations == {("driftgauge.ttft_s", "wrong_shape"): 1}


def test_values_that_cannot_be_are_counted():
    batch = decode_json([{"tokens_out": -1}, {"tokens_out": "many"}, {"tokens_out": 2}]).batch
    np.testing.assert_array_equal(batch.outputs["llm.completion_tokens"], [np.nan, np.nan, 2])
    assert batch.violations == {("tokens_out", "wrong_type"): 2}
    assert batch.requests.generations.tokens == {"completion": 2}


def test_a_failed_row_has_no_outputs_but_spent_its_tokens():
    batch = decode_json([{"features": {"a": 1}, "tokens_out": 7, "status": "timeout"}]).batch
    assert np.isnan(batch.outputs["llm.completion_tokens"]).all()
    assert batch.requests.generations.tokens == {"completion": 7}


def test_who_says_nothing_has_no_generations():
    assert decode_json([{"prediction": 1}]).batch.requests.generations is None
