"""Raw fields of a batch as what a reference made of them."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch, Mixed, column_of
from driftgauge.derive import with_texts


def texts(*said):
    return column_of(list(said))[0]


def test_a_text_is_taken_from_wherever_it_is():
    """A column of inputs or of outputs, what a decoder brought beside them, or token numbers by position."""
    batch = Batch(
        2,
        inputs={
            "asked": texts("a b", None),
            "ids[0]": np.array([5.0, np.nan]),
            "ids[1]": np.array([6.0, np.nan]),
            "age": np.ones(2),
        },
        outputs={"told": texts("c", "d e f")},
        texts={"seen": ("g h", [1, 2, 3])},
        violations={("seen", "wrong_type"): 1, ("age", "wrong_type"): 1},
    )
    found = with_texts(batch, ["asked", "told", "seen", "ids", "absent"])
    assert found.inputs["asked.length"].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert found.outputs["told.length"].tolist() == [1.0, 3.0]
    assert found.inputs["seen.length"].tolist() == [2.0, 3.0]
    assert found.inputs["ids.length"].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert {name: tokens.lengths.tolist() for name, tokens in found.tokens.items()} == {
        "asked": [2, 0], "told": [1, 3], "seen": [2, 3], "ids": [2, 0],
    }  # fmt: skip
    assert found.violations == {("age", "wrong_type"): 1}
    assert not {"asked", "ids[0]", "ids[1]"} & found.inputs.keys()
    assert "age" in found.inputs
    assert not found.texts


def test_numbers_beyond_64_bits_are_tokens_like_infinite_ones():
    """A finite number that no integer of 64 bits holds counts as a token, as an infinite one does."""
    columns = {"ids[0]": np.array([2.0**63, np.inf, -1e300, -(2.0**63), 0.0]), "ids[1]": np.full(5, 7.0)}
    found = with_texts(Batch(5, inputs=columns), ["ids"])
    assert found.inputs["ids.length"].tolist() == [2.0] * 5
    rows = [found.tokens["ids"].buckets[first : first + 2].tolist() for first in range(0, 10, 2)]
    assert rows[0] == rows[1] == rows[2] == rows[3] == rows[4]


def test_facts_have_the_role_that_they_are_said_to_have():
    """A text beside the columns is an output where the reference has it so."""
    batch = Batch(1, inputs={"x": texts("a")}, texts={"y": ("b",)})
    found = with_texts(batch, ["x", "y"], outputs={"y"})
    assert "x.length" in found.inputs
    assert "y.length" in found.outputs


@pytest.mark.parametrize(
    "columns",
    [
        {"ids[0]": np.array([0.5, 1.0]), "ids[1]": np.ones(2)},
        {"ids[0]": np.array([1.0, 1.0]), "ids[1]": np.array([1.0, np.nan])},
        {"ids[1]": np.ones(2)},
        {"ids": np.ones(2)},
    ],
    ids=["fractions", "holes", "no first", "a number"],
)
def test_numbers_that_are_no_tokens_stay(columns):
    """Only whole numbers from the first position on, all of a row's or none, are tokens."""
    found = with_texts(Batch(2, inputs=columns), ["ids"])
    assert found.inputs.keys() == columns.keys()
    assert not found.tokens


def test_numbers_among_texts_are_no_texts():
    """Of a column that mixes both, only the texts have facts."""
    mixed = Mixed(np.array([3.0, np.nan]), texts(None, "a b"))
    found = with_texts(Batch(2, inputs={"t": mixed}), ["t"])
    assert found.inputs["t.length"].tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)


def test_a_text_without_its_tokenizer_has_no_tokens():
    """Characters are the same for everybody; tokens and lengths are the tokenizer's, token numbers have come through it."""
    batch = Batch(3, texts={"t": ("a b", [7, 8], None)})
    found = with_texts(batch, ["t"], own={"t"})
    assert found.inputs["t.characters"].tolist() == pytest.approx([3.0, np.nan, np.nan], nan_ok=True)
    assert found.inputs["t.length"].tolist() == pytest.approx([np.nan, 2.0, np.nan], nan_ok=True)
    assert found.tokens["t"].lengths.tolist() == [0, 2, 0]
