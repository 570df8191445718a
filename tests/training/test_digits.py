"""Shifts of real digits show in the softmax outputs of a classifier (BBSDs); no shift does not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.failing_loudly import LEVEL, Shift, Study


@pytest.fixture(scope="module")
def study():
    return Study.prepare()


@pytest.mark.parametrize(
    ("shift", "size", "least"),
    [
        (Shift("noise", 6.0), 100, 1.0),
        (Shift("rotation", 30.0), 100, 1.0),
        (Shift("pixel shift", 1.5), 50, 1.0),
        (Shift("class imbalance", 1.0), 500, 1.0),
        (Shift("rotation", 60.0, 0.5), 100, 0.8),
    ],
    ids=["noise", "rotation", "pixel shift", "class imbalance", "half of the rows"],
)
def test_shifts_are_detected(study, shift, size, least):
    """Strong shifts of all rows are always detected with so many rows, of half of them nearly always."""
    rng = np.random.default_rng(3)
    assert np.mean([study.detects(shift.draw(study, size, rng))[0] for _ in range(10)]) >= least


def test_no_shift_is_no_detection(study):
    """False alarms are about as rare as the level says: at most 6 of 60 at 0.05 (more with probability 0.03)."""
    rng = np.random.default_rng(4)
    limit = -np.log10(LEVEL / study.known.shape[1])
    found = [(study.evidence(Shift("none").draw(study, 100, rng)) >= limit).any() for _ in range(60)]
    assert np.sum(found) <= 6


def test_weak_shifts_of_few_rows_are_not_seen(study):
    """One grey level of noise on a tenth of a hundred digits is beyond any test on the outputs."""
    rng = np.random.default_rng(5)
    assert np.mean([study.detects(Shift("noise", 1.0, 0.1).draw(study, 100, rng))[0] for _ in range(10)]) <= 0.2
