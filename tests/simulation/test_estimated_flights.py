"""Estimates without labels on real flights: under covariate shift, and when the data break."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.estimated_flights import BEFORE, WITH_DELAY, Flights, performance_of

WINDOW = 4_000


@pytest.fixture(scope="module", params=["with the delay", "before departure"])
def model(request):
    return Flights.of(WITH_DELAY if request.param == "with the delay" else BEFORE, rows=20_000)


def test_covariate_shift(model):
    """With mixes tilted along every feature the estimate is off by about a point, less than "as in the reference"."""
    rng = np.random.default_rng(1)
    rows = [model.shifted(name, strength, WINDOW, rng) for name in model.names for strength in (-3.0, -1.5, 1.5, 3.0)]
    found = performance_of(model.reference, [model.window(part) for part in rows])
    true = np.array([model.accuracy(part) for part in rows])
    off = np.abs(found.value - true).mean()
    assert off < 0.013
    assert off < 0.6 * np.abs(found.reference - true).mean()
    assert (np.abs(found.value - true) < 2.6 * found.stderr).mean() >= 0.8
    assert found.valid.mean() >= 0.8


def test_broken_data(model):
    """Units that change and values that go missing are not a changed mix, and the estimate says so."""
    rng = np.random.default_rng(2)
    rows = rng.choice(len(model.truth), WINDOW, replace=False)
    metres = model.rows[rows].copy()
    metres[:, 0] *= 1_609
    gaps = model.rows[rows].copy()
    gaps[::4, 1] = np.nan
    found = performance_of(model.reference, [model.window(rows), model.window(rows, metres), model.window(rows, gaps)])
    assert found.valid.tolist() == [1.0, 0.0, 0.0]
