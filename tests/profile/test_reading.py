"""Reading batches by a schema: kinds, precisions, violations, roles."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories, Mixed, column_of
from driftgauge.drift import jensen_shannon
from driftgauge.profile import CATEGORICAL, OUTPUT, ColumnSchema, ProfileSpec, Schema
from driftgauge.profile.reading import as_categories, read_codes, read_numbers, word
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import CategorySpec, HistogramSpec
from tests.calls import calls

EDGES = np.array([0.5, 1.0])
WORDS = CategorySpec((("1", "red", "true"),), ((),), (True,))


def texts(*values: str | None) -> Categories:
    column, _ = column_of(values)
    assert isinstance(column, Categories)
    return column


def spec(*, narrow: int = 1) -> ProfileSpec:
    schema = Schema.of(
        [
            ColumnSchema("age", wide=not narrow),
            ColumnSchema("plan", kind=CATEGORICAL),
            ColumnSchema("score", OUTPUT, wide=not narrow),
            ColumnSchema("class", OUTPUT, CATEGORICAL),
        ]
    )
    return ProfileSpec(
        schema,
        HistogramSpec.plain([[40.0], [0.5]], narrow=2 * narrow),
        CategorySpec((("basic", "plus"), ("0", "1")), ((), ()), (True, True)),
    )


INPUTS = {"age": np.array([30.0, 50.0]), "plan": texts("basic", "gold")}
OUTPUTS = {"score": np.array([0.1, 0.9]), "class": np.array([0.0, 1.0])}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (1, "1"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (np.float32(0.1), "0.1"),
        (np.inf, "inf"),
        (1e15, "1000000000000000"),
    ],
)
def test_a_number_stands_for_a_category(number, text):
    """Whole numbers are written without a point, so that 1 and 1.0 are the same class."""
    assert word(number) == text


def test_numbers_are_categories_by_their_text():
    """A numeric column read as categorical gives the texts of its numbers; NaN is missing."""
    categories = as_categories(np.array([2.0, np.nan, 1.0, 2.0]))
    assert categories.vocabulary == ("1", "2")
    assert categories.codes.tolist() == [1, -1, 0, 1]


def test_a_column_of_nothing_has_no_categories():
    """Empty and all-missing columns read as no categories."""
    assert len(as_categories(np.empty(0))) == 0
    assert as_categories(np.full(2, np.nan)).vocabulary == ()
    assert as_categories(np.full(2, np.nan)).codes.tolist() == [-1, -1]


def test_mixed_columns_give_both_their_categories():
    """In a mixed column the text of a number and the same text as text are the same category."""
    mixed, unusable = column_of(["1", 1, None, "red", 2.5])
    assert not unusable
    assert read_codes(mixed, WORDS, 0).tolist() == [0, 0, WORDS.missing, 1, WORDS.unseen]


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_text_in_a_numeric_column_is_wrong(precision):
    """Text is missing and counted as wrong; missing text is missing only."""
    numbers, wrong = read_numbers(texts("red", None, "1"), EDGES, precision)
    assert np.isnan(numbers).all()
    assert wrong == 2


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_booleans_are_one_and_zero(precision):
    """Booleans are numbers where numbers are wanted, and words where words are."""
    column, _ = column_of([True, False, None])
    numbers, wrong = read_numbers(column, EDGES, precision)
    assert numbers.tolist()[:2] == [1.0, 0.0]
    assert np.isnan(numbers[2])
    assert wrong == 0
    assert read_codes(column, WORDS, 0).tolist() == [2, WORDS.unseen, WORDS.missing]


def test_a_mixed_column_keeps_its_numbers():
    """Of a mixed column a numeric one takes numbers and booleans; other text is wrong."""
    mixed, _ = column_of([0.25, "red", True, None])
    assert isinstance(mixed, Mixed)
    numbers, wrong = read_numbers(mixed, EDGES, np.float64)
    np.testing.assert_array_equal(numbers, [0.25, np.nan, 1.0, np.nan])
    assert wrong == 1


def test_values_beyond_float32_are_infinite():
    """A value that the column's precision cannot hold goes to the outer bin without a warning."""
    numbers, wrong = read_numbers(np.array([1e300, -1e300]), EDGES, np.float32)
    assert numbers.tolist() == [np.inf, -np.inf]
    assert wrong == 0


def test_what_is_read_may_be_the_batch_itself_but_not_counted_twice():
    """A column of the right precision is not copied."""
    column = np.array([1.0, 2.0])
    assert read_numbers(column, EDGES, np.float64)[0] is column


def test_a_missing_column_is_missing_in_every_row():
    """A column that its role lacks is a violation of every row, and is counted as missing."""
    reading = spec().read(Batch(2, inputs={"plan": INPUTS["plan"]}, outputs=OUTPUTS))
    assert reading.violations == {("age", "missing_column"): 2}
    assert spec().count(reading.block).histogram.counts[0].tolist() == [0, 0, 2]


def test_an_unknown_column_is_a_violation():
    """A column that the schema lacks is counted, row by row, and otherwise ignored."""
    reading = spec().read(Batch(2, inputs={**INPUTS, "extra": np.zeros(2)}, outputs=OUTPUTS))
    assert reading.violations == {("extra", "unknown_column"): 2}


def test_a_wrong_type_is_a_violation():
    """Values of the wrong kind are counted by column; what decoding found is added to."""
    batch = Batch(2, inputs={**INPUTS, "age": texts("old", "young")}, violations={("age", "wrong_type"): 1})
    assert spec().read(batch).violations == {("age", "wrong_type"): 3}


def test_a_name_may_be_an_input_and_an_output():
    """Roles have names of their own."""
    schema = Schema.of([ColumnSchema("x"), ColumnSchema("x", OUTPUT)])
    both = ProfileSpec(schema, HistogramSpec.plain([[0.0], [0.0]], narrow=2), CategorySpec((), (), ()))
    profile = both.of(Batch(1, inputs={"x": np.array([-1.0])}, outputs={"x": np.array([1.0])}))
    assert profile.histogram.counts.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_an_absent_role_is_not_observed():
    """Outputs without inputs say nothing of the inputs: they are not missing, they were not seen."""
    profile = spec().of(Batch(2, outputs=OUTPUTS))
    assert profile.rows == 2
    assert profile.histogram.total.tolist() == [0, 2]
    assert profile.categories.total.tolist() == [0, 2]
    assert spec().read(Batch(2, inputs=INPUTS)).violations == {}


def test_a_batch_without_columns_counts_rows_only():
    """Failed requests without any column leave the columns as they were."""
    profile = spec().of(Batch(3))
    assert profile.rows == 3
    assert not any(array.any() for array in profile.arrays[1:])


@pytest.mark.parametrize("narrow", [0, 1])
def test_failed_rows_have_inputs_only(narrow):
    """A row whose inference failed counts with its inputs; whatever stands in its outputs does not."""
    profile = spec(narrow=narrow).of(Batch(2, inputs=INPUTS, outputs=OUTPUTS, failed=np.array([True, False])))
    assert profile.histogram.counts.tolist() == [[1, 1, 0], [0, 1, 0]]
    assert profile.categories.counts.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0]]


def test_latencies_are_counted_beside_the_rows():
    """The latencies of a batch's requests enter the profile, however many rows a request had."""
    from driftgauge.batch import Requests

    profile = spec().of(Batch(2, inputs=INPUTS, requests=Requests(1, np.array([0.25]))))
    assert profile.latency.total.tolist() == [1]


RNG = np.random.default_rng(8)
ROWS = 20_000
#: columns that float32 keeps apart, or nearly, and those that need float64
WIRES = {
    "normal": RNG.normal(size=ROWS),
    "one decimal": RNG.normal(50, 20, ROWS).round(1),
    "two decimals": RNG.lognormal(3, 1, ROWS).round(2),
    "one decimal, offset": 1000 + RNG.normal(0, 3, ROWS).round(1),
    "integers above 2^24": RNG.integers(2**24, 2**25, ROWS).astype(float),
    "few integers above 2^24": 2.0**24 + 4 * RNG.integers(0, 5, ROWS),
    "timestamps of a year": 1.7e9 + RNG.integers(0, 31_536_000, ROWS),
    "timestamps with a default": np.where(RNG.random(ROWS) < 0.3, 1.7e9 + 1, 1.7e9 + RNG.integers(0, 31_536_000, ROWS)),
    "constant above 2^24": np.full(ROWS, 2.0**24 + 1),
    "skewed": RNG.lognormal(0, 4, ROWS),
    "many zeros": np.where(RNG.random(ROWS) < 0.5, 0.0, RNG.exponential(size=ROWS)),
    "extremes": np.where(RNG.random(ROWS) < 0.01, 1e300, RNG.normal(size=ROWS)),
}


@pytest.mark.parametrize("values", WIRES.values(), ids=WIRES)
def test_a_float64_profile_against_the_same_rows_as_fp32(values):
    """The same rows, profiled from float64 and sent as FP32, have a distance of exactly 0."""
    reference = build(lambda: [Batch(ROWS, inputs={"x": values})], BuildOptions("x", 0.0))
    with np.errstate(over="ignore"):
        window = reference.profile.spec.of(Batch(ROWS, inputs={"x": values.astype(np.float32)}))
    score = jensen_shannon(reference.profile.histogram.counts, window.histogram.counts)
    assert score.score.tolist() == [0.0]


@pytest.mark.parametrize("values", WIRES.values(), ids=WIRES)
def test_a_float64_profile_against_the_same_rows_as_fp64(values):
    """The same rows in the same precision have a distance of exactly 0, and none is outside."""
    reference = build(lambda: [Batch(ROWS, inputs={"x": values})], BuildOptions("x", 0.0))
    window = reference.profile.spec.of(Batch(ROWS, inputs={"x": values}))
    np.testing.assert_array_equal(window.histogram.counts, reference.profile.histogram.counts)
    assert not window.histogram.outside.any()


@pytest.mark.parametrize("values", [RNG.integers(0, 10, ROWS) / 8, RNG.integers(0, 200, ROWS) / 4], ids=["few", "many"])
def test_a_profile_against_the_same_rows_as_fp16(values):
    """Values that FP16 can hold have a distance of exactly 0 when they are sent so."""
    reference = build(lambda: [Batch(ROWS, inputs={"x": values})], BuildOptions("x", 0.0))
    window = reference.profile.spec.of(Batch(ROWS, inputs={"x": values.astype(np.float16)}))
    assert jensen_shannon(reference.profile.histogram.counts, window.histogram.counts).score.tolist() == [0.0]


def test_tenths_sent_as_fp16_stay_in_their_bins():
    """A value that FP16 rounds across an edge is taken for the edge's value."""
    values = RNG.integers(0, 15, ROWS) / 10
    reference = build(lambda: [Batch(ROWS, inputs={"x": values})], BuildOptions("x", 0.0))
    window = reference.profile.spec.of(Batch(ROWS, inputs={"x": values.astype(np.float16)}))
    np.testing.assert_array_equal(window.histogram.counts, reference.profile.histogram.counts)


def test_a_float32_profile_against_the_same_rows_as_float64():
    """A profile of float32 data fits the same numbers in float64."""
    values = RNG.normal(50, 20, ROWS).round(1).astype(np.float32)
    reference = build(lambda: [Batch(ROWS, inputs={"x": values})], BuildOptions("x", 0.0))
    window = reference.profile.spec.of(Batch(ROWS, inputs={"x": values.astype(np.float64)}))
    np.testing.assert_array_equal(window.histogram.counts, reference.profile.histogram.counts)


def test_a_column_of_floats_costs_one_call_to_read():
    """As a guard of speed: what a further column of floats adds is one look-up, whatever its rows."""

    def reading(columns: int):
        names = [f"c{number}" for number in range(columns)]
        wanted = ProfileSpec(
            Schema.of(map(ColumnSchema, names)),
            HistogramSpec.plain([[0.0]] * columns, narrow=columns),
            CategorySpec((), (), ()),
        )
        batch = Batch(9, inputs=dict.fromkeys(names, np.zeros(9, np.float32)))
        return lambda: wanted.read(batch)

    assert calls(reading(60)) - calls(reading(10)) <= 2 * 50
