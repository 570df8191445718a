"""Counts by hour of day, and the reference that a window's hours make of them."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.profile import HOURS, Strata


def strata(rows: int = 1_000) -> Strata:
    """One numeric column whose rows all lie in the bin of their hour, one categorical one that is the same all day."""
    numeric = np.zeros((HOURS, 1, HOURS + 1), dtype=np.int64)
    numeric[np.arange(HOURS), 0, np.arange(HOURS)] = rows
    return Strata(numeric, np.full((HOURS, 1, 4), rows // 4, dtype=np.int64))


def shares(**hours: float) -> np.ndarray:
    found = np.zeros(HOURS)
    for name, share in hours.items():
        found[int(name[1:])] = share
    return found


def test_one_hour_is_compared_with_itself():
    """All rows in one hour: its counts, worth its rows."""
    numeric, categorical = strata().weighted(shares(h7=1.0))
    assert numeric[0, 7] == pytest.approx(1_000)
    assert numeric.sum() == pytest.approx(1_000)
    np.testing.assert_allclose(categorical, 250)


def test_hours_mix_by_the_window_and_not_by_the_reference():
    """Three quarters of the window in hour 7: three quarters of the mixture, whatever the reference's own traffic."""
    known = strata()
    known.numeric[8] *= 9
    numeric, _ = known.weighted(shares(h7=0.75, h8=0.25))
    assert numeric[0, 7] / numeric.sum() == pytest.approx(0.75)


def test_a_mixture_is_worth_less_than_its_rows():
    """It is worth 1 / sum(w^2 / n_h): two equal hours of 1,000 rows at 0.75 and 0.25 are worth 1,600."""
    numeric, _ = strata().weighted(shares(h7=0.75, h8=0.25))
    assert numeric.sum() == pytest.approx(1_600)
    assert strata().weighted(np.full(HOURS, 1 / HOURS))[0].sum() == pytest.approx(HOURS * 1_000)


def test_an_hour_that_the_reference_does_not_have_takes_no_part():
    """Its share goes to the hours that are known; without any there is no reference, which is no error."""
    known = strata()
    known.numeric[8] = 0
    numeric, _ = known.weighted(shares(h7=0.5, h8=0.5))
    assert numeric[0, 7] == pytest.approx(1_000)
    assert known.weighted(shares(h8=1.0))[0].sum() == 0.0


def test_a_chunk_is_taken_out_of_its_hours_only():
    """Leaving two slots of hour 7 out lowers hour 7 by both, and leaves the whole as it was."""
    known = strata()
    numeric = np.zeros((2, 1, HOURS + 1), dtype=np.int64)
    numeric[:, 0, 7] = 100
    chunk = numeric, np.full((2, 1, 4), 25, dtype=np.int64)
    rest = known.without(chunk, np.array([7, 7]))
    assert rest.numeric[7, 0, 7] == 800
    assert rest.categorical[7].sum() == 800
    assert rest.numeric[8, 0, 8] == 1_000
    assert known.numeric[7, 0, 7] == 1_000
    assert Strata.shares(chunk, np.array([7, 8]))[[7, 8]].tolist() == [0.5, 0.5]
