"""Arrow record batches become the same batches as tensors do."""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Categories
from driftgauge.errors import DecodeError
from driftgauge.ingest import Limits, decode
from tests.ingest.test_fuzz import check

ARROW = "application/vnd.apache.arrow.stream"
FUZZ = settings(max_examples=300, deadline=None, derandomize=True)
MOMENT = dt.datetime(2026, 9, 14, 8, 1, 2, 500_000, dt.UTC)


def stream(table, chunk=None, **options):
    """Write a table, or columns, as a stream of record batches."""
    table = table if isinstance(table, pa.Table) else pa.table(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=chunk)
    return sink.getvalue().to_pybytes()


def decoded(table, limits=None, chunk=None, **options):
    return decode(stream(table, chunk, **options), content_type=ARROW, limits=limits or Limits())


def column(values, kind=None):
    return decoded({"x": pa.array(values, kind)}).batch.inputs["x"]


def reason(body, **limits):
    with pytest.raises(DecodeError) as caught:
        decode(body, content_type=ARROW, limits=Limits(**limits))
    return caught.value.reason


@pytest.mark.parametrize(
    ("values", "kind", "floats"),
    [([1, None, 3], pa.int8(), [1, np.nan, 3]), ([2**63, 1], pa.uint64(), [2.0**63, 1]), ([1.5, None], pa.float32(), [1.5, np.nan]),
     ([1.5, None], pa.float16(), [1.5, np.nan]), ([MOMENT, None], pa.timestamp("us", "Europe/Berlin"), [1789372862.5, np.nan]),
     ([MOMENT.replace(tzinfo=None)], pa.timestamp("ms"), [1789372862.5]), ([dt.timedelta(seconds=90)], pa.duration("ns"), [90]),
     ([dt.date(1970, 1, 3), None], pa.date32(), [172800, np.nan]), ([dt.date(1970, 1, 3)], pa.date64(), [172800]),
     ([None, None], pa.null(), [np.nan, np.nan])],
    ids=["integers", "large", "float32", "float16", "times", "times without a zone", "durations", "days", "milliseconds", "nothing"],
)  # fmt: skip
def test_numbers_and_times_are_floats(values, kind, floats):
    """Missing values are NaN; times and durations are seconds."""
    assert column(values, kind).tolist() == pytest.approx(floats, nan_ok=True)


def test_the_width_of_floats_is_kept():
    """Values that come narrow are compared narrow."""
    assert [column([1.0], kind).dtype for kind in (pa.float16(), pa.float32(), pa.float64())] == ["f2", "f4", "f8"]


@pytest.mark.parametrize(
    ("array", "texts"),
    [(pa.array(["a", None, "b"]), ["a", None, "b"]), (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"]),
     (pa.array(["a"], pa.large_string()), ["a"]), (pa.array([True, None, False]), ["true", None, "false"]),
     (pa.DictionaryArray.from_arrays([0, 1, None], ["a", None]), ["a", None, None])],
    ids=["texts", "dictionary", "large texts", "booleans", "a dictionary with nothing in it"],
)  # fmt: skip
def test_texts_dictionaries_and_booleans_are_categories(array, texts):
    """Missing values have no category."""
    found = decoded({"x": array}).batch.inputs["x"]
    assert isinstance(found, Categories)
    assert [None if code < 0 else found.vocabulary[code] for code in found.codes] == texts


def test_a_dictionary_of_numbers_is_numbers():
    """What is coded is what counts."""
    assert column(pa.array([7.5, 2.0, 7.5]).dictionary_encode()).tolist() == [7.5, 2.0, 7.5]


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float32(), 2), pa.list_(pa.float32()), pa.large_list(pa.float32())], ids=str
)
def test_lists_of_one_length_are_vectors(kind):
    """An embedding has a column for each of its dimensions; a row without one is missing there."""
    inputs = decoded({"e": pa.array([[1, 2], None, [3, 4]], kind)}).batch.inputs
    assert inputs["e[0]"].tolist() == pytest.approx([1, np.nan, 3], nan_ok=True)
    assert inputs["e[1]"].dtype == np.float32


@pytest.mark.parametrize(
    ("values", "kind"),
    [([[1.0], [1.0, 2.0]], None), ([{"a": 1}] * 2, None), ([[[1.0]], [[2.0]]], None), ([b"x", b"y"], pa.binary()), ([["a"], ["b"]], None),
     (["a", "b"], pa.string_view())],
    ids=["lists of other lengths", "structs", "lists of lists", "bytes", "lists of texts", "views"],
)  # fmt: skip
def test_what_no_column_can_hold_is_counted(values, kind):
    """The other columns stay."""
    batch = decoded({"x": pa.array(values, kind), "age": [1, 2]}).batch
    assert list(batch.inputs) == ["age"]
    assert batch.violations == {("x", "unsupported_rank"): 1}


def test_reserved_names_and_outputs_have_their_meaning():
    """Names beginning with `driftgauge.` are facts; prediction, proba and what is marked are outputs."""
    table = pa.table(
        {
            "age": [41, 37],
            "driftgauge.ts": pa.array([MOMENT, MOMENT]),
            "driftgauge.latency_s": [0.5, 0.25],
            "driftgauge.status": ["ok", "timeout"],
            "prediction": ["yes", "no"],
            "proba": [[0.25, 0.75], [0.5, 0.5]],
            "risk": [1.5, 2.5],
        }
    )
    marked = table.schema.field("risk").with_metadata({"role": "output"})
    table = table.cast(table.schema.set(6, marked)).replace_schema_metadata({"model": "fraud", "version": "3"})
    found = decoded(table)
    batch = found.batch
    assert (found.model, found.version, list(batch.inputs), sorted(batch.outputs)) == (
        "fraud",
        "3",
        ["age"],
        ["prediction", "risk"],
    )
    assert batch.timestamps.tolist() == [MOMENT.timestamp()] * 2
    assert batch.requests.latencies.tolist() == [0.5, 0.25]
    assert (batch.requests.count, batch.requests.failures) == (2, {"timeout": 1})
    assert batch.probabilities[0].tolist() == [0.25, 0.75]


def test_batches_of_one_stream_are_joined():
    """Dictionaries may differ from batch to batch."""
    table = pa.concat_tables([pa.table({"x": pa.array([word]).dictionary_encode(), "n": [1]}) for word in "abcab"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches():
            writer.write_batch(batch)
    found = decode(sink.getvalue().to_pybytes(), content_type=ARROW).batch.inputs["x"]
    assert "".join(found.vocabulary[code] for code in found.codes) == "abcab"


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compressed_buffers_are_unpacked_within_the_limit(codec):
    """A small body that would unpack to a large one is refused before it is unpacked."""
    table = {
        "x": np.zeros(50_000),
        "d": pa.array(["word" * 1000] * 10).dictionary_encode().take(pa.array([0] * 50_000)),
    }
    body = stream(table, compression=codec)
    assert len(body) < 50_000
    assert decode(body, content_type=ARROW).accepted == 50_000
    assert reason(body, body_bytes=400_000) == "too_large"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [(b"", "structure"), (b"ARROW1", "structure"), (b"{}" * 20, "structure"), (stream({"x": [1.0]})[:200], "structure"),
     (stream({"x": pa.array([], pa.float64())}), "empty"), (stream({"s": pa.array([], pa.string())}), "empty")],
    ids=["nothing", "the file format", "JSON", "cut off", "no rows", "no texts"],
)  # fmt: skip
def test_what_is_no_stream_is_refused(body, wanted):
    """A refusal has a reason."""
    assert reason(body) == wanted


@pytest.mark.parametrize("limits", [{"rows": 2}, {"columns": 1}, {"values": 5}], ids=lambda limits: next(iter(limits)))
def test_limits_hold(limits):
    """Rows, columns and values of a body are bounded."""
    assert reason(stream({"x": [1.0, 2.0, 3.0], "e": [[1.0, 2.0]] * 3}), **limits) == "too_large"


def test_without_pyarrow_the_answer_names_the_extra(monkeypatch):
    """An exporter without the extra says what it lacks."""
    body = stream({"x": [1.0]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.compute", None)
    with pytest.raises(DecodeError, match=r"driftgauge\[arrow\]") as caught:
        decode(body, content_type=ARROW)
    assert caught.value.status == 415


TABLE = {
    "age": [41, None, 3],
    "plan": pa.array(["a", None, "b"]).dictionary_encode(),
    "e": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float32(), 2)),
    "l": [[1.0, 2.0], [3.0, 4.0], None],
    "driftgauge.status": ["ok", "error", None],
    "prediction": ["x", "ü", None],
    "ok": [True, False, None],
}
BODIES = [stream(TABLE), stream(TABLE, compression="zstd"), stream(TABLE, chunk=1, compression="lz4")]
edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=4
)


@FUZZ
@given(st.sampled_from(BODIES), edits)
def test_mutated_streams_decode_or_are_refused(body, changes):
    """A stream with bytes changed, lost or added does no harm."""
    for share, new, lost in changes:
        place = int(share * len(body))
        body = body[:place] + new + body[place + lost :]
    check(body, ARROW)
