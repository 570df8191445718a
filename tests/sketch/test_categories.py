"""Category counts: named categories, other, missing, unseen."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.sketch import TOP_CATEGORIES, CategorySpec
from driftgauge.sketch.categories import KEPT_WORDS

SPEC = CategorySpec((("basic", "plus", "pro"), ("yes",)), (("rare",), ()), (True, False))


def count(spec: CategorySpec, *columns: list[str]):
    return spec.of(np.stack([spec.encode(number, words) for number, words in enumerate(columns)]))


def test_named_categories_have_their_cells():
    """A named category is counted at its position."""
    counts = count(SPEC, ["plus", "basic", "plus"], ["yes", "yes", "yes"])
    assert counts.counts.tolist() == [[1, 2, 0, 0, 0], [3, 0, 0, 0, 0]]


def test_the_tail_is_other_but_not_unseen():
    """A category that the reference had, but without a cell, is other and known."""
    counts = count(SPEC, ["rare"], ["yes"])
    assert counts.counts[0].tolist() == [0, 0, 0, 1, 0]
    assert counts.unseen.tolist() == [0, 0]


def test_an_unknown_category_is_other_and_unseen():
    """A category that the reference did not have is counted twice: as other, and as unseen."""
    counts = count(SPEC, ["gold", "basic"], ["yes", "yes"])
    assert counts.counts[0].tolist() == [1, 0, 0, 1, 0]
    assert counts.unseen.tolist() == [1, 0]
    assert counts.unseen_ratio.tolist() == [0.5, 0.0]


def test_an_incomplete_reference_knows_nothing_unseen():
    """Where the reference's categories are not all known, an unknown one is other only."""
    counts = count(SPEC, ["basic"], ["no"])
    assert counts.counts[1].tolist() == [0, 0, 0, 1, 0]
    assert counts.unseen.tolist() == [0, 0]


def test_missing_values_have_the_last_cell():
    """Missing values are counted, and are no part of the share of unseen ones."""
    counts = SPEC.of(np.array([[SPEC.missing, SPEC.unseen], [SPEC.missing, SPEC.missing]]))
    assert counts.counts[:, -1].tolist() == [1, 2]
    assert counts.missing_ratio.tolist() == [0.5, 1.0]
    assert counts.unseen_ratio[0] == 1.0
    assert np.isnan(counts.unseen_ratio[1])


def test_every_row_is_counted_once():
    """The cells of a column add up to its rows, whatever the codes are."""
    codes = np.random.default_rng(1).integers(0, SPEC.unseen + 1, (2, 500))
    assert SPEC.of(codes).total.tolist() == [500, 500]


def test_used_cells():
    """A column uses its own names, other and missing; the cells between are none of its own."""
    assert SPEC.valid.tolist() == [[True] * 5, [True, False, False, True, True]]


def test_a_name_wins_over_the_tail():
    """A category listed both ways keeps its cell."""
    spec = CategorySpec((("a",),), (("a", "b"),), (True,))
    assert spec.encode(0, ["a", "b", "c"]).tolist() == [0, spec.other, spec.unseen]


@pytest.mark.parametrize("rows", [0, 1])
def test_tiny_batches(rows):
    """No row counts nothing, one row once."""
    assert SPEC.of(np.zeros((2, rows), dtype=np.int32)).total.tolist() == [rows, rows]


def test_no_columns():
    """A model without categorical columns has empty counts, not an error."""
    spec = CategorySpec((), (), ())
    assert spec.of(np.empty((0, 3), dtype=np.int32)).counts.shape == (0, 2)


def test_widest_column():
    """With all named categories a column has 64 cells."""
    spec = CategorySpec((tuple(map(str, range(TOP_CATEGORIES))),), ((),), (True,))
    assert spec.width == 64


def test_the_codes_of_a_dictionary_are_kept():
    """The same words, in other objects too, are looked up once; other words, or another column's, anew."""
    spec = CategorySpec((("basic", "plus"), ("plus",)), ((), ()), (True, True))
    first = spec.table(0, ("plus", "gold"))
    assert first.tolist() == [1, spec.unseen, spec.missing]
    assert spec.table(0, tuple(word.strip() for word in ("plus ", "gold "))) is first
    assert spec.table(1, ("plus", "gold")).tolist() == [0, spec.unseen, spec.missing]
    assert spec.table(0, ("gold", "plus")).tolist() == [spec.unseen, 1, spec.missing]
    assert spec.table(0, ("plus", "gold")).tolist() == first.tolist()


def test_a_long_dictionary_is_not_kept():
    """What is kept is bounded: 64 KiB a column."""
    spec = CategorySpec((("basic",),), ((),), (True,))
    words = tuple(map(str, range(KEPT_WORDS + 1)))
    assert spec.table(0, words) is not spec.table(0, words)
    assert len(spec.table(0, words)) == KEPT_WORDS + 2
