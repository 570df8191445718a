"""The sample of whole rows that correlations are learned from."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.reference.joint import ROWS, RowSample


def sampled(rows: int, size: int, seed: int = 1) -> RowSample:
    """Sample rows that carry their own number twice, in batches of *size*."""
    sample = RowSample(np.random.default_rng(seed))
    for start in range(0, rows, size):
        number = np.arange(start, min(start + size, rows), dtype=np.float64)
        sample.add(Batch(len(number), inputs={"x": number, "y": -number}))
    return sample


def test_few_rows_are_all_kept():
    """Up to the sample's size nothing is left out."""
    matrix = sampled(1_000, 300).matrix(("x", "y"))
    assert sorted(matrix[:, 0].tolist()) == list(range(1_000))


@pytest.mark.parametrize("size", [999, 50_000])
def test_many_rows_are_bounded(size: int):
    """Of a quarter of a million rows at most twice the sample's size is held at any time."""
    assert ROWS <= len(sampled(250_000, size).matrix(("x",))) <= 2 * ROWS


@pytest.mark.parametrize("size", [997, 100_000])
def test_the_sample_is_uniform(size: int):
    """Every part of the data is in it by its share, early and late rows alike, within four standard deviations."""
    found = sampled(200_000, size).matrix(("x",))[:, 0]
    tenths = np.histogram(found, bins=10, range=(0, 200_000))[0]
    expected = len(found) / 10
    assert np.abs(tenths - expected).max() < 4 * np.sqrt(expected)


def test_no_row_is_kept_twice():
    """It is a sample without replacement."""
    found = sampled(200_000, 10_000).matrix(("x",))[:, 0]
    assert len(np.unique(found)) == len(found)


def test_rows_stay_whole():
    """A row's values stay beside one another."""
    matrix = sampled(100_000, 7_919).matrix(("x", "y"))
    np.testing.assert_array_equal(matrix[:, 0], -matrix[:, 1])


def test_the_same_data_give_the_same_sample():
    """The builder's generator is seeded, so profiles can be compared byte by byte."""
    np.testing.assert_array_equal(sampled(100_000, 5_000).matrix(("x",)), sampled(100_000, 5_000).matrix(("x",)))


def test_a_column_that_some_batches_lack_is_missing_there():
    """Batches of different columns stand in one matrix; text is left out of it."""
    sample = RowSample(np.random.default_rng(1))
    sample.add(Batch(2, inputs={"x": np.array([1.0, 2.0]), "word": Categories(np.zeros(2, np.int32), ("a",))}))
    sample.add(Batch(2, inputs={"y": np.array([3.0, 4.0])}))
    matrix = sample.matrix(("x", "y", "z"))
    np.testing.assert_array_equal(
        matrix, [[1, np.nan, np.nan], [2, np.nan, np.nan], [np.nan, 3, np.nan], [np.nan, 4, np.nan]]
    )
