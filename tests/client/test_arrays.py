"""Rows and tables that are arrays alone: made columns together, and still what was logged."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.client.rows import blocks_of
from driftgauge.client.stack import Stack
from driftgauge.client.tally import Tally
from tests.client.exporters import eventually

RNG = np.random.default_rng(11)


def test_rows_of_different_shapes_are_kept_apart(monitor, exporter):
    """Widths, types and class scores of rows that follow each other may change at every row."""
    rows = [RNG.random(width).astype(dtype) for width, dtype in [(3, "f8"), (3, "f8"), (3, "f4"), (2, "f8"), (3, "f8")]]
    for number, row in enumerate(rows):
        monitor.log(features=row, prediction=number, proba=None if number % 2 else np.array([0.25, 0.75]))
    assert monitor.flush()
    assert exporter.rows == exporter.total("requests") == exporter.total("predictions") == 5
    arrived = zip(
        exporter.column("prediction", "outputs"), exporter.column("x[0]"), exporter.column("x[2]"), strict=True
    )
    assert sorted(arrived) == [(n, row[0], row[2] if len(row) > 2 else None) for n, row in enumerate(rows)]
    scores = [len(batch.probabilities) for batch in exporter.batches if batch.probabilities is not None]
    assert sum(scores) == 3


@pytest.mark.parametrize("latencies", [(0.5, None, 0.25), (1, None, np.float32(0.5)), (None, None, None)])
def test_latencies_of_array_rows(monitor, exporter, latencies):
    """Each row brings its own, of any kind of number, or none."""
    for latency in latencies:
        monitor.log(features=RNG.random(3), prediction=1, latency_s=latency)
    assert monitor.flush()
    found = [value for batch in exporter.batches for value in batch.requests.latencies.tolist()]
    assert found == [float(latency) for latency in latencies if latency is not None]


def test_a_view_is_logged_as_it_is_now(monitor, exporter):
    """Steps, reversed orders and later changes of what a row is a view of do not matter."""
    table = np.arange(12.0).reshape(3, 4)
    monitor.log(features=table[:, 1], prediction=1)
    monitor.log(features=table[0, ::-1], prediction=1, proba=table[1, :2][::-1] / 9)
    table[:] = -1
    assert monitor.flush()
    assert sorted(filter(None, exporter.column("x[0]"))) == [1, 3]
    assert sorted(exporter.column("x[2]")) == [1, 9]


@pytest.mark.parametrize("features", [np.empty(0), np.array([True, False]), np.array(["a", "b"]), np.array([1j, 2])])
def test_odd_rows_count(monitor, exporter, features):
    """A row of nothing, of truth values, of texts or of complex numbers is a request with a prediction."""
    monitor.log(features=features, prediction=1)
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions")) == (1, 1)
    assert exporter.column("prediction", "outputs") == [1]


def test_several_rows_of_one_request(monitor, exporter):
    """The first array row has the request's latency, the others belong to it."""
    with monitor.request() as request:
        for number in range(3):
            request.log(features=RNG.random(3), prediction=number)
    request.log(features=RNG.random(3), prediction=3)
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions"), exporter.rows) == (1, 4, 4)
    assert sum(len(batch.requests.latencies) for batch in exporter.batches) == 1


def test_a_failed_request_of_an_array_row(monitor, exporter):
    """What failed is a failure, whatever the row was kept as."""
    with monitor.request() as request:
        request.log(features=RNG.random(3), prediction=1)
        request.fail("timeout")
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions")) == (1, 0)
    assert exporter.sent[0].facts["failures"] == {"timeout": 1}


def test_tables_together_are_as_each_alone():
    """Tables of one shape become one block with the values, requests and latencies that each has by itself."""
    tables = [RNG.random((rows, 4)) for rows in (2, 5, 3)]
    entries = [(table, np.arange(len(table)), None, {"latency_s": 0.5}, 1, 0) for table in tables]
    entries.append((tables[0], np.arange(2), None, None, 0, 0))  # more rows of the request before
    together, alone = Tally(), Tally()
    (block,) = blocks_of(entries, (), together, pytest.fail)
    singles = [next(blocks_of([entry], (), alone, pytest.fail)) for entry in entries]
    assert together == alone
    assert (together.requests, together.predictions, block.rows) == (3, 12, 12)
    assert block.outputs["prediction"].tolist() == [v for one in singles for v in one.outputs["prediction"].tolist()]
    assert np.flatnonzero(block.facts["latency_s"] == 0.5).tolist() == [0, 2, 7]
    values = np.concatenate(block.matrices["inputs", "x"].pieces)
    assert (values == np.concatenate([*tables, tables[0]])).all()


def test_choosing_rows_of_a_stack():
    """Slices and flags choose the rows that they would of the whole matrix."""
    whole = RNG.random((9, 2))
    stack = Stack([whole[:4], whole[4:5], whole[5:]])
    flags = RNG.random(9) < 0.5
    for rows in (flags, np.zeros(9, dtype=bool), slice(0, 4), slice(3, 6), slice(6, 20)):
        assert (np.concatenate(stack.take(rows).pieces) == whole[rows]).all()
    assert (stack.shape, stack.nbytes, stack.dtype) == (whole.shape, whole.nbytes, whole.dtype)


def test_an_exporter_that_takes_small_bodies_gets_small_ones(make, exporter):
    """A body that was too large is lost and counted; those that follow are of half the size."""
    monitor = make(exporter)
    exporter.answers.append(413)
    sizes = []
    for taken in (False, True):
        monitor.log(features=np.zeros((4_000, 50)))
        assert monitor.flush() is taken
        sizes.append(max(len(sent.content) for sent in exporter.attempts))
        exporter.attempts.clear()
    assert sizes[0] > 1_600_000
    assert sizes[1] < 1_300_000
    assert eventually(lambda: exporter.total("dropped"))
