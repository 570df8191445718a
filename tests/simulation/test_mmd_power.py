"""The power of the mean embedding's distance is that of the study by which it was chosen, within its noise."""

from __future__ import annotations

import math

import pytest

from tests.simulation.mmd_power import PUBLISHED, SIZES, detected


@pytest.mark.slow
@pytest.mark.parametrize("shift", PUBLISHED)
def test_the_power_table(shift):
    """Each share is within three standard errors of both studies (100 windows there, 40 here), and 0.1 for another draw of the data."""
    for size, published in zip(SIZES, PUBLISHED[shift], strict=True):
        windows = 40
        found = detected(shift, size, windows)
        noise = 3 * math.sqrt(max(published * (1 - published), 0.02) * (1 / 100 + 1 / windows))
        assert abs(found - published) <= noise + 0.1, (shift, size, found, published)


def test_a_quick_look():
    """Without a shift nothing is detected; a quarter standard deviation along the first component is, with 1,000 vectors."""
    assert detected("none", 1_000, 10) <= 0.1
    assert detected("mean 0.25 of the first component", 1_000, 5) == 1.0
