"""What an evaluation takes of a ring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.model.sums import TRAILING, collect
from driftgauge.profile import HOUR_SECONDS, ColumnSchema, ProfileSpec, Ring, Schema
from driftgauge.sketch import CategorySpec, HistogramSpec

START = 1.7e9 // 86_400 * 86_400
SPEC = ProfileSpec(Schema.of([ColumnSchema("x", wide=True)]), HistogramSpec.plain([[0.0]]), CategorySpec((), (), ()))


@pytest.mark.parametrize("rows", [7, 3_000_000_000])
def test_blocks_of_the_past_are_exact_at_any_traffic(rows):
    """Each hour that has ended is a block of its own, also where it holds more rows than 32 bits with a sign can tell."""
    ring, one = Ring(SPEC), SPEC.of(Batch(1, inputs={"x": np.array([1.0])}))
    many = replace(one, rows=one.rows * rows, histogram=replace(one.histogram, counts=one.histogram.counts * rows))
    for hour in range(30):
        ring.add(many if hour == 20 else one, START + hour * HOUR_SECONDS)
    found = collect(ring, (), START + 30 * HOUR_SECONDS, past=True).trailing
    assert set(found) == set(TRAILING)
    hours = found["1h"].numeric[:, 0, 1]
    assert hours[:30].tolist() == [rows if hour == 20 else 1 for hour in reversed(range(30))]
    assert int(hours.sum()) == rows + 29
