"""The last N rows."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.profile import ColumnSchema, CountRing, ProfileSpec, Schema
from driftgauge.sketch import CategorySpec, HistogramSpec

SPEC = ProfileSpec(
    Schema.of([ColumnSchema("x")]), HistogramSpec.plain([[0.0, 1.0]], narrow=1), CategorySpec((), (), ())
)
START = 1_800_057_600.0  # a midnight


def add(ring: CountRing, values: list[float], time: float) -> None:
    ring.add(SPEC.of(Batch(len(values), inputs={"x": np.array(values)})), time)


@pytest.mark.parametrize("piece", [1, 7, 10, 33, 100])
def test_it_holds_the_last_rows_and_at_most_a_tenth_more(piece: int):
    """Whatever the size of the pieces: the wanted rows, a tenth more, and what came with the oldest of them."""
    ring = CountRing(SPEC, 100)
    for number in range(600 // piece):
        add(ring, [0.5] * piece, START + number)
        rows = int(ring.window.rows[0])
        assert min((number + 1) * piece, 100) <= rows < 100 + 10 + 2 * piece


def test_old_rows_leave():
    """After N new rows nothing of the old ones is left, but for a slot."""
    ring = CountRing(SPEC, 100)
    for number in range(20):
        add(ring, [-1.0] * 10, START + number)
    for number in range(11):
        add(ring, [2.0] * 10, START + 100 + number)
    assert ring.window.histogram.counts[0, :3].tolist() == [0, 0, 110 if ring.window.rows[0] == 110 else 100]


def test_memory_is_bounded():
    """Eleven profiles, however the rows come."""
    ring = CountRing(SPEC, 500)
    for number in range(2_000):
        add(ring, [0.5], START + number)
    assert len(ring._slots) <= 11


def test_coverage_is_the_share_of_the_wanted_rows():
    """From nothing to full, and no further."""
    ring = CountRing(SPEC, 100)
    assert ring.coverage == 0.0
    add(ring, [0.5] * 40, START)
    assert ring.coverage == pytest.approx(0.4)
    add(ring, [0.5] * 400, START)
    assert ring.coverage == 1.0


def test_the_hours_of_day_and_the_span_are_those_of_the_rows():
    """Rows of midnight and of six o'clock, asked for at seven."""
    ring = CountRing(SPEC, 100)
    assert ring.span(START) == 0.0
    add(ring, [0.5] * 30, START)
    add(ring, [0.5] * 10, START + 6 * 3_600)
    assert ring.hours[[0, 6]].tolist() == [0.75, 0.25]
    assert ring.hours.sum() == 1.0
    assert ring.span(START + 7 * 3_600) == 7 * 3_600


def test_a_window_of_nothing_is_empty():
    """No rows, no hours, no error."""
    ring = CountRing(SPEC, 100)
    assert ring.window.rows.tolist() == [0]
    assert ring.hours.sum() == 0.0


def test_reading_changes_nothing():
    """A window that was handed out stays as it was when more rows come, and asking does not change the ring."""
    ring = CountRing(SPEC, 100)
    add(ring, [0.5] * 5, START)
    held = ring.window
    add(ring, [0.5] * 5, START)
    assert held.rows.tolist() == [5]
    assert ring.window.rows.tolist() == [10]
