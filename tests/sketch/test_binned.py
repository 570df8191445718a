"""Outcomes by bin: counted right at the edges, and additive."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import MergeError
from driftgauge.sketch import BinnedSpec, HistogramSpec

EDGES = (0.1, 0.5, 0.9)


def rows(n=1_000, seed=1):
    rng = np.random.default_rng(seed)
    return np.stack([np.round(rng.random(n), 1), rng.integers(0, 2, n).astype(float)])


@pytest.mark.parametrize("narrow", [False, True])
def test_rows_fall_into_the_bins_of_the_histogram(narrow):
    """The bins are those in which the column is counted, values on an edge included."""
    found = BinnedSpec(EDGES, narrow).of(rows())
    histogram = HistogramSpec.plain([EDGES], narrow=int(narrow)).of(rows()[:1])
    assert found.counts.tolist() == histogram.counts[0, :-1].tolist()
    assert found.total == 1_000


def test_sums_of_the_outcomes():
    """Mean and squares of each bin are those of its rows; an empty bin has no mean."""
    found = BinnedSpec((1.0, 2.0)).of(np.array([[0.5, 1.0, 5.0], [2.0, 4.0, 3.0]]))
    assert found.counts.tolist() == [2, 0, 1]
    assert found.sums.tolist() == [[6.0, 0.0, 3.0], [20.0, 0.0, 9.0]]
    assert found.means[0] == 3.0
    assert np.isnan(found.means[1])


def test_rows_without_value_or_outcome_are_left_out():
    """NaN on either side counts nowhere; infinite values fall into the outer bins."""
    found = BinnedSpec((0.0,), narrow=True).of(np.array([[np.nan, 1.0, -np.inf, 1e300], [1.0, np.nan, 1.0, 0.0]]))
    assert found.counts.tolist() == [1, 1]


def test_parts_add_up():
    """Splitting rows changes nothing; other bins cannot be added."""
    spec = BinnedSpec(EDGES)
    whole, parts = spec.of(rows()), spec.zero()
    for part in np.array_split(rows(), 7, axis=1):
        parts = parts.merge(spec.of(part))
    assert (parts.counts == whole.counts).all()
    assert parts.sums == pytest.approx(whole.sums)
    with pytest.raises(MergeError):
        whole.merge(BinnedSpec((0.3,)).zero())
