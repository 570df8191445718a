"""Outputs that move because inputs do have no unit, and no trouble of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from driftgauge.diagnosis import diagnose
from tests.diagnosis.examples import rows, seen

ROWS = 4_000


def causes(columns):
    view, counters = seen(columns)
    return diagnose(replace(view, counters=counters)).causes


@pytest.mark.parametrize("change", [lambda x: x / 2.54, lambda x: 0 * x + 0.01], ids=["scaled", "constant"])
def test_outputs_follow_inputs_that_have_a_cause(change):
    """The input's cause names the output, which is in no cause of its own."""
    columns = rows(ROWS, 2)
    columns["amount"] = columns["amount"] * 1000
    columns["score"] = change(columns["score"])
    (found,) = causes(columns)
    assert (found.name, found.columns) == ("unit_change", (("input", "amount"),))
    assert "therefore, most likely, these outputs drift: prediction" in found.said
    assert found.figures["outputs"] == ["prediction"]


def test_probabilities_have_no_unit():
    """Nothing else has moved, and yet nobody sends a probability in inches."""
    columns = rows(ROWS, 2)
    columns["score"] = columns["score"] / 2.54
    assert [cause.name for cause in causes(columns)] == ["model_change"]


def test_an_answer_that_is_always_the_same_is_no_sensor():
    columns = rows(ROWS, 2)
    columns["score"] = 0 * columns["score"] + 0.31
    found = {cause.name: cause for cause in causes(columns)}
    assert "one_value" in found
    assert "sensor" not in found["one_value"].check
