"""e-CUSUM bets: golden values, and what is never bet on."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from driftgauge.drift.e_cusum import log_bet, smoothed, tolerance

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden_vectors.json").read_text())["e_cusum"]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{len(case['slots'])} slots")
def test_golden_sequences(case):
    """Slot by slot the running evidence is the golden one."""
    reference = np.array(case["counts_ref"])
    shares = smoothed(reference, np.ones(len(reference), dtype=bool))
    past, total = np.zeros((1, len(reference))), 0.0
    for slot, expected in zip(case["slots"], case["log_e"], strict=True):
        total = max(total, 0.0) + float(log_bet(shares, past, np.array(slot), np.array(case["tolerance"]))[0])
        past = past * (1 - 1 / case["horizon"]) + slot
        assert total == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_tolerance_holds_the_noise_of_the_reference():
    """Half of the warning threshold, or more where the reference is small; bins that a column does not have do not count."""
    valid = np.array([[True, True, True, True], [True, True, False, False]])
    found = tolerance(np.array([[100, 100, 100, 100], [100_000, 1, 0, 0]]), valid, 0.1)
    assert found[0] == pytest.approx(1.5 * math.sqrt(3 / (8 * math.log(2) * 400)))
    assert found[1] == 0.05


def test_within_the_tolerance_nothing_is_bet():
    """However many rows come, a small difference wins nothing."""
    shares = smoothed(np.array([5_000, 5_000]), np.ones(2, dtype=bool))
    past = np.array([[5_100.0, 4_900.0]])
    assert log_bet(shares, past, np.array([51_000, 49_000]), np.array(0.05))[0] == pytest.approx(0, abs=1e-9)


def test_bins_that_a_column_does_not_have():
    """Padding has no share and changes no bet."""
    wide = smoothed(np.array([50, 50, 0, 0]), np.array([True, True, False, False]))
    assert wide.tolist() == [0.5, 0.5, 0.0, 0.0]
    narrow = smoothed(np.array([50, 50]), np.ones(2, dtype=bool))
    left = log_bet(wide, np.array([[90.0, 10.0, 0, 0]]), np.array([9, 1, 0, 0]), np.array(0.05))
    assert left == pytest.approx(log_bet(narrow, np.array([[90.0, 10.0]]), np.array([9, 1]), np.array(0.05)))
