"""What becomes of the values of a column."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.batch import Categories, Mixed
from driftgauge.errors import SourceError
from driftgauge.sources import Roles, cells, from_arrays, from_frame, open_source, source

NAN = float("nan")


def texts(column):
    assert isinstance(column, Categories)
    return [None if code < 0 else column.vocabulary[code] for code in column.codes]


def written(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def inputs(made):
    (batch,) = made.batches()
    return batch.inputs


@pytest.mark.parametrize("marker", ["", "  ", "NA", "n/a", "NaN", "NULL", "None"])
def test_markers_are_missing_in_every_kind_of_column(marker):
    """An empty cell or a marker is NaN among numbers and missing among categories."""
    np.testing.assert_array_equal(cells.column(["1", marker]), [1.0, NAN])
    assert texts(cells.column(["a", marker])) == ["a", None]
    assert texts(cells.categories(["01", marker])) == ["01", None]
    np.testing.assert_array_equal(cells.column([marker]), [NAN])


def test_numbers_and_text_in_one_chunk_are_kept_side_by_side():
    """A mixed column loses neither: each row has its number or its category."""
    column = cells.column(["1", "a", "", "2e3"])
    assert isinstance(column, Mixed)
    np.testing.assert_array_equal(column.numbers, [1, NAN, NAN, 2000])
    assert texts(column.categories) == [None, "a", None, None]


@pytest.mark.parametrize("name", ["1_000", "true", "0x10", "12:30", "1,5"])
def test_what_merely_resembles_a_number_is_text(name):
    """Only decimal numbers are numbers."""
    assert texts(cells.column([name, name])) == [name, name]


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False), st.text(max_size=3)), min_size=1))
def test_every_cell_is_a_number_a_category_or_missing(values):
    """No cell is counted twice, none gets lost, and a number is read to the last bit."""
    written_cells = ["" if value is None else str(value) for value in values]
    column = cells.column(written_cells)
    numbers = column.numbers if isinstance(column, Mixed) else None if isinstance(column, Categories) else column
    names = column.categories if isinstance(column, Mixed) else column if isinstance(column, Categories) else None
    for place, (value, cell) in enumerate(zip(values, written_cells, strict=True)):
        number = NAN if numbers is None else numbers[place]
        name = None if names is None or names.codes[place] < 0 else names.vocabulary[names.codes[place]]
        assert name in {None, cell}
        assert np.isnan(number) or name is None
        if isinstance(value, float):
            assert number == value


def test_a_column_whose_kind_changes_is_told_chunk_by_chunk(tmp_path):
    """Numbers in one chunk and text in the next are not forced into one kind."""
    path = written(tmp_path / "t.csv", "a\n1\n2\nx\ny\n3\nz\n")
    kinds = [type(batch.inputs["a"]) for batch in open_source(path, chunk_rows=2).batches()]
    assert kinds == [np.ndarray, Categories, Mixed]


def test_codes_keep_their_zeros(tmp_path):
    """A categorical column of a text file is its text."""
    path = written(tmp_path / "t.csv", "zip\n00501\n10115\n")
    assert texts(inputs(open_source(path, Roles(categorical=("zip",))))["zip"]) == ["00501", "10115"]


@pytest.mark.parametrize("content", ["\ufeffa,b\r\n1,x\r\n", "a,b\n\n1,x", '"a","b"\n"1","x"\n\n'])
def test_a_csv_file_may_have_a_mark_blank_lines_and_any_line_end(content, tmp_path):
    """Byte order mark, CRLF, blank lines and a missing last line end change nothing."""
    found = inputs(open_source(written(tmp_path / "T.CSV", content)))
    assert found["a"].tolist() == [1.0]
    assert texts(found["b"]) == ["x"]


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    """No rows are no error, and the pass is complete."""
    made = open_source(written(tmp_path / "t.csv", "a,b\n"))
    assert list(made.batches()) == []
    assert made.progress() == 1.0


def test_running_numbers_are_column_names(tmp_path):
    """What unnamed columns are called when they are written is not mistaken for data."""
    assert list(inputs(open_source(written(tmp_path / "t.csv", "0,1,2\n5,6,7\n")))) == ["0", "1", "2"]


def test_a_chunk_of_text_is_bounded_in_cells(tmp_path, monkeypatch):
    """The wider a text file, the fewer rows are held at once."""
    monkeypatch.setattr(source, "CELLS", 6)
    path = written(tmp_path / "t.csv", "a,b,c\n" + "1,2,3\n" * 5)
    assert [batch.rows for batch in open_source(path).batches()] == [2, 2, 1]


def test_arrays_keep_single_precision_and_widen_the_rest():
    """float32 stays, integers become float64, half precision float32, booleans categories."""
    found = inputs(
        from_arrays(
            {
                "f4": np.array([0.1], dtype=np.float32),
                "swapped": np.array([0.5], dtype=">f4"),
                "f2": np.array([0.5], dtype=np.float16),
                "i": np.array([2**60], dtype=np.int64),
                "b": np.array([True]),
                "s": np.array(["x"]),
                "masked": np.ma.masked_array([1], mask=[True]),
                "list": [7],
            }
        )
    )
    dtypes = {name: column.dtype.name for name, column in found.items() if isinstance(column, np.ndarray)}
    assert dtypes == {
        "f4": "float32", "swapped": "float32", "f2": "float32", "i": "float64", "masked": "float64", "list": "float64",
    }  # fmt: skip
    assert texts(found["b"]) == ["true"]
    assert texts(found["s"]) == ["x"]
    assert np.isnan(found["masked"]).all()


def test_objects_become_what_they_stand_for():
    """Decimals, NumPy scalars, dates and time differences among objects are numbers, text is text."""
    values = [
        Decimal("1.5"),
        np.int64(2),
        dt.date(1970, 1, 2),
        dt.timedelta(minutes=1),
        np.datetime64(3, "s"),
        None,
        "x",
        True,
    ]
    column = inputs(from_arrays({"a": values}))["a"]
    assert isinstance(column, Mixed)
    np.testing.assert_array_equal(column.numbers, [1.5, 2, 86400, 60, 3, NAN, NAN, NAN])
    assert texts(column.categories)[-2:] == ["x", "true"]


def test_text_with_nan_for_missing_is_text():
    """A list as pandas writes it, NaN among text, is no mixture."""
    assert texts(inputs(from_arrays({"a": ["x", NAN]}))["a"]) == ["x", None]


def test_a_value_that_no_column_holds_names_the_column():
    """A list among numbers is an error, categorical or not."""
    for roles in (Roles(), Roles(categorical=("a",))):
        with pytest.raises(SourceError, match=r"column 'a': expected .* found a list; `ignore` leaves the column out"):
            list(from_arrays({"a": [1, [2]]}, roles).batches())


def test_frames_of_nullable_and_categorical_types():
    """Nullable, categorical, text, boolean and time columns of pandas lose nothing but their types."""
    frame = pd.DataFrame(
        {
            "Int64": pd.array([1, None], dtype="Int64"),
            "Float32": pd.array([0.5, None], dtype="Float32"),
            "boolean": pd.array([True, None], dtype="boolean"),
            "string": pd.array(["x", None], dtype="string"),
            "arrow": pd.array([1.5, None], dtype="double[pyarrow]"),
            "category": pd.Categorical(["b", None], categories=["a", "b"]),
            "codes": pd.Categorical([7, None]),
            "bin": pd.Categorical([pd.Interval(0, 1), None]),
            "mixed": pd.Series([1, "x"], dtype=object),
            "naive": pd.to_datetime(["1970-01-01T00:01", None]),
            "zoned": pd.to_datetime(["1970-01-01T01:01+01:00", None]).tz_convert("Europe/Berlin"),
            "span": pd.to_timedelta(["1min", None]),
            3: [1.0, 2.0],
        }
    )
    found = inputs(from_frame(frame))
    for name, value in {"Int64": 1, "Float32": 0.5, "arrow": 1.5, "naive": 60, "zoned": 60, "span": 60}.items():
        np.testing.assert_array_equal(found[name], [value, NAN], err_msg=name)
    for name, text in {"boolean": "true", "string": "x", "category": "b", "codes": "7", "bin": "(0, 1]"}.items():
        assert texts(found[name]) == [text, None], name
    assert found["Float32"].dtype == np.float32
    assert isinstance(found["mixed"], Mixed)
    assert found["3"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", ["string", "object"])
def test_texts_of_a_frame_are_coded_in_order_of_appearance(dtype):
    """Whatever holds them, an empty text is a text, and a column of missing values alone holds none."""
    frame = pd.DataFrame(
        {"plan": pd.Series(["b", None, "", "a", "b"], dtype=dtype), "none": pd.Series([None] * 5, dtype=dtype)}
    )
    found = inputs(from_frame(frame))
    assert found["plan"].vocabulary == ("b", "", "a")
    assert found["plan"].codes.tolist() == [0, -1, 1, 2, 0]
    assert found["plan"].codes.dtype == np.int32
    assert np.isnan(found["none"]).all()


def test_a_frame_with_one_name_twice_is_refused():
    """Two columns of one name cannot be told apart."""
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(SourceError, match="dataframe: expected distinct column names, found 'a' more than once"):
        list(from_frame(frame).batches())


def test_parquet_types(tmp_path):
    """Each Arrow type that stands for a number, a name or a time becomes that."""
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    minute = dt.datetime(1970, 1, 1, 0, 1)  # noqa: DTZ001 - a naive time is the case under test
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table(
            {
                "f4": pa.array([0.5, None], pa.float32()),
                "f2": pa.array(np.array([0.5, NAN], dtype=np.float16)),
                "i8": pa.array([2**60, None], pa.int64()),
                "u1": pa.array([7, None], pa.uint8()),
                "money": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
                "null": pa.nulls(2),
                "at": pa.array([minute, None], pa.timestamp("ms")),
                "zoned": pa.array([minute, None], pa.timestamp("us", "Europe/Berlin")),
                "day": pa.array([dt.date(1970, 1, 2), None]),
                "span": pa.array([dt.timedelta(minutes=1), None]),
                "clock": pa.array([dt.time(0, 1), None]),
                "flag": pa.array([True, None]),
                "text": pa.array(["x", None]),
                "large": pa.array(["x", None], pa.large_string()),
                "names": pa.array(["x", None]).dictionary_encode(),
                "numbers": pa.array([7, None]).dictionary_encode(),
                "zip": pa.array([2**60 + 1, None]),
                "__index_level_0__": pa.array([1, 2]),
            }
        ),
        path,
    )
    found = inputs(open_source(path, Roles(categorical=("zip",))))
    numbers = {
        "f4": 0.5, "f2": 0.5, "i8": 2.0**60, "u1": 7, "money": 1.5, "null": NAN, "at": 60, "zoned": 60, "day": 86400,
        "span": 60, "clock": 60, "numbers": 7,
    }  # fmt: skip
    names = {"flag": "true", "text": "x", "large": "x", "names": "x", "zip": str(2**60 + 1)}
    for name, value in numbers.items():
        np.testing.assert_array_equal(found[name], [value, NAN], err_msg=name)
    for name, text in names.items():
        assert texts(found[name]) == [text, None], name
    assert [found[name].dtype.name for name in ("f4", "f2")] == ["float32", "float32"]
    assert found.keys() == numbers.keys() | names.keys()


def test_a_nested_parquet_column_can_be_ignored(tmp_path):
    """A column of lists is an error that says how to leave it out, and left out it is none."""
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1.0], "tags": [["x"]]}), path)
    with pytest.raises(SourceError, match=r"column 'tags': expected .*, found list<.*`ignore` leaves the column out"):
        list(open_source(path).batches())
    assert list(inputs(open_source(path, Roles(ignore=("tags",))))) == ["a"]


def test_json_lines_may_lack_keys(tmp_path):
    """A key that a line lacks is missing there, and a key once seen is a column from then on."""
    path = written(tmp_path / "t.jsonl", '{"a": 1}\n{"a": 2}\n{"b": "x"}\n{"b": null}\n{"a": 3}\n')
    found = [batch.inputs for batch in open_source(path, chunk_rows=2).batches()]
    assert [list(columns) for columns in found] == [["a"], ["a", "b"], ["a", "b"]]
    assert np.isnan(found[1]["a"]).all()
    assert texts(found[1]["b"]) == ["x", None]


def test_observations_bring_their_roles(tmp_path):
    """What the exporter takes over HTTP can be read from a file: features, prediction, probabilities, time."""
    observation = {
        "id": "6f1d-42", "ts": "1970-01-01T00:01:00Z", "features": {"age": 41, "plan": "basic"}, "prediction": 1,
        "proba": [0.25, 0.75], "latency_s": 0.012, "status": "ok", "segment": {"country": "de"}, "label": 0,
    }  # fmt: skip
    path = written(tmp_path / "t.ndjson", json.dumps(observation) + "\n" + json.dumps({"prediction": 0}) + "\n")
    (batch,) = open_source(path, Roles(outputs=("label",))).batches()
    assert list(batch.inputs) == ["age", "plan"]
    assert batch.outputs["prediction"].tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(batch.outputs["label"], [0.0, NAN])
    np.testing.assert_array_equal(batch.probabilities, [[0.25, 0.75], [NAN, NAN]])
    np.testing.assert_array_equal(batch.timestamps, [60.0, NAN])
