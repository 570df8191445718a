"""Sketches of the last rows: no fewer than wanted, a tenth more at most, and kept over a restart."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import StateError
from driftgauge.profile import SketchCountRing
from driftgauge.sketch import MeanSpec

SPECS = {"a": MeanSpec(2), "b": MeanSpec(1)}


def ones(rows):
    return {"a": SPECS["a"].of(np.ones((rows, 2)))}


@pytest.mark.parametrize("piece", [1, 7, 30])
def test_the_last_rows_are_held(piece):
    """Whatever they come in: a hundred, a tenth of that and one piece more at most; a name that is left out adds nothing."""
    ring = SketchCountRing(SPECS, 100)
    for _ in range(500 // piece):
        ring.add(ones(piece), piece)
    held = ring.window
    assert 100 <= held["a"].rows[0] <= 100 + 10 + 2 * piece
    assert held["a"].sums.tolist() == [held["a"].rows[0]] * 2
    assert held["b"].rows[0] == 0


def test_rows_without_anything_push_others_out():
    """A hundred rows that hold nothing leave nothing."""
    ring = SketchCountRing(SPECS, 100)
    ring.add(ones(50), 50)
    for _ in range(20):
        ring.add({}, 10)
    assert ring.window["a"].rows[0] == 0


def test_a_restart_keeps_them():
    """The same window, which goes on; another layout is refused."""
    before = SketchCountRing(SPECS, 100)
    for _ in range(12):
        before.add(ones(10), 10)
    after = SketchCountRing(SPECS, 100)
    after.thaw(before.freeze())
    for ring in (before, after):
        ring.add(ones(10), 10)
    assert after.window["a"].rows[0] == before.window["a"].rows[0]
    with pytest.raises(StateError):
        SketchCountRing({"a": MeanSpec(3)}, 100).thaw(before.freeze())
