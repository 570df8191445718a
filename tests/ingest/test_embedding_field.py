"""The field `embedding`: a vector of each row, in every format."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ingest.bodies import decode_binary, decode_json, tensor

VECTORS = [[0.5, -1.0, 2.0], [1.5, 0.0, 0.25]]


def test_observations():
    """A vector a row; a row may have nothing else, and rows without one or with another width have none."""
    rows = [{"embedding": row, "features": {"x": 1}} for row in VECTORS]
    assert decode_json(rows).batch.vectors["embedding"].tolist() == VECTORS
    found = decode_json([*rows, {"features": {"x": 2}}, {"features": {"x": 2}, "embedding": [1.0]}]).batch
    assert np.isnan(found.vectors["embedding"][2:]).all()
    assert found.violations["embedding", "wrong_type"] == 1
    assert decode_json([{"embedding": VECTORS[0]}]).batch.vectors["embedding"].tolist() == VECTORS[:1]


@pytest.mark.parametrize("given", ["text", {"a": 1}, ["a", "b", "c"], [], 4])
def test_what_is_no_vector_is_counted(given):
    """The row stays without it."""
    found = decode_json([{"features": {"x": 1}, "embedding": given}]).batch
    assert not found.vectors
    assert found.violations["embedding", "wrong_type"] == 1


def test_columns():
    """In the compact form it is a list of vectors."""
    found = decode_json({"columns": {"x": [1, 2]}, "embedding": VECTORS}).batch
    assert found.vectors["embedding"].tolist() == VECTORS


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_a_reserved_tensor(dtype):
    """`driftgauge.embedding` is a matrix, and no column."""
    matrix = np.array(VECTORS, dtype=dtype)
    found = decode_binary([tensor("x", np.ones((2, 1), dtype="float32")), tensor("driftgauge.embedding", matrix)]).batch
    assert found.vectors["embedding"].tolist() == matrix.tolist()
    assert set(found.inputs) == {"x"}
    assert not found.violations


@pytest.mark.parametrize("shape", [(2, 1), (1, 6), (2,)])
def test_a_reserved_tensor_of_another_shape(shape):
    """It has a row for each row of the body and two numbers or more, or is counted as of the wrong shape."""
    matrix = np.ones(shape, dtype="float32")
    found = decode_binary([tensor("x", np.ones((2, 1), dtype="float32")), tensor("driftgauge.embedding", matrix)]).batch
    assert not found.vectors
    assert found.violations["driftgauge.embedding", "wrong_shape"] == 1
