"""What arrives equals what was logged."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u2", ">f4"])
def test_an_array_row_keeps_its_values(monitor, exporter, dtype):
    """Numbers of every precision arrive as they were."""
    rows = (RNG.random((130, 5)) * 100).astype(dtype)
    for row in rows:
        monitor.log(features=row, prediction=1)
    assert monitor.flush()
    arrived = [exporter.column(f"x[{j}]") for j in range(5)]
    assert arrived == rows.T.tolist()


def test_a_float_keeps_its_precision(monitor, exporter):
    """32-bit floats are not widened on the way, so that the exporter can match edges in their own precision."""
    monitor.log(features=RNG.random((3, 4), dtype=np.float32), proba=np.full((3, 2), 0.5, np.float32))
    assert monitor.flush()
    (batch,) = exporter.batches
    assert {batch.inputs["x[0]"].dtype, batch.probabilities.dtype} == {np.dtype("f4")}


def test_one_body_carries_one_tensor_of_features(monitor, exporter):
    """Rows of an array share a tensor, whatever their number of columns."""
    monitor.log(features=RNG.random((200, 50)))
    assert monitor.flush()
    assert [tensor["shape"] for tensor in exporter.sent[0].header["inputs"]] == [[200, 50]]


def test_columns_name_array_rows(make, exporter):
    """`columns` names the columns of plain arrays."""
    monitor = make(exporter, columns=["age", "fare"])
    monitor.log(features=np.array([41.0, 7.25]), prediction=0)
    assert monitor.flush()
    assert (exporter.column("age"), exporter.column("fare")) == ([41.0], [7.25])


def test_dictionaries_arrive_as_columns(monitor, exporter):
    """Numbers, texts, booleans, missing values and values that only some rows have."""
    rows = [
        {"age": 41, "plan": "basic", "member": True, "größe": 1.5},
        {"age": None, "plan": None, "member": False},
        {"age": 37.5, "plan": "日本", "member": None, "größe": math.nan, "new": np.float32(0.5)},
    ]
    for number, row in enumerate(rows):
        monitor.log(features=row, prediction=number)
    assert monitor.flush()
    assert exporter.column("age") == [41, None, 37.5]
    assert exporter.column("plan") == ["basic", None, "日本"]
    assert exporter.column("member") == ["true", "false", None]
    assert exporter.column("größe") == [1.5, None, None]
    assert exporter.column("new") == [None, None, 0.5]
    assert exporter.column("prediction", "outputs") == [0, 1, 2]


def test_numbers_and_texts_in_one_column_stay_what_they_are(monitor, exporter):
    """A column of both kinds is divided by rows, not converted."""
    for value in (1, "one", 2.5, None, "two"):
        monitor.log(features={"mixed": value}, prediction=1)
    assert monitor.flush()
    assert sorted(exporter.column("mixed"), key=str) == [1, 2.5, None, "one", "two"]
    assert exporter.rows == exporter.total("predictions") == 5


def test_special_values(monitor, exporter):
    """Infinities stay, times become seconds, decimals numbers; what is no value is missing."""
    when = datetime(2026, 9, 14, 8, tzinfo=UTC)
    features = {
        "inf": -math.inf,
        "when": when,
        "price": Decimal("9.5"),
        "np": np.int16(3),
        "day": np.datetime64("1970-01-02"),
    }
    monitor.log(features=features | {"huge": 10**400, "odd": object})
    assert monitor.flush()
    assert exporter.column("inf")[-1] == -math.inf
    assert exporter.column("when")[-1] == when.timestamp()
    assert (exporter.column("price")[-1], exporter.column("np")[-1], exporter.column("day")[-1]) == (9.5, 3, 86_400)
    assert (exporter.column("huge"), exporter.column("odd")) == ([math.inf], [None])


def test_a_lone_surrogate_costs_no_row(monitor, exporter):
    """Text that is no Unicode arrives with a replacement."""
    monitor.log(features={"plan": "a\ud800b"}, prediction=1)
    assert monitor.flush()
    assert exporter.column("plan") == ["a?b"]


def test_changing_an_argument_later_changes_nothing(monitor, exporter):
    """Everything mutable is copied when it is logged."""
    row, table, mapping, proba = np.zeros(3), np.zeros((2, 4)), {"age": 1, "list": [1]}, [0.25, 0.75]
    monitor.log(features=row, prediction=1)
    monitor.log(features=table[:, ::2], prediction=np.array([1, 2]))
    monitor.log(features=mapping, prediction=1, proba=proba)
    row[:], table[:], proba[:] = 9, 9, [1, 0]
    mapping["age"] = 9
    assert monitor.flush()
    assert exporter.column("x[0]") == [0, None, 0, 0] or 9 not in exporter.column("x[0]")
    assert 9 not in exporter.column("age")
    assert [
        row for batch in exporter.batches if batch.probabilities is not None for row in batch.probabilities.tolist()
    ] == [[0.25, 0.75]]


def test_lists_are_rows_or_tables(monitor, exporter):
    """A list of numbers is a row, a list of lists or dictionaries a table."""
    monitor.log(features=[1, 2], prediction=1)
    monitor.log(features=[[3, 4], [5, 6]], prediction=[0, 1])
    monitor.log(features=[{"a": 1}, {"a": 2, "b": "x"}], prediction=["u", "v"])
    monitor.log(features={"a": [7, 8]}, prediction=[1, 0])
    assert monitor.flush()
    assert [value for value in exporter.column("x[1]") if value is not None] == [2, 4, 6]
    assert [value for value in exporter.column("a") if value is not None] == [1, 2, 7, 8]
    assert exporter.total("predictions") == exporter.rows == 7


def test_class_scores(monitor, exporter):
    """One number is the second of two classes' probability; logits stay logits."""
    monitor.log(features=[[1], [2]], prediction=[0, 1], proba=[0.125, 0.75])
    assert monitor.flush()
    assert exporter.batches[0].probabilities.tolist() == [[0.875, 0.125], [0.25, 0.75]]
    monitor.log(features=[1, 2, 3], prediction=2, logits=[0.5, -1.0, 2.0])
    assert monitor.flush()
    assert exporter.batches[1].logits.tolist() == [[0.5, -1.0, 2.0]]


def test_several_outputs(monitor, exporter):
    """A dictionary, or a row of several numbers, is several output columns."""
    monitor.log(features=[1.0], prediction={"delay": 12.5, "cause": "weather"})
    monitor.log(features=[1.0], prediction=[3.0, 4.0])
    assert monitor.flush()
    assert exporter.column("cause", "outputs")[0] == "weather"
    assert 4.0 in exporter.column("prediction[1]", "outputs")


def test_facts_of_rows(monitor, exporter):
    """Identities, event times and labels go with their rows."""
    monitor.log(features=[1.0], prediction=1, id="6f1d-42", ts="2026-09-14T08:01:02Z", label=0)
    assert monitor.flush()
    header = exporter.sent[0].header
    names = {tensor["name"]: tensor for tensor in header["inputs"]}
    assert names["driftgauge.id"]["parameters"]["categories"] == ["6f1d-42"]
    assert names["driftgauge.label"]["parameters"]["categories"] == ["0"]
    assert exporter.batches[0].timestamps.tolist() == [datetime(2026, 9, 14, 8, 1, 2, tzinfo=UTC).timestamp()]


def test_a_large_table_is_sent_in_pieces(make, exporter):
    """No body is larger than about three megabytes, and no row is lost between two."""
    monitor = make(exporter, buffer_bytes=64 * 2**20)
    table = RNG.random((20_000, 20))
    monitor.log(features=table, prediction=np.arange(20_000))
    assert monitor.flush(20)
    assert exporter.column("prediction", "outputs") == list(range(20_000))
    assert max(len(sent.content) for sent in exporter.sent) < 3.1 * 2**20
    assert exporter.total("requests") == 1


def test_images_are_counted_but_not_copied(monitor, exporter, caplog):
    """Tensors of higher rank say how many rows there were."""
    monitor.log(features=np.zeros((4, 3, 8, 8)), prediction=[1, 2, 3, 4])
    assert monitor.flush()
    assert (exporter.rows, exporter.batches[0].inputs) == (4, {})
    assert "only counted" in caplog.text


def test_pandas(monitor, exporter):
    """Data frames arrive column by column, with categories, missing values and times."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "age": pandas.array([41, None, 3], dtype="Int64"),
            "fare": np.array([1.5, np.nan, 2], dtype=np.float32),
            "plan": pandas.Categorical(["a", None, "b"]),
            "text": ["x", None, "y"],
            "flag": [True, False, True],
            "when": pandas.to_datetime(["1970-01-01T00:00:01Z", None, "1970-01-02T00:00:00Z"]),
            7: [1, 2, 3],
        }
    )
    monitor.log(features=frame, prediction=pandas.Series([1, 0, 1], index=[5, 6, 7]))
    frame["age"] = 0
    monitor.log(features=frame.iloc[2], prediction=1)
    assert monitor.flush()
    assert exporter.column("age")[:3] == [41, None, 3]
    assert exporter.column("fare")[:3] == [1.5, None, 2]
    assert exporter.column("plan")[:3] == ["a", None, "b"]
    assert exporter.column("text")[:3] == ["x", None, "y"]
    assert exporter.column("flag")[:3] == ["true", "false", "true"]
    assert exporter.column("when")[:3] == [1, None, 86_400]
    assert exporter.column("7") == [1, 2, 3, 3]
    assert exporter.column("prediction", "outputs") == [1, 0, 1, 1]


def test_torch_tensors(monitor, exporter):
    """Tensors arrive as arrays do; gradients and half precision do not matter."""
    torch = pytest.importorskip("torch")
    weights = torch.arange(6, dtype=torch.float32).reshape(2, 3).requires_grad_()
    half = torch.tensor([[0.5, 0.5], [1.0, 0.0]], dtype=torch.bfloat16)
    monitor.log(features=weights * 2, prediction=torch.tensor([1, 0]), proba=half)
    monitor.log(features={"a": torch.tensor(3.5)}, prediction=torch.tensor(2))
    assert monitor.flush()
    assert [value for value in exporter.column("x[2]") if value is not None] == [4, 10]
    assert exporter.column("prediction", "outputs") == [1, 0, 2]
    assert [value for value in exporter.column("a") if value is not None] == [3.5]


def test_libraries_are_not_imported_for_it():
    """Logging arrays and dictionaries imports neither pandas nor torch."""
    from tests.client.exporters import run_python

    script = (
        "import sys, numpy, driftgauge\n"
        "m = driftgauge.Monitor('m', endpoint='/nowhere', shutdown_seconds=0)\n"
        "m.log(numpy.zeros(3), 1); m.log({'a': object()}, 1); m.log([{'a': 1}], [1])\n"
        "print(sorted({'pandas', 'torch', 'sklearn'} & set(sys.modules)))"
    )
    assert run_python(script).stdout.strip() == "[]"
    assert "driftgauge" in sys.modules


NUMBERS = st.one_of(st.none(), st.floats(width=32), st.integers(-(2**53), 2**53))
TEXTS = st.one_of(st.none(), st.text(max_size=8))
ROW = st.fixed_dictionaries(
    {}, optional={"n": NUMBERS, "t": TEXTS, "both": st.one_of(NUMBERS, TEXTS), "b": st.booleans()}
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW.filter(bool), min_size=1, max_size=20))
def test_any_row_arrives(monitor, exporter, rows):
    """Rows of any columns and values arrive complete, if in another order."""
    exporter.sent.clear()
    for number, row in enumerate(rows):
        monitor.log(features=row, prediction=number)
    assert monitor.flush()
    arrived = {}
    for batch in exporter.batches:
        from tests.client.exporters import plain

        columns = {name: plain(column, batch.rows) for name, column in batch.inputs.items()}
        numbers = plain(batch.outputs["prediction"], batch.rows)
        for place, number in enumerate(numbers):
            arrived[number] = {name: values[place] for name, values in columns.items() if values[place] is not None}
    expected = [{name: _sent(value) for name, value in row.items() if not _is_missing(value)} for row in rows]
    assert [arrived[number] for number in range(len(rows))] == expected


def _is_missing(value):
    return value is None or value != value  # noqa: PLR0124 - NaN


def _sent(value):
    return str(value).lower() if isinstance(value, bool) else value


@pytest.mark.parametrize("wide", ["g", ">f8"], ids=["extended", "big-endian"])
@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 3)], ids=str)
@pytest.mark.parametrize("listed", [False, True], ids=["array", "list"])
def test_numbers_of_more_precision_than_the_protocol_has_are_sent_as_it_has_them(
    monitor, exporter, wide, shape, listed
):
    """As arrays and in lists, of one row and of several."""
    values = np.full(shape, 1.5, wide)
    several = len(shape) == 2
    monitor.log(
        features=list(values) if listed else values,
        prediction=[1] * shape[0] if several else 1,
        proba=np.full((shape[0], 2), 0.5, wide) if several else None,
    )
    assert monitor.flush(20) or (listed and not several)  # a list of numbers is a column, of more rows than predictions
    assert not exporter.undecodable
