"""Evidence that a share has risen: exact, and as often wrong as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import hypergeom

from driftgauge.drift.excess import excess_evidence

REFERENCE = 10_000


@pytest.mark.parametrize(
    ("known", "all_known", "hits", "total"),
    [(100, 10_000, 12, 200), (100, 10_000, 3, 200), (0, 1_000, 2, 50), (5, 500, 500, 500), (99, 9_999, 400, 20_000)],
)
def test_it_is_the_exact_mid_p_value(known, all_known, hits, total):
    """As SciPy's hypergeometric law has it, half of the observed count's probability included."""
    law = hypergeom(all_known + total, known + hits, total)
    expected = -math.log10(law.sf(hits) + 0.5 * law.pmf(hits))
    assert excess_evidence(known, all_known, hits, total) == pytest.approx(expected, rel=1e-6)


def test_edges():
    """No rise, no evidence; no rows, nothing to say; a certain rise is bounded; a billion rows are no trouble."""
    assert excess_evidence(100, 10_000, 10, 1_000) == 0
    assert excess_evidence(0, 1_000, 0, 50) == 0
    assert math.isnan(excess_evidence(0, 0, 1, 5))
    assert math.isnan(excess_evidence(1, 5, 0, 0))
    assert excess_evidence(100, 10_000, 10**8, 10**9) == 300
    assert 0 < excess_evidence(100_000, 10_000_000, 10_050_000, 10**9) < 10


@pytest.mark.parametrize("total", [200, 1_000, 5_000])
def test_false_alarms_are_as_frequent_as_the_evidence_says(total):
    """Without a rise, evidence of 2 and 3 comes within a factor of three of 1 % and 0.1 % of the windows."""
    rng = np.random.default_rng(5)
    windows = 40_000
    # One reference of 10,000 rows to every window: its own error is part of the law.
    pairs, counts = np.unique(
        np.stack([rng.binomial(REFERENCE, 0.01, windows), rng.binomial(total, 0.01, windows)]),
        axis=1,
        return_counts=True,
    )
    evidence = np.array([excess_evidence(int(a), REFERENCE, int(b), total) for a, b in pairs.T])
    for level in (2, 3):
        rate = counts[evidence >= level].sum() / windows
        assert 1 / 3 < rate / 10**-level < 3
