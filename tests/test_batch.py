"""Batches: columns of Python values, rows taken, batches joined."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from driftgauge.batch import MISSING, Batch, Categories, Mixed, Requests, Tokens, column_of, concatenate


def words(column: Categories) -> list[str | None]:
    """Return a coded column as the words that it stands for."""
    return [None if code < 0 else column.vocabulary[code] for code in column.codes.tolist()]


def coded(*values: str | None) -> Categories:
    column, _ = column_of(values)
    assert isinstance(column, Categories)
    return column


def test_numbers_become_floats():
    """Numbers, whole or not, are a float64 column; None is NaN."""
    column, unusable = column_of([1, 2.5, None])
    np.testing.assert_array_equal(column, [1.0, 2.5, np.nan])
    assert column.dtype == np.float64
    assert unusable == 0


def test_text_becomes_categories():
    """Text is coded in order of appearance; None is missing."""
    column, unusable = column_of(["b", "a", None, "b"])
    assert column.vocabulary == ("b", "a")
    assert column.codes.tolist() == [0, 1, MISSING, 0]
    assert unusable == 0


def test_booleans_are_categories():
    """Booleans are no numbers, although Python says so."""
    column, _ = column_of([True, False, None])
    assert words(column) == ["true", "false", None]


def test_mixed_values_keep_both():
    """Numbers and text in one column stay beside each other, each row one of them."""
    column, unusable = column_of([1, "a", None, True, 2.5])
    assert isinstance(column, Mixed)
    np.testing.assert_array_equal(column.numbers, [1.0, np.nan, np.nan, np.nan, 2.5])
    assert words(column.categories) == [None, "a", None, "true", None]
    assert unusable == 0
    assert len(column) == 5


@pytest.mark.parametrize("values", [[1, [2], {}], ["a", [2], {}], [1, "a", [2], {}]])
def test_values_that_no_column_can_hold_are_counted(values):
    """Lists and dictionaries are missing, and counted."""
    column, unusable = column_of(values)
    assert unusable == 2
    assert len(column) == len(values)


def test_integers_beyond_float64_are_infinite():
    """An integer that no float can hold lands in an outer bin, with its sign."""
    column, unusable = column_of([10**400, -(10**400), None, 3])
    np.testing.assert_array_equal(column, [np.inf, -np.inf, np.nan, 3.0])
    assert unusable == 0


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_column_of_nothing_is_numeric(values):
    """No values, or none present, are missing numbers."""
    column, _ = column_of(values)
    assert isinstance(column, np.ndarray)
    assert np.isnan(column).all()
    assert len(column) == len(values)


def full_batch() -> Batch:
    """A batch with something in every field."""
    mixed, _ = column_of([1.0, "a", None])
    return Batch(
        3,
        inputs={"age": np.array([1.0, 2.0, 3.0]), "plan": coded("x", None, "y"), "code": mixed},
        outputs={"prediction": np.array([0.0, 1.0, 1.0])},
        probabilities=np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]),
        logits=np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 2.0]]),
        timestamps=np.array([10.0, np.nan, 30.0]),
        failed=np.array([False, True, False]),
        requests=Requests(2, np.array([0.1]), {"timeout": 1}),
        violations={("age", "wrong_type"): 4},
    )


@pytest.mark.parametrize(
    "rows", [np.array([True, False, True]), np.array([0, 2]), slice(0, None, 2)], ids=["mask", "indices", "slice"]
)
def test_taking_rows(rows):
    """A mask, indices or a slice give the same rows of every column; facts of requests stay with the whole."""
    batch = full_batch().take(rows)
    assert batch.rows == 2
    assert batch.inputs["age"].tolist() == [1.0, 3.0]
    assert words(batch.inputs["plan"]) == ["x", "y"]
    np.testing.assert_array_equal(batch.inputs["code"].numbers, [1.0, np.nan])
    assert batch.outputs["prediction"].tolist() == [0.0, 1.0]
    assert batch.probabilities.tolist() == [[0.9, 0.1], [0.3, 0.7]]
    assert batch.logits.shape == (2, 2)
    assert batch.timestamps.tolist() == [10.0, 30.0]
    assert batch.failed.tolist() == [False, False]
    assert batch.requests.count == 0
    assert batch.violations == {}


def test_columns_are_listed_with_their_role():
    """Every column comes with its role and name, inputs first."""
    assert [(role, name) for role, name, _ in full_batch().columns] == [
        ("input", "age"),
        ("input", "plan"),
        ("input", "code"),
        ("output", "prediction"),
    ]


def test_joining_what_was_cut():
    """Cutting a batch in two and joining the parts gives the same rows in every field."""
    whole = full_batch()
    joined = concatenate([whole.take(slice(0, 1)), whole.take(slice(1, None))])
    assert joined.rows == 3
    assert joined.inputs["age"].tolist() == [1.0, 2.0, 3.0]
    assert words(joined.inputs["plan"]) == ["x", None, "y"]
    np.testing.assert_array_equal(joined.inputs["code"].numbers, whole.inputs["code"].numbers)
    assert words(joined.inputs["code"].categories) == [None, "a", None]
    for name in ("probabilities", "logits", "timestamps", "failed"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_facts_of_requests_add():
    """Counts, latencies, failures and violations of joined batches are added."""
    joined = concatenate([full_batch(), full_batch()])
    assert joined.requests.count == 4
    assert joined.requests.latencies.tolist() == [0.1, 0.1]
    assert joined.requests.failures == {"timeout": 2}
    assert joined.violations == {("age", "wrong_type"): 8}


def test_one_batch_is_itself():
    """Joining a single batch costs nothing."""
    batch = full_batch()
    assert concatenate([batch]) is batch


@pytest.mark.parametrize("order", [1, -1])
def test_a_column_that_a_batch_lacks_is_missing(order):
    """Every field that one batch lacks is missing in its rows, whichever comes first."""
    joined = concatenate([full_batch(), Batch(2)][::order])
    gap = slice(3, None) if order == 1 else slice(0, 2)
    assert joined.rows == 5
    assert np.isnan(joined.inputs["age"][gap]).all()
    assert words(joined.inputs["plan"])[gap] == [None, None]
    assert np.isnan(joined.inputs["code"].numbers[gap]).all()
    assert np.isnan(joined.probabilities[gap]).all()
    assert np.isnan(joined.timestamps[gap]).all()
    assert joined.failed[gap].tolist() == [False, False]


def test_words_of_different_vocabularies_are_coded_together():
    """A category has one code after joining, whatever its code was before."""
    joined = concatenate([Batch(2, inputs={"p": coded("a", "b")}), Batch(3, inputs={"p": coded("b", None, "c")})])
    column = joined.inputs["p"]
    assert words(column) == ["a", "b", "b", None, "c"]
    assert len(set(column.vocabulary)) == len(column.vocabulary)


def test_numbers_and_words_of_one_column_become_mixed():
    """A column that was numeric in one batch and text in another keeps both."""
    joined = concatenate([Batch(1, inputs={"p": np.array([1.0])}), Batch(1, inputs={"p": coded("a")})])
    column = joined.inputs["p"]
    assert isinstance(column, Mixed)
    np.testing.assert_array_equal(column.numbers, [1.0, np.nan])
    assert words(column.categories) == [None, "a"]


@pytest.mark.parametrize("order", [1, -1])
def test_precisions_join_to_the_wider(order):
    """Float32 and float64 numbers join without losing a digit."""
    parts = [Batch(1, inputs={"x": np.float32([0.1])}), Batch(1, inputs={"x": np.array([0.1])})][::order]
    column = concatenate(parts).inputs["x"]
    assert column.dtype == np.float64
    assert sorted(column.tolist()) == sorted([0.1, float(np.float32(0.1))])


def test_the_precision_of_a_single_kind_stays():
    """Float32 columns stay float32 when a batch lacks them."""
    column = concatenate([Batch(1, inputs={"x": np.float32([0.1])}), Batch(1)]).inputs["x"]
    assert column.dtype == np.float32


def test_probabilities_of_another_width_are_missing():
    """Rows whose classes are others than the first batch's have unknown probabilities."""
    joined = concatenate([Batch(1, probabilities=np.array([[0.4, 0.6]])), Batch(1, probabilities=np.ones((1, 3)) / 3)])
    np.testing.assert_array_equal(joined.probabilities, [[0.4, 0.6], [np.nan, np.nan]])


def test_an_empty_batch():
    """A batch without rows joins and cuts like any other."""
    empty = Batch(0, inputs={"x": np.empty(0)})
    assert concatenate([empty, empty]).rows == 0
    assert empty.take(np.empty(0, dtype=bool)).rows == 0


def test_every_field_is_taken_and_joined():
    """A field added to Batch has to be thought of here."""
    assert [field.name for field in fields(Batch)] == [
        "rows",
        "inputs",
        "outputs",
        "probabilities",
        "logits",
        "timestamps",
        "failed",
        "requests",
        "violations",
        "report",
        "vectors",
        "tokens",
        "texts",
        "ids",
        "labels",
        "segments",
    ]


def test_segments_follow_their_rows():
    """Taken rows keep their segments; rows of a batch without segments are of none."""
    batch = Batch(2, segments={"country": coded("de", "at")})
    assert words(batch.take(np.array([1])).segments["country"]) == ["at"]
    joined = concatenate([batch, Batch(1), batch.take(np.array([1]))])
    assert words(joined.segments["country"]) == ["de", "at", None, "at"]


def test_vectors_and_tokens_follow_their_rows():
    """Taken rows bring their tokens and vectors; joined ones stand one behind the other, absent ones are empty."""
    tokens = Tokens(np.array([5, 6, 7], dtype=np.int32), np.array([0, 2, 2, 3]))
    batch = Batch(3, vectors={"e": np.arange(6.0).reshape(3, 2)}, tokens={"t": tokens})
    taken = batch.take(np.array([2, 0]))
    assert taken.tokens["t"].buckets.tolist() == [7, 5, 6]
    assert taken.vectors["e"].tolist() == [[4.0, 5.0], [0.0, 1.0]]
    joined = concatenate([taken, Batch(1), batch])
    assert joined.tokens["t"].lengths.tolist() == [1, 2, 0, 2, 0, 1]
    assert np.isnan(joined.vectors["e"][2]).all()
    assert len(joined.vectors["e"]) == joined.rows == 6


def test_texts_follow_their_rows():
    """Texts and lists of token numbers, of one length or not, are taken and joined row by row; absent ones are None."""
    batch = Batch(3, texts={"t": ("so it goes", [7, 12], None), "ids": ([1, 2], [3, 4], [5, 6])})
    taken = batch.take(np.array([True, False, True]))
    assert taken.texts == {"t": ("so it goes", None), "ids": ([1, 2], [5, 6])}
    assert concatenate([taken, Batch(1), batch.take(slice(1, 2))]).texts == {
        "t": ("so it goes", None, None, [7, 12]),
        "ids": ([1, 2], [5, 6], None, [3, 4]),
    }
