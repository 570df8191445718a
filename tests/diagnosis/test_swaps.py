"""Columns that changed places are told as a pair; columns that moved in other ways are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.diagnosis import diagnose
from tests.diagnosis.examples import rows, seen

ROWS = 4_000


def causes(columns):
    view, counters = seen(columns)
    return diagnose(replace(view, counters=counters)).causes


@pytest.mark.parametrize("share", [1.0, 0.5])
@pytest.mark.parametrize("pair", [("celsius", "balance"), ("amount", "celsius")], ids="-".join)
def test_two_columns_that_changed_places_are_one_cause(pair, share):
    """Both names, and the share of the rows; neither has another cause beside it."""
    columns, (first, second) = rows(ROWS, 2), pair
    swapped = np.arange(ROWS) < share * ROWS
    columns[first], columns[second] = (
        np.where(swapped, columns[second], columns[first]),
        np.where(swapped, columns[first], columns[second]),
    )
    (found,) = causes(columns)
    assert found.name == "swapped_columns"
    assert {name for _, name in found.columns} == set(pair)
    assert found.figures["share"] == pytest.approx(share, abs=0.1)


def test_columns_that_both_moved_are_no_pair():
    """One has the values of the other, the other something else."""
    columns = rows(ROWS, 2)
    columns["celsius"], columns["balance"] = columns["balance"], columns["balance"] * 1000
    assert "swapped_columns" not in {cause.name for cause in causes(columns)}
