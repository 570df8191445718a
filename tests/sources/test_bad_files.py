"""What is wrong with a file is said with its name, the line and what was expected."""

from __future__ import annotations

import gzip
import importlib
from pathlib import Path

import pytest

from driftgauge.errors import SourceError
from driftgauge.sources import Roles, from_arrays, from_frame, lines, open_source

HEAD = b"age,plan\n41,basic\n"

BAD = {
    "ragged": ("t.csv", HEAD + b"1,2,3\n", "line 3: expected 2 cells, as in the header, found 3"),
    "short": ("t.csv", HEAD + b"\n\n7\n", "line 5: expected 2 cells, as in the header, found 1"),
    "ragged after a line break in quotes": ("t.csv", HEAD + b'1,"a\nb"\n7\n', "line 5: expected 2 cells"),
    "duplicate header": ("t.csv", b"age,age\n1,2\n", "found 'age' more than once"),
    "nameless column": ("t.csv", b",age\n0,2\n", "line 1: column 1 of the header has no name"),
    "no header": ("t.csv", b"41.5,3\n37,4\n", "line 1: expected a header, found numbers only: 41.5, 3"),
    "empty": ("t.csv", b"", "the file is empty, expected a header"),
    "blank": ("t.csv", b"\n\n", "the file is empty, expected a header"),
    "latin-1": (
        "t.csv",
        HEAD + "1,gr\u00f6\u00dfe\n".encode("latin-1"),
        "line 3: expected UTF-8 text, found the byte 0xf6",
    ),
    "UTF-16": ("t.csv", HEAD.decode().encode("utf-16"), "line 1: expected UTF-8 text, found the byte 0xff"),
    "open quote": ("t.csv", HEAD + b'1,"a\n2,b\n', "line 3: expected delimited text with quotes in pairs"),
    "text after a quote": ("t.tsv", b'a\tb\n1\t"x"y\n', "line 2: expected delimited text with quotes in pairs"),
    "cut-off gzip": ("t.csv.gz", gzip.compress(HEAD * 999)[:-20], "the gzip stream is damaged or cut off"),
    "damaged gzip": ("t.jsonl.gz", gzip.compress(b"{}" * 9)[:12] + b"\0" * 9, "the gzip stream is damaged or cut off"),
    "no JSON": ("t.jsonl", b'{"a": 1}\n\n{"a": \n', "line 3: expected a JSON object ("),
    "no object": ("t.jsonl", b'{"a": 1}\n[1]\n', "line 2: expected a JSON object, found a list"),
    "deep JSON": ("t.jsonl", b"[" * 200_000, "line 1: expected a JSON object ("),
    "nested value": ("t.jsonl", b'{"a": 1}\n{"a": [1]}\n', "line 2: column 'a': expected numbers, text or nothing"),
    "no features": ("t.jsonl", b'{"features": {}}\n{"features": 3}', "line 2: expected an object of features"),
    "feature and field": ("t.jsonl", b'{"ts": 1, "features": {"ts": 2}}', "line 1: 'ts' is both a feature and a field"),
    "empty JSON lines": ("t.ndjson", b"", "the file is empty, expected one JSON object a line"),
    "no Parquet": ("t.parquet", HEAD, "expected a whole Parquet file"),
    "empty Parquet": ("t.pq", b"", "expected a whole Parquet file"),
}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_an_error_that_names_file_and_line(name, content, message, tmp_path):
    """Every way in which a file can be broken is a SourceError that says where and what was expected."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        list(open_source(path).batches())
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_cut_off_parquet_is_an_error(tmp_path):
    """A Parquet file without its footer cannot be counted or read."""
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "t.parquet"
    pandas.DataFrame({"a": range(999)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-9])
    source = open_source(path)
    for use in (source.rows, lambda: next(source.batches())):
        with pytest.raises(SourceError, match="expected a whole Parquet file"):
            use()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "no such file"),
        ("folder.csv", "expected a file, found a directory"),
        ("table.xlsx", "unknown kind of file, expected a name that ends in .csv, .csv.gz"),
        ("table", "unknown kind of file"),
    ],
)
def test_a_path_that_is_no_table_is_refused_at_once(name, message, tmp_path):
    """Opening alone refuses what is not there, not a file or of no known kind."""
    (tmp_path / "folder.csv").mkdir()
    for file in ("table.xlsx", "table"):
        (tmp_path / file).touch()
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / name)


def test_a_chunk_of_no_rows_is_refused(tmp_path):
    """At least one row makes a chunk."""
    (tmp_path / "t.csv").write_bytes(HEAD)
    with pytest.raises(SourceError, match="at least one row a chunk"):
        open_source(tmp_path / "t.csv", chunk_rows=0)
    with pytest.raises(SourceError, match="at least one row a chunk"):
        list(from_arrays({"a": [1]}, chunk_rows=-1).batches())


def test_a_file_that_vanishes_is_an_error(tmp_path):
    """What the system says about a file is passed on with its name."""
    path = tmp_path / "t.csv"
    path.write_bytes(HEAD)
    source = open_source(path)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read \\(No such file"):
        next(source.batches())


def test_an_endless_line_is_an_error(tmp_path, monkeypatch):
    """A line has a limit, so a file that is no text is not read whole."""
    monkeypatch.setattr(lines, "LONGEST", 32)
    (tmp_path / "t.csv").write_bytes(HEAD + b"x" * 99)
    with pytest.raises(SourceError, match="line 3: expected at most 32 bytes in a line"):
        list(open_source(tmp_path / "t.csv").batches())


@pytest.mark.parametrize(
    "roles",
    [
        Roles(prediction="paln"),
        Roles(timestamp="paln"),
        Roles(probabilities=("paln",)),
        Roles(features=("age", "paln")),
        Roles(outputs=("paln",)),
        Roles(ignore=("paln",)),
        Roles(categorical=("paln",)),
    ],
)
def test_a_column_that_is_not_there_lists_those_that_are(roles, tmp_path):
    """A wrong name in any role is an error with the near match and the columns."""
    (tmp_path / "t.csv").write_bytes(HEAD)
    with pytest.raises(
        SourceError, match=r"no column 'paln' for \w+, did you mean 'plan'\?; the columns are age, plan"
    ):
        list(open_source(tmp_path / "t.csv", roles).batches())


def test_a_wide_table_lists_its_first_columns():
    """A message stays readable however many columns there are."""
    source = from_arrays({f"c{place}": [1] for place in range(300)}, Roles(prediction="target"))
    with pytest.raises(SourceError, match=r"c19 and 280 more$"):
        list(source.batches())


def test_without_pyarrow_the_error_names_the_extra(tmp_path, monkeypatch):
    """A missing extra is said with the command that installs it."""

    def refuse(name: str) -> None:
        raise ImportError(name)

    (tmp_path / "t.parquet").touch()
    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(SourceError, match=r'pip install "driftgauge\[parquet\]"'):
        next(open_source(tmp_path / "t.parquet").batches())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "expected at least one column"),
        ({"a": [1], "b": [1, 2]}, "column 'b' has 2 rows, column 'a' has 1"),
        ({"a": [[1, 2], [3, 4]]}, "found a list"),
    ],
)
def test_arrays_that_are_no_table_are_refused(columns, message):
    """Columns have one dimension and one length."""
    with pytest.raises(SourceError, match=message):
        list(from_arrays(columns).batches())


def test_what_is_no_frame_is_refused():
    """A path or a list is not mistaken for a data frame."""
    with pytest.raises(SourceError, match="expected a pandas data frame, found a PosixPath"):
        from_frame(Path("t.csv"))
