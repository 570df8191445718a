"""Facts of texts and of token numbers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from driftgauge.derive import mixed_facts, text_facts, token_facts, token_table_facts
from driftgauge.derive.text import _BUCKETS
from driftgauge.sketch import TOKEN_BUCKETS


def test_facts_of_texts():
    """Length in tokens, characters, digits and letters beyond ASCII are counted; a missing text has none."""
    facts = text_facts(["abc 12", "", None, "\u00e9\u0663 x"]).columns
    assert facts["text.length"].tolist()[:2] == [2.0, 0.0]
    assert facts["text.characters"].tolist()[:2] == [6.0, 0.0]
    assert facts["text.digit_ratio"][0] == pytest.approx(2 / 6)
    assert facts["text.digit_ratio"][3] == pytest.approx(1 / 4)  # an Arabic digit
    assert facts["text.non_ascii_ratio"].tolist()[3] == 0.5
    assert np.isnan([facts["text.length"][2], facts["text.digit_ratio"][1], facts["text.characters"][2]]).all()
    assert "text.oov_ratio" not in facts


def test_any_tokenizer_and_vocabulary():
    """Tokens are what the callable returns, and unknown ones are those that the vocabulary lacks."""
    facts = text_facts(["abca", "", None], "note", tokenize=list, vocabulary={"a"})
    assert facts.columns["note.length"].tolist()[:2] == [4.0, 0.0]
    assert facts.columns["note.oov_ratio"].tolist() == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert facts.tokens.lengths.tolist() == [4, 0, 0]
    assert facts.tokens.buckets[0] == facts.tokens.buckets[3]


def test_token_numbers():
    """Padding does not count; rows of any length do."""
    square = token_facts(np.array([[5, 6, 0, 0], [7, 0, 0, 0]]), padding=0, vocabulary=range(6))
    ragged = token_facts([[5, 6], [7]], vocabulary=range(6))
    assert square.columns["text.length"].tolist() == [2.0, 1.0]
    assert square.columns["text.oov_ratio"].tolist() == [0.5, 1.0]
    assert square.tokens.buckets.tolist() == ragged.tokens.buckets.tolist()
    assert token_facts([]).columns["text.length"].tolist() == []


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: text_facts(["a", 3]), TypeError, "text, row 1: expected a text or None, got int"),
        (lambda: token_facts([[1.5]]), ValueError, "row 0: expected whole numbers"),
        (lambda: token_facts([[[1]]]), ValueError, "one dimension"),
    ],
    ids=["no text", "no integer", "too deep"],
)
def test_what_is_no_text_is_refused(call, error, message):
    """The error names the field, the row and what came."""
    with pytest.raises(error, match=message):
        call()


def test_hashes_are_the_same_in_every_process():
    """A profile is read elsewhere, so buckets do not depend on Python's own hashing."""
    code = "from driftgauge.derive import text_facts as f; print(f(['the cat']).tokens.buckets.tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=None)
    assert done.stdout.strip() == str(text_facts(["the cat"]).tokens.buckets.tolist())


def test_buckets_are_those_of_the_sketch():
    """The client knows no sketches, but hashes into as many buckets as they have."""
    assert _BUCKETS == TOKEN_BUCKETS
    spread = np.bincount(token_facts([range(20_000)]).tokens.buckets, minlength=TOKEN_BUCKETS)
    assert spread.min() > 0


@pytest.mark.parametrize(
    "text",
    [
        "the cat  sat\ton\nthe mat ",
        "a\x1cb\x1fc d",
        "caf\u00e9 au\u00a0lait",
        "\u0660\u0661 12 ab3",
        "\ud800 lone",
        " ",
        "0 1 2",
    ],
    ids=["plain", "separators", "accents", "digits", "surrogate", "blank", "numbers"],
)
def test_words_are_the_same_on_every_way(text):
    """The short way of plain ASCII gives what splitting and counting letter by letter do."""
    quick = text_facts([text, "x"])
    slow = text_facts([text, "x"], tokenize=lambda text: text.split())
    assert quick.tokens.buckets.tolist() == slow.tokens.buckets.tolist()
    assert quick.columns["text.length"].tolist() == slow.columns["text.length"].tolist() == [len(text.split()), 1.0]
    assert quick.columns["text.characters"][0] == len(text)
    assert quick.columns["text.digit_ratio"][0] == pytest.approx(sum(letter.isdecimal() for letter in text) / len(text))
    assert quick.columns["text.non_ascii_ratio"][0] == pytest.approx(
        sum(letter > "\x7f" for letter in text) / len(text)
    )


def test_rows_of_texts_and_of_numbers():
    """A row that is a list of token numbers has a length and tokens, and no characters."""
    facts = mixed_facts(["so it goes", [7, 7], None, [], ""])
    assert facts.columns["text.length"].tolist()[:2] == [3.0, 2.0]
    assert facts.columns["text.length"].tolist()[3:] == [0.0, 0.0]
    assert facts.columns["text.characters"].tolist()[0] == 10.0
    assert np.isnan(facts.columns["text.characters"][1:4]).all()
    assert facts.tokens.lengths.tolist() == [3, 2, 0, 0, 0]
    assert facts.tokens.buckets[3:].tolist() == token_facts([[7, 7]]).tokens.buckets.tolist()


@pytest.mark.parametrize("dtype", ["i1", "u8", "i8"])
@pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])
def test_a_table_of_token_numbers_is_its_rows(dtype, masked):
    """The facts and buckets of a table are those of its rows one by one, those without a token among them."""
    rng = np.random.default_rng(3)
    for shape in ((0, 3), (1, 1), (40, 1), (12, 9)):
        table = rng.integers(0, 256, (*shape, 8), dtype=np.uint8).view(np.uint64)[..., 0].astype(dtype)
        kept = rng.random(shape) < 0.4 if masked else None
        rows = [row if kept is None else row[kept[i]] for i, row in enumerate(table)]
        expected, found = token_facts(rows, "ids"), token_table_facts(table, "ids", kept)
        assert found.columns.keys() == expected.columns.keys()
        np.testing.assert_array_equal(found.columns["ids.length"], expected.columns["ids.length"])
        np.testing.assert_array_equal(found.tokens.buckets, expected.tokens.buckets)
        np.testing.assert_array_equal(found.tokens.starts, expected.tokens.starts)
        assert (found.tokens.buckets.dtype, found.tokens.starts.dtype) == (np.int32, np.int64)
