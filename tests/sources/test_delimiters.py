"""CSV files whose cells another character separates."""

from __future__ import annotations

import pytest

from driftgauge.errors import SourceError
from driftgauge.sources import open_source
from tests.sources.test_formats import plain


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","], ids=["semicolon", "tab", "bar", "comma"])
def test_the_delimiter_is_what_is_said(tmp_path, delimiter):
    """Any one character may separate cells."""
    path = tmp_path / "t.csv"
    path.write_text("\n".join(delimiter.join(row) for row in (["age", "plan"], ["41", "basic"], ["37", "pro"])))
    batch = next(open_source(path, delimiter=delimiter).batches())
    assert {name: plain(column) for name, column in batch.inputs.items()} == {
        "age": [41.0, 37.0],
        "plan": ["basic", "pro"],
    }


@pytest.mark.parametrize(
    ("name", "header", "called"),
    [
        ("t.csv", "age;plan;at\n41;a;1\n", "semicolons (3 columns, by commas 1); say so with --delimiter ';'"),
        ("t.csv", "age\tplan\n41\ta\n", "tabs (2 columns"),
        ("t.csv", "a;b;c,d;e\n1;2;3,4;5\n", "semicolons (4 columns, by commas 2)"),
        ("t.tsv", "age,plan\n41,a\n", "commas (2 columns, by tabs 1)"),
    ],
    ids=["semicolon", "tab", "mixed", "comma"],
)
def test_a_header_that_looks_otherwise_separated_is_told(tmp_path, name, header, called):
    """One column with a strange name is refused with what to say; saying it makes it so."""
    path = tmp_path / name
    path.write_text(header)
    with pytest.raises(SourceError) as error:
        next(open_source(path).batches())
    assert called in str(error.value)
    assert "line 1: the header looks separated by" in str(error.value)


def test_a_strange_name_may_be_insisted_on(tmp_path):
    """Whoever names the usual delimiter gets the file as it is."""
    path = tmp_path / "t.csv"
    path.write_text("age;years\n41\n")
    assert set(next(open_source(path, delimiter=",").batches()).inputs) == {"age;years"}


def test_delimiters_that_are_none(tmp_path):
    """A delimiter is one character, and only text has one."""
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1;2\n")
    with pytest.raises(SourceError, match="expected one character"):
        open_source(path, delimiter=";;")
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(SourceError, match="for CSV and TSV files only"):
        open_source(tmp_path / "t.jsonl", delimiter=";")
