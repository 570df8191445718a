"""Stuck values: which values are looked at, what is found of one that stays, and that nothing is of what comes and goes."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.drift import STUCK_HOURS, stuck_values, values_of
from driftgauge.profile import ColumnSchema, ProfileSpec, Schema
from driftgauge.reference.edges import choose_edges
from driftgauge.sketch import CategorySpec, HistogramSpec

#: shares of a column of four bins, the last of which is common
SHARES = np.array([0.02, 0.08, 0.2, 0.7])
REFERENCE = SHARES[None] * 10_000
VALUES = np.array([[True, True, True, False]])


def traffic(rng, hours=STUCK_HOURS, rows=100):
    """Return independent rows by the reference's shares, [hours, 1, bins]."""
    return rng.multinomial(rows, SHARES, hours)[:, None]


def stay(counts, place, share):
    """Return counts of which *share* of every hour's rows are in one bin, the others as they were."""
    rows = counts.sum(axis=2, keepdims=True)
    return np.round(counts * (1 - share) + rows * share * np.eye(4)[place]).astype(np.int64)


def profile(values, kinds=()):
    """Return the profile of a column of *values*, and of a categorical one with the shares of *kinds*."""
    distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    edges = choose_edges(distinct, counts.astype(float), 20, np.float64)
    names = tuple("abcdef"[: len(kinds)])
    columns = [ColumnSchema("x", wide=True), *([ColumnSchema("kind", kind="categorical")] if names else [])]
    spec = ProfileSpec(
        Schema.of(columns),
        HistogramSpec.plain([edges]),
        CategorySpec((names,), ((),), (True,)) if names else CategorySpec((), (), ()),
    )
    made = spec.zero()
    counted = spec.histogram.of(np.asarray(values, dtype=np.float64)[None])
    made.histogram.counts[:], made.histogram.sums[:] = counted.counts, counted.sums
    if names:
        made.categories.counts[0, : len(names)] = kinds
    return made


def test_rare_values_of_few_distinct_ones_are_looked_at():
    """Each of few distinct values has a bin; one that more than a quarter of the rows have is too common."""
    numeric, _ = values_of(profile(np.repeat([0.0, 1.0, 2.0, 5.0], [50, 150, 200, 600])))
    assert np.flatnonzero(numeric[0]).tolist() == [1, 2, 3]  # before them the bin of smaller values; 5 is common


def test_bins_of_more_than_one_value_are_not():
    """A bin between two quantiles is no value, but zero, which one row of five has, has a bin of its own."""
    rng = np.random.default_rng(1)
    made = profile(np.where(rng.random(20_000) < 0.2, 0.0, rng.normal(5, 1, 20_000)))
    numeric, _ = values_of(made)
    (place,) = np.flatnonzero(numeric[0])
    assert made.histogram.spec.edges[0][place] == 0.0


def test_categories_are_values_but_not_the_rest_of_them():
    """What is `other` or missing is not one value."""
    _, categorical = values_of(profile([1.0], kinds=(50, 20, 10, 0)))
    assert np.flatnonzero(categorical[0]).tolist() == [1, 2]


@pytest.mark.parametrize("rows", [10, 30, 100, 1_000])
def test_independent_rows_have_none(rows: int):
    """Eighty per cent of the hours never hold more than the mean, however few rows an hour has."""
    for seed in range(20):
        found = stuck_values(REFERENCE, traffic(np.random.default_rng(seed), rows=rows), VALUES)
        assert found.ratio[0] < 0.02
        assert found.evidence[0] < 1


def test_a_value_that_stays_is_found_with_its_bin():
    """A third of the rows at a value of 2 %: the ratio is that third, the evidence far beyond any threshold."""
    found = stuck_values(REFERENCE, stay(traffic(np.random.default_rng(2)), 0, 0.33), VALUES)
    assert found.ratio[0] == pytest.approx(0.32, abs=0.03)
    assert found.place[0] == 0
    assert found.hours[0] == STUCK_HOURS
    assert found.evidence[0] > 10


def test_evidence_is_what_bets_on_blocks_of_six_hours_gain():
    """The mean over ten ways to bet, each the product of twelve fair bets, over three values; by hand."""
    counts = stay(traffic(np.random.default_rng(3)), 1, 0.3)
    found = stuck_values(REFERENCE, counts, VALUES)
    shares = [block[:, 0, 1].sum() / block.sum() for block in np.split(counts, 12)]
    usual = 801 / 10_001
    gains = [np.prod([1 - part / 10 + part / 10 * share / usual for share in shares]) for part in range(1, 11)]
    assert found.evidence[0] == pytest.approx(np.log10(np.mean(gains)) - np.log10(3))


def test_spells_that_come_and_go_gain_nothing():
    """Blocks that are all of one value, as often as the reference says: evidence 3 comes once in a thousand times at most."""
    rng = np.random.default_rng(8)
    sure = 0
    for _ in range(1_000):
        kinds = rng.choice(4, 12, p=SHARES)
        counts = 100 * np.eye(4, dtype=np.int64)[np.repeat(kinds, 6)][:, None]
        sure += stuck_values(REFERENCE, counts, VALUES).evidence[0] >= 3
    assert sure <= 1


def test_a_spell_of_two_days_is_none():
    """Fog that holds every row for 48 of 72 hours is not there in 80 % of them."""
    counts = traffic(np.random.default_rng(4))
    counts[:48] = stay(counts[:48], 0, 1.0)
    assert stuck_values(REFERENCE, counts, VALUES).ratio[0] < 0.02


def test_a_common_value_that_stays_is_not_looked_at():
    """A calm spell of the commonest value is nothing."""
    found = stuck_values(REFERENCE, stay(traffic(np.random.default_rng(5)), 3, 0.9), VALUES)
    assert found.ratio[0] == 0
    assert found.place[0] == -1


@pytest.mark.parametrize(
    ("kept", "known"),
    [
        (np.arange(72) % 24 < 8, True),  # office hours
        (np.arange(72) < 40, False),  # three days have not passed
        (np.arange(72) % 24 < 4, False),  # half a day in all
    ],
    ids=["office", "young", "seldom"],
)
def test_too_few_hours_say_nothing(kept, known):
    """It takes 24 hours with rows, and 54 from the first to the last."""
    counts = stay(traffic(np.random.default_rng(6)), 0, 0.33) * kept[:, None, None]
    found = stuck_values(REFERENCE, counts, VALUES)
    assert found.hours[0] == np.count_nonzero(kept)
    assert np.isnan(found.ratio[0]) == (not known)
    assert np.isnan(found.evidence[0]) == (not known)


def test_columns_do_not_disturb_one_another():
    """Beside a column without any value and one that is calm, the one that stays is found as alone."""
    calm = traffic(np.random.default_rng(7))
    bad = stay(calm, 2, 0.5)
    together = stuck_values(
        np.repeat(REFERENCE, 3, axis=0),
        np.concatenate([calm, bad, bad], axis=1),
        np.stack([VALUES[0], VALUES[0], np.zeros(4, dtype=bool)]),
    )
    alone = stuck_values(REFERENCE, bad, VALUES)
    np.testing.assert_array_equal(together.ratio, [together.ratio[0], alone.ratio[0], np.nan])
    assert together.evidence[1] == alone.evidence[0]
    assert together.place.tolist() == [-1, 2, -1] or together.ratio[0] > 0


def test_no_hours_and_no_columns_are_no_error():
    """Nothing is known of them."""
    assert np.isnan(stuck_values(REFERENCE, np.zeros((72, 1, 4), dtype=np.int64), VALUES).ratio).all()
    empty = np.zeros((0, 4))
    assert not len(stuck_values(empty, np.zeros((72, 0, 4), dtype=np.int64), empty > 0).ratio)
