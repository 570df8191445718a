"""References learned from traffic, against counting the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories, column_of
from driftgauge.profile import CATEGORICAL, NUMERIC, Reference
from driftgauge.reference import Learner
from driftgauge.reference.learner import Cells
from driftgauge.reference.survey import MOST_CATEGORIES, MOST_DISTINCT

ROWS = 20_000
RNG = np.random.default_rng(21)
COLUMNS = {
    "normal": RNG.normal(size=ROWS),
    "float32": RNG.normal(size=ROWS).astype(np.float32),
    "lognormal": RNG.lognormal(0, 3, ROWS),
    "negative": -RNG.exponential(100, ROWS),
    "one decimal": RNG.normal(50, 10, ROWS).round(1),
    "kelvin": RNG.normal(293, 5, ROWS),
    "kelvin, float32": RNG.normal(293, 5, ROWS).astype(np.float32),
    "offset, narrow": 1e9 + RNG.normal(size=ROWS),
    "offset, tenths": 1000 + RNG.normal(0, 3, ROWS).round(1),
    "timestamps": 1.7e9 + RNG.uniform(0, 3e7, ROWS),
    "integers": RNG.integers(0, 1000, ROWS).astype(float),
    "large integers": RNG.integers(2**24, 2**26, ROWS).astype(float),
    "few integers": RNG.integers(0, 10, ROWS).astype(float),
    "few decimals": RNG.integers(0, 10, ROWS) / 10,
    "constant": np.full(ROWS, 0.7),
    "zeros": np.where(RNG.random(ROWS) < 0.6, 0.0, RNG.exponential(size=ROWS)),
    "tiny": RNG.normal(size=ROWS) * 1e-40,
    "cauchy": RNG.standard_cauchy(ROWS),
    "infinities": np.where(
        RNG.random(ROWS) < 0.01, np.inf, np.where(RNG.random(ROWS) < 0.01, -np.inf, RNG.normal(size=ROWS))
    ),
    "missing": np.where(RNG.random(ROWS) < 0.2, np.nan, RNG.normal(size=ROWS)),
    "all missing": np.full(ROWS, np.nan),
    "sentinel": np.where(RNG.random(ROWS) < 0.2, 999.0, RNG.normal(50, 10, ROWS)),
    "cap": np.minimum(RNG.exponential(50, ROWS), 101.7),
    "offset with a default": np.where(RNG.random(ROWS) < 0.2, 293.15, RNG.normal(293, 1, ROWS)),
    "late variety": np.concatenate([np.tile([1.0, 2.0], 5000), RNG.normal(size=ROWS - 10_000)]),
}


def learned(batches: list[Batch], **options) -> Reference:
    learner = Learner(sum(batch.rows for batch in batches), **options)
    for batch in batches:
        learner.observe(batch)
    assert learner.ready
    return learner.finish(1.7e9)


def split(batch: Batch, size: int) -> list[Batch]:
    return [batch.take(slice(start, start + size)) for start in range(0, batch.rows, size)]


def texts(values) -> Categories:
    column, _ = column_of(list(values))
    assert isinstance(column, Categories)
    return column


def assert_counts(reference: Reference, batches: list[Batch]) -> None:
    """What was learned equals counting the rows by the finished spec; of them only infinities are out of range."""
    expected = reference.profile.spec.zero()
    for batch in batches:
        expected = expected.merge(reference.profile.spec.of(batch))
    found = reference.profile
    assert found.rows == expected.rows
    np.testing.assert_array_equal(found.histogram.counts, expected.histogram.counts)
    np.testing.assert_array_equal(found.histogram.infinite, expected.histogram.infinite)
    np.testing.assert_array_equal(expected.histogram.outside, expected.histogram.infinite)
    np.testing.assert_array_equal(found.categories.counts, expected.categories.counts)
    np.testing.assert_array_equal(expected.categories.unseen, 0)
    for sums, wanted, squares in zip(
        found.histogram.sums, expected.histogram.sums, expected.histogram.squares, strict=True
    ):
        np.testing.assert_allclose(sums, wanted, atol=1e-6 * np.sqrt(squares * expected.rows[0]))
    np.testing.assert_allclose(found.histogram.squares, expected.histogram.squares, rtol=1e-3)


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_counts_are_exact(values):
    """Every count equals that of counting the same rows with the finished bins, sums and spread nearly so."""
    batches = split(Batch(ROWS, inputs={"x": values}), 487)
    assert_counts(learned(batches), batches)


@pytest.mark.parametrize("name", ["normal", "offset, narrow", "kelvin", "few decimals", "missing"])
def test_row_by_row(name):
    """Rows that arrive one at a time are learned from as well."""
    batches = split(Batch(500, inputs={"x": COLUMNS[name][:500]}), 1)
    assert_counts(learned(batches), batches)


@pytest.mark.parametrize(
    "name", ["normal", "lognormal", "negative", "kelvin", "offset, narrow", "timestamps", "cauchy"]
)
def test_bins_hold_equal_shares(name):
    """Cells are fine enough for equal bins, wherever the column lies: a twentieth each, to a tenth of that."""
    reference = learned(split(Batch(ROWS, inputs={"x": COLUMNS[name]}), 100))
    shares = reference.profile.histogram.counts[0, :-1] / ROWS
    assert len(shares) == 20
    np.testing.assert_allclose(shares, 0.05, atol=0.005)


def test_a_few_values_get_a_bin_each():
    """Few distinct values are told apart exactly, and a new one is new mass."""
    profile = learned(split(Batch(ROWS, inputs={"x": COLUMNS["few integers"]}), 100)).profile
    assert profile.spec.histogram.edges[0].tolist()[1:] == list(range(10))
    assert profile.histogram.counts[0, 1:11].tolist() == np.bincount(COLUMNS["few integers"].astype(int)).tolist()


def test_categories_are_exact():
    """Words are counted by name, most frequent first, and missing ones as missing."""
    batches = split(Batch(400, inputs={"plan": texts(["a", "b", "b", None] * 100)}), 7)
    reference = learned(batches)
    assert reference.profile.spec.categories.names == (("b", "a"),)
    assert_counts(reference, batches)


def test_a_tail_and_more_is_other():
    """Categories beyond the named ones, and those beyond the counting limit, are other: no row is lost."""
    words = texts([*map(str, range(MOST_CATEGORIES + 5_000)), *["a"] * 500])
    batches = split(Batch(len(words), inputs={"user": words}), 3_000)
    reference = learned(batches)
    assert reference.profile.categories.total.tolist() == [len(words)]
    assert reference.profile.spec.categories.complete == (False,)


def test_mixed_columns():
    """Numbers with a little text are numeric, the text missing; words with numbers are categorical, the numbers by their text."""
    mostly, _ = column_of([*np.arange(99.0).tolist(), "n/a"] * 4)
    half, _ = column_of([*range(200), *["A", "B"] * 100])
    batches = split(Batch(400, inputs={"mostly": mostly, "half": half}), 400)
    reference = learned(batches)
    assert [column.kind for column in reference.profile.spec.schema.columns] == [NUMERIC, CATEGORICAL]
    assert_counts(reference, batches)


def test_class_labels_are_categories():
    """Few whole numbers in an output are classes."""
    batches = split(Batch(300, outputs={"prediction": np.array([0.0, 1.0, 2.0] * 100)}), 10)
    reference = learned(batches)
    assert reference.profile.spec.categories.names == (("0", "1", "2"),)
    assert_counts(reference, batches)


def test_kinds_may_be_given():
    """A given kind wins over the inferred one."""
    flags, _ = column_of([True, False, None] * 100)
    batches = split(Batch(300, inputs={"code": np.arange(300) % 7.0, "flag": flags}), 10)
    reference = learned(batches, kinds={"code": CATEGORICAL, "flag": NUMERIC})
    assert [column.name for column in reference.profile.spec.schema.columns] == ["flag", "code"]
    assert_counts(reference, batches)


def test_columns_that_come_and_go():
    """A column that a batch lacks is missing there; a role that a batch lacks was not observed."""
    batches = [
        Batch(10, inputs={"a": RNG.normal(size=10), "b": RNG.normal(size=10)}),
        Batch(10, inputs={"a": RNG.normal(size=10)}),
        Batch(10, outputs={"score": RNG.normal(size=10)}),
        Batch(5),
    ]
    reference = learned(batches)
    assert reference.profile.histogram.total.tolist() == [20, 20, 10]
    assert_counts(reference, batches)


def test_failed_rows_count_with_their_inputs():
    """Failed rows have no outputs: what stands there is not learned."""
    batch = Batch(
        200,
        inputs={"x": RNG.normal(size=200)},
        outputs={"class": np.array([0.0, 1.0, 1.0, 9.0] * 50)},
        failed=np.array([False, False, False, True] * 50),
    )
    reference = learned(split(batch, 20))
    assert reference.profile.spec.categories.names == (("1", "0"),)
    assert reference.profile.categories.total.tolist() == [150]
    assert_counts(reference, [batch])


def test_memory_is_bounded():
    """A continuous column takes some thousand cells, and ten times the rows hardly more."""
    cells = {}
    for rows in (20_000, 200_000):
        kept = Cells()
        for part in np.array_split(np.random.default_rng(22).normal(size=rows), 20):
            kept.add(part)
        cells[rows] = len(kept.keys)
    assert cells[20_000] < 4_000
    assert cells[200_000] < 2 * cells[20_000]


def test_no_raw_value_is_kept_beyond_the_first_distinct_ones():
    """Once there are more than 64 distinct values, what is kept are ends of cells, not values."""
    values = np.random.default_rng(23).normal(size=5_000)
    learner = Learner(5_000)
    for batch in split(Batch(5_000, inputs={"x": values}), 10):
        learner.observe(batch)
    found = learner._survey.columns["input", "x"]
    assert found.distinct is None
    assert isinstance(found.collector, Cells)
    ends, _ = found.collector.values()
    assert not np.isin(ends, values).any()


def test_up_to_64_distinct_values_are_kept_as_they_are():
    """A column of 64 distinct values is exact, one more turns it into cells."""
    for distinct, exact in ((MOST_DISTINCT, True), (MOST_DISTINCT + 1, False)):
        learner = Learner(1_000)
        learner.observe(Batch(1_000, inputs={"x": np.arange(1_000.0) % distinct}))
        assert (learner._survey.columns["input", "x"].distinct is not None) is exact


def test_columns_have_a_limit():
    """Columns beyond the limit are left out and counted."""
    learner = Learner(1, limit=3)
    learner.observe(Batch(1, inputs={f"x{i}": np.zeros(1) for i in range(5)}))
    assert learner.cut == 2
    assert len(learner.finish(0.0).profile.spec.schema.columns) == 3


def test_ready():
    """A learner is ready when it has seen the rows that were wanted; its reference says that it was learned."""
    learner = Learner(10)
    learner.observe(Batch(9, inputs={"x": np.zeros(9)}))
    assert (learner.rows, learner.ready) == (9, False)
    learner.observe(Batch(9, inputs={"x": np.zeros(9)}))
    assert (learner.rows, learner.ready) == (18, True)
    reference = learner.finish(5.0)
    assert (reference.provenance.name, reference.provenance.created, reference.rows) == ("learned", 5.0, 18)


def test_extremes_do_no_harm():
    """The largest numbers are learned without a warning, and no row is lost."""
    values = np.where(RNG.random(5000) < 0.01, 1.7e308, RNG.normal(size=5000))
    reference = learned(split(Batch(5000, inputs={"x": values}), 100))
    assert reference.profile.histogram.total.tolist() == [5000]
