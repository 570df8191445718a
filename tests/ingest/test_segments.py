"""Segments as senders say them, in every form of body."""

from __future__ import annotations

import numpy as np

from driftgauge.ingest.segments import MOST_FIELDS
from tests.ingest.bodies import decode_binary, decode_json, tensor


def words(batch, field):
    column = batch.segments[field]
    return [None if code < 0 else column.vocabulary[code] for code in column.codes.tolist()]


def test_observations_name_their_segment():
    """Words and numbers are segments, each field on its own; a row may have none."""
    batch = decode_json(
        [
            {"prediction": 1, "segment": {"country": "de", "tenant": 7}},
            {"prediction": 0, "segment": {"country": "fr", "tenant": 7.0}},
            {"prediction": 0},
            {"prediction": 0, "segment": {"tenant": True, "country": None}},
        ]
    ).batch
    assert words(batch, "country") == ["de", "fr", None, None]
    assert words(batch, "tenant") == ["7", "7", None, "true"]
    assert batch.violations == {}


def test_columns_and_tensors_say_the_same():
    """Lists of values in the compact form, reserved tensors in the protocol's; one value stands for all rows."""
    batch = decode_json({"columns": {"x": [1, 2]}, "segment": {"country": ["de", "fr"]}}).batch
    assert words(batch, "country") == ["de", "fr"]
    batch = decode_binary(
        [
            tensor("x", np.zeros((3, 2), np.float32)),
            tensor("driftgauge.segment.country", ["de", "fr", "de"]),
            tensor("driftgauge.segment.tenant", np.array([7], np.int32)),
        ]
    ).batch
    assert words(batch, "country") == ["de", "fr", "de"]
    assert words(batch, "tenant") == ["7", "7", "7"]
    assert set(batch.inputs) == {"x[0]", "x[1]"}
    assert batch.take(np.array([False, True, True])).segments["country"].codes.tolist() == [1, 0]


def test_what_is_no_segment_is_left_out_and_counted():
    """Lists, objects and a segment that is no object cost the segment, never the row."""
    found = decode_json([{"prediction": 1, "segment": "de"}, {"prediction": 1, "segment": {"country": [1], "a": {}}}])
    assert found.accepted == 2
    assert words(found.batch, "country") == [None, None]
    assert found.batch.violations == {
        ("segment", "wrong_type"): 1,
        ("segment.country", "wrong_type"): 1,
        ("segment.a", "wrong_type"): 1,
    }


def test_fields_are_bounded():
    """A body with many fields keeps the first ones."""
    batch = decode_json({"prediction": 1, "segment": {f"f{n}": "x" for n in range(MOST_FIELDS + 2)}}).batch
    assert len(batch.segments) == MOST_FIELDS
    assert sum(batch.violations.values()) == 2
