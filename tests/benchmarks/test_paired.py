"""Ratios of what was measured in turns."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def paired():
    """The benchmarks are scripts and not on the path of the tests."""
    path = Path(__file__).parents[2] / "benchmarks/support/paired.py"
    spec = importlib.util.spec_from_file_location("benchmarks_paired", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_difference_beyond_the_scatter_is_outside_the_interval(paired):
    """Ten percent more is told from nothing where turns scatter by two percent, although their level wanders by half."""
    level = 1 + 0.5 * RNG.random(30)
    under, over = level * RNG.normal(1, 0.02, 30), 1.1 * level * RNG.normal(1, 0.02, 30)
    ratio = paired.ratio_of_medians(over, under)
    assert 1 < ratio.low < ratio.value < ratio.high
    assert ratio.low < 1.1 < ratio.high


def test_one_bad_turn_widens_the_interval_of_a_percentile(paired):
    """A turn in which the machine was away counts as one observation, not as a thousand."""
    sides = [[RNG.exponential(1, 1_000) for _ in range(20)] for _ in range(2)]
    sides[0][3] += 100
    ratio = paired.ratio_of_pooled(sides[0], sides[1], 99)
    assert ratio.low < 1.3 < ratio.value < ratio.high
