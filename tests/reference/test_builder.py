"""References built from data sets."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories, column_of
from driftgauge.errors import SourceError
from driftgauge.profile import CATEGORICAL, NUMERIC, OUTPUT, Reference, dumps
from driftgauge.reference import BuildOptions, build, builder
from driftgauge.sketch import TOP_CATEGORIES

RNG = np.random.default_rng(11)


def batches_of(inputs: dict, outputs: dict | None = None, size: int = 997) -> list[Batch]:
    rows = len(next(iter(inputs.values())))
    whole = Batch(rows, inputs=inputs, outputs=outputs or {})
    return [whole.take(slice(start, start + size)) for start in range(0, rows, size)]


def built(inputs: dict, outputs: dict | None = None, size: int = 997, **options) -> Reference:
    batches = batches_of(inputs, outputs, size)
    return build(lambda: batches, BuildOptions("rows.csv", 1.7e9, **options))


def texts(values) -> Categories:
    column, _ = column_of(list(values))
    assert isinstance(column, Categories)
    return column


def kind_of(reference: Reference, name: str) -> str:
    return next(column.kind for column in reference.profile.spec.schema.columns if column.name == name)


def wide(reference: Reference, name: str) -> bool:
    return next(column.wide for column in reference.profile.spec.schema.columns if column.name == name)


def test_equal_bins():
    """Each bin of a continuous column holds a twentieth of the rows, however the rows came in batches."""
    reference = built({"x": RNG.normal(size=10_000)})
    assert reference.rows == 10_000
    np.testing.assert_allclose(reference.profile.histogram.counts[0, :-1], 500, atol=1)


def test_a_sample_places_edges_nearly_as_all_rows_would():
    """Beyond the sample's size an edge is off by a few standard deviations of a sampled rank at most; counts are exact."""
    rows, size = 400_000, 2**14
    values = np.random.default_rng(12).lognormal(0, 2, rows)
    batches = batches_of({"x": values}, size=50_000)
    sampled = builder.SAMPLE
    builder.SAMPLE = size
    try:
        reference = build(lambda: batches, BuildOptions("rows.csv", 1.7e9))
    finally:
        builder.SAMPLE = sampled
    spec, counts = reference.profile.spec.histogram, reference.profile.histogram.counts[0, :-1]
    reached = np.cumsum(counts)[:-1] / rows
    assert len(reached) == 19
    # The rank of a sampled quantile has a standard deviation of at most sqrt(1 / 4 size).
    assert np.abs(reached - np.arange(1, 20) / 20).max() < 4 * 0.5 / np.sqrt(size)
    expected = np.bincount(np.searchsorted(spec.edges[0].astype(np.float32), values.astype(np.float32)), minlength=20)
    assert counts.tolist() == expected.tolist()


def test_the_sample_is_bounded():
    """Of a million values no more than twice the sample's size are held."""
    sample = builder.Sample(1000, np.random.default_rng(0))
    for part in np.random.default_rng(13).random((200, 5000)):
        sample.add(part)
        assert sum(map(len, sample._values)) <= 2 * 1000 + 5000
    assert 1000 <= sample.values()[1].sum() <= 2000


def test_the_sample_is_uniform():
    """Early and late values have the same chance to be sampled."""
    sample = builder.Sample(5000, np.random.default_rng(0))
    for start in range(0, 100_000, 1000):
        sample.add(np.arange(start, start + 1000.0))
    values, _ = sample.values()
    quarters = np.histogram(values, bins=4, range=(0, 100_000))[0] / len(values)
    np.testing.assert_allclose(quarters, 0.25, atol=4 * np.sqrt(0.25 * 0.75 / 5000))


def test_the_same_data_give_the_same_profile():
    """Building twice gives the same text, sampling included."""
    values = {"x": np.random.default_rng(14).normal(size=5000), "plan": texts(["a", "b"] * 2500)}
    assert dumps(built(values)) == dumps(built(values))


def test_few_values_that_become_many_lose_none():
    """A column that shows few distinct values for long, then many, is sampled from its first row on."""
    values = np.concatenate([np.tile([1.0, 2.0, 3.0], 1000), np.random.default_rng(15).uniform(10, 20, 3000)])
    reference = built({"x": values})
    edges = reference.profile.spec.histogram.edges[0]
    assert {1.0, 2.0, 3.0} <= set(edges.tolist())
    shares = reference.profile.histogram.counts[0, :-1] / 6000
    assert shares[shares > 0].max() == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("column", "role", "kind"),
    [
        (np.arange(100.0), "input", NUMERIC),
        (np.array([0.0, 1.0] * 50), "input", NUMERIC),
        (np.array([0.0, 1.0] * 50), OUTPUT, CATEGORICAL),
        (np.arange(100.0), OUTPUT, NUMERIC),
        (np.array([0.5, 1.0] * 50), OUTPUT, NUMERIC),
        (texts(["yes", "no"] * 50), "input", CATEGORICAL),
        (column_of([1.0] * 99 + ["none"])[0], "input", NUMERIC),
        (column_of([1.0] * 50 + ["A1"] * 50)[0], "input", CATEGORICAL),
        (column_of([True, False] * 50)[0], "input", CATEGORICAL),
        (np.full(100, np.nan), "input", NUMERIC),
    ],
)
def test_kinds_are_inferred(column, role, kind):
    """Numbers are numeric, text is categorical, few whole numbers in outputs are classes; a little text does no harm."""
    inputs, outputs = ({"x": column}, {}) if role == "input" else ({"y": np.zeros(100)}, {"x": column})
    assert kind_of(built(inputs, outputs), "x") == kind


def test_kinds_may_be_given():
    """A given kind wins: numbers become categories by their text, booleans become numbers."""
    flags, _ = column_of([True, False, None, True] * 25)
    reference = built({"code": np.array([1.0, 2.0] * 50), "flag": flags}, kinds={"code": CATEGORICAL, "flag": NUMERIC})
    profile = reference.profile
    assert profile.spec.categories.names == (("1", "2"),)
    assert profile.categories.counts[0].tolist() == [50, 50, 0, 0]
    assert profile.spec.histogram.edges[0].tolist()[1:] == [0.0, 1.0]
    assert profile.histogram.counts[0].tolist() == [0, 25, 50, 0, 25]


def test_text_in_a_given_numeric_column_is_missing_and_noted():
    """A column that is to be numeric counts its text as missing, and the profile says so."""
    column, _ = column_of([1.0, "old", 2.0, None] * 10)
    reference = built({"age": column}, kinds={"age": NUMERIC})
    assert reference.profile.histogram.counts[0, -1] == 20
    assert any("'age' is numeric, 10 values of text" in note for note in reference.provenance.notes)


def test_notes():
    """A person is told of few rows, empty columns and identifiers."""
    notes = built({"empty": np.full(1200, np.nan), "id": texts(map(str, range(1200)))}).provenance.notes
    assert any("only 1200 rows" in note for note in notes)
    assert any("'empty' is empty" in note for note in notes)
    assert any("'id' looks like an identifier" in note for note in notes)
    (note,) = built({"x": RNG.normal(size=3000)}).provenance.notes
    assert note.startswith("no timestamps")


def test_more_categories_than_cells():
    """The 62 most frequent categories have cells, ties by name; the others are known as other."""
    words = [f"w{i:03}" for i in range(100) for _ in range(200 - i)]
    profile = built({"word": texts(words)}).profile
    spec = profile.spec.categories
    assert spec.names[0] == tuple(f"w{i:03}" for i in range(TOP_CATEGORIES))
    assert spec.tails[0] == tuple(f"w{i:03}" for i in range(TOP_CATEGORIES, 100))
    assert spec.complete == (True,)
    assert profile.categories.counts[0, spec.other] == sum(200 - i for i in range(TOP_CATEGORIES, 100))
    assert profile.categories.unseen.tolist() == [0]
    assert profile.categories.total.tolist() == [len(words)]


def test_more_categories_than_are_counted():
    """Beyond the counting limit a column is incomplete, nothing counts as unseen, and frequent names keep their cells."""
    rng = np.random.default_rng(16)
    codes = np.where(rng.random(60_000) < 0.55, 0, np.arange(60_000)).astype(np.int32)
    column = Categories(codes, tuple(f"u{i}" for i in range(60_000)))
    profile = built({"user": column}, size=7_000).profile
    assert profile.spec.categories.complete == (False,)
    assert profile.spec.categories.names[0][0] == "u0"
    assert profile.categories.unseen.tolist() == [0]
    assert profile.categories.total.tolist() == [60_000]


def test_numbers_among_words_are_not_unseen():
    """In a column of words and more numbers than are told apart, the numbers are other, not unseen."""
    column, _ = column_of([*range(500), *["A"] * 500])
    profile = built({"code": column}).profile
    assert profile.categories.unseen.tolist() == [0]
    assert profile.categories.counts[0].tolist() == [500, 500, 0]


def test_a_word_and_a_number_of_the_same_text_are_one():
    """In a column given as categorical the text "1" and the number 1 are the same category."""
    column, _ = column_of(["1", 1, "1", 1.0, "b"] * 10)
    profile = built({"code": column}, kinds={"code": CATEGORICAL}).profile
    assert profile.spec.categories.names == (("1", "b"),)
    assert profile.categories.counts[0].tolist() == [40, 10, 0, 0]


def test_infinite_class_labels_are_no_surprise():
    """Infinities in a categorical output are categories as any other."""
    reference = built({"x": np.zeros(30)}, {"class": np.array([0.0, 1.0, np.inf] * 10)})
    assert reference.profile.categories.unseen.tolist() == [0]


def test_infinities_do_not_move_edges():
    """Infinite values are counted in the outer bins and have no part in edges, means and range."""
    values = RNG.normal(size=2000)
    values[:100], values[100:150] = np.inf, -np.inf
    profile = built({"x": values}).profile
    finite = values[150:]
    assert profile.histogram.infinite.tolist() == [[50, 100]]
    assert profile.spec.histogram.lows[0] == finite.min()
    assert profile.spec.histogram.highs[0] == finite.max()
    assert profile.histogram.mean[0] == pytest.approx(finite.mean(), rel=1e-6)
    np.testing.assert_allclose(profile.histogram.counts[0, 1:-2], 1850 / 20, atol=1)


def test_an_extreme_beyond_float32_keeps_the_column_wide():
    """One value that float32 cannot hold is enough, whether it was sampled or not."""
    values = np.append(RNG.normal(size=5000), 1e300)
    assert wide(built({"x": values}), "x")


def test_offsets_and_tenths():
    """Timestamps need float64, one-decimal numbers do not."""
    reference = built({"time": 1.7e9 + np.arange(5000.0), "tenths": np.arange(5000) / 10})
    assert wide(reference, "time")
    assert not wide(reference, "tenths")


def test_the_centre_is_near_the_mean():
    """Sums are taken about the reference mean, so that they stay small."""
    histogram = built({"x": RNG.normal(1e6, 1, 5000)}).profile.histogram
    assert abs(histogram.sums.sum()) / 5000 < 0.1


def test_columns_beyond_the_second_pass():
    """A column that appears only in later batches is missing in the earlier ones."""
    batches = [Batch(10, inputs={"a": np.zeros(10)}), Batch(10, inputs={"a": np.zeros(10), "b": np.ones(10)})]
    profile = build(lambda: batches, BuildOptions("rows", 0.0)).profile
    assert profile.histogram.counts[:, -1].tolist() == [0, 10]


def test_time_range():
    """The provenance holds the first and last known event time."""
    batches = [
        Batch(3, inputs={"x": np.zeros(3)}, timestamps=np.array([50.0, np.nan, 20.0])),
        Batch(1, inputs={"x": np.zeros(1)}, timestamps=np.array([np.nan])),
        Batch(1, inputs={"x": np.zeros(1)}),
    ]
    assert build(lambda: batches, BuildOptions("rows", 0.0)).provenance.time_range == (20.0, 50.0)
    assert built({"x": np.zeros(5)}).provenance.time_range is None


def test_two_passes_that_differ_are_refused():
    """Data that can be read only once, or changed meanwhile, give an error that says so."""
    batches = iter([Batch(5, inputs={"x": np.zeros(5)})])
    with pytest.raises(SourceError, match="5 rows in the first pass, 0 in the second"):
        build(lambda: batches, BuildOptions("rows", 0.0))


@pytest.mark.parametrize("batches", [[], [Batch(0, inputs={"x": np.empty(0)})], [Batch(3)]])
def test_no_rows_or_columns(batches):
    """Nothing to profile is an error that names the data."""
    with pytest.raises(SourceError, match=r"rows\.csv: no rows"):
        build(lambda: batches, BuildOptions("rows.csv", 0.0))


@pytest.mark.parametrize("rows", [3_000, 30_000])
def test_nothing_of_free_text_is_kept(rows):
    """Texts that tell rows apart are counted as `other`; none of them stands in the profile."""
    texts = [f"note {number} from the client" for number in range(rows)]
    profile = built({"comment": column_of(texts)[0]})
    assert "note 7 from" not in dumps(profile)
    assert profile.profile.categories.counts[0, -2] == rows
    assert any("free text" in note for note in profile.provenance.notes)
