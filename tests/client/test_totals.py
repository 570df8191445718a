"""Requests, predictions, failures and drops are exact, whatever becomes of the rows."""

from __future__ import annotations

import asyncio
import itertools

import numpy as np
import pytest

from driftgauge.client.counting import rows_of
from driftgauge.client.status import failure_by_exception
from driftgauge.ingest import FAILURES

ROW = np.arange(3.0)


def test_a_request_counts_once(monitor, exporter):
    """However many rows and calls a request has, it is one request with one latency."""
    with monitor.request() as request:
        request.log(features=np.zeros((64, 3)), prediction=np.zeros(64))
        request.log(features=ROW, prediction=1)
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions"), exporter.rows) == (1, 65, 65)
    assert len(exporter.latencies()) == 1
    assert sum(batch.requests.count for batch in exporter.batches) == 1


def test_a_request_without_rows_counts(monitor, exporter):
    """A request that logs nothing still counts, with its latency."""
    with monitor.request():
        pass
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions"), len(exporter.latencies())) == (1, 0, 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError, "error"),
        (TimeoutError, "timeout"),
        (asyncio.CancelledError, "cancelled"),
        (MemoryError, "overloaded"),
    ],
)
def test_what_is_raised_goes_on_and_counts(monitor, exporter, error, reason):
    """A failed request counts by its reason; its rows have inputs and no outputs."""

    def serve():
        with monitor.request() as request:
            request.log(features=np.zeros((3, 2)), prediction=[1, 2, 3])
            raise error

    with pytest.raises(error):
        serve()
    assert monitor.flush()
    assert exporter.total("failures") == {reason: 1}
    assert (exporter.total("requests"), exporter.total("predictions")) == (1, 0)
    assert exporter.batches[0].failed.tolist() == [True] * 3


def test_a_request_may_fail_without_raising(monitor, exporter):
    """`fail` and `status` count failures too."""
    with monitor.request() as request:
        request.fail("timeout")
    monitor.log(features=ROW, status=503)
    monitor.log(features=ROW, prediction=1, status="ok")
    assert monitor.flush()
    assert exporter.total("failures") == {"timeout": 1, "overloaded": 1}
    assert (exporter.total("requests"), exporter.total("predictions")) == (3, 1)


def test_latencies_by_row_are_requests(monitor, exporter):
    """A batching server says a latency for each row: each is a request."""
    monitor.log(
        features=np.zeros((3, 2)), prediction=[1, 2, 3], latency_s=[0.1, 0.2, 0.3], status=["ok", "ok", "timeout"]
    )
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions")) == (3, 2)
    assert exporter.latencies() == [0.1, 0.2, 0.3]


def test_sampling_leaves_the_totals_exact(make, exporter):
    """With a sample of a tenth about a tenth of the rows arrive, and every request, prediction, failure and latency."""
    monitor = make(exporter, sample=0.1)
    for _ in range(1_000):
        with monitor.request() as request:
            request.log(features=ROW, prediction=1)
        monitor.log(features=np.zeros((2, 3)), prediction=[0, 1], latency_s=0.5)
        monitor.log(features=ROW, status="error")
    assert monitor.flush(20)
    assert (exporter.total("requests"), exporter.total("predictions")) == (3_000, 3_000)
    assert exporter.total("failures") == {"error": 1_000}
    assert len(exporter.latencies()) == 2_000
    assert 200 < exporter.rows < 650
    assert exporter.sent[0].facts["sample_rate"] == 0.1


def test_no_sample_at_all(make, exporter):
    """With a sample of zero only totals arrive."""
    monitor = make(exporter, sample=0)
    monitor.log(features=ROW, prediction=1)
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions"), exporter.rows) == (1, 1, 0)


def test_sampling_leaves_the_random_numbers_of_the_program_alone(make, exporter):
    """Draws come from a generator of the monitor's own."""
    import random

    random.seed(5)
    expected = random.Random(5).random()
    make(exporter, sample=0.5).log(features=ROW)
    assert random.random() == expected


def test_in_flight_is_reported(monitor, exporter):
    """A body says how many requests are in flight when it goes."""
    with monitor.request():
        monitor.log(features=ROW)
        assert monitor.flush()
        assert exporter.sent[-1].facts["in_flight"] == 1
    monitor.log(features=ROW)
    assert monitor.flush()
    assert exporter.sent[-1].facts["in_flight"] == 0


def test_labels_arrive(monitor, exporter):
    """Labels go to the model's own path, with identities as text."""
    monitor.label("6f1d-42", 1)
    monitor.label(7, "late", ts=12.5)
    monitor.label(None, 1)
    assert not monitor.flush()
    assert exporter.labels == [{"id": "6f1d-42", "label": 1}, {"id": "7", "label": "late", "ts": 12.5}]
    assert exporter.sent[0].path == "/v1/models/flights/labels"
    assert exporter.total("dropped_labels") == {"invalid": 1}


def test_refused_labels_are_counted(monitor, exporter):
    """An exporter that takes no labels costs nothing but the labels."""
    exporter.answers = [404]
    monitor.label("a", 1)
    assert not monitor.flush()
    assert exporter.total("dropped_labels") == {"refused": 1}


def test_names_are_escaped(make, exporter):
    """A model's name may hold slashes and spaces."""
    make(exporter, model="team a/flights").log(features=ROW)
    assert make(exporter).flush()
    from tests.client.exporters import eventually

    assert eventually(lambda: exporter.sent)[0].path == "/v1/models/team%20a%2Fflights/versions/0/observations"


TABLES = [
    (ROW, 1),
    (np.zeros((4, 3)), None),
    (None, [1, 2, 3]),
    (None, 1),
    ([1, 2], 1),
    ([[1, 2], [3, 4]], None),
    ([{"a": 1}, {"a": 2}], None),
    ({"a": [1, 2, 3], "b": 1}, None),
    ({"a": 1}, 0),
    (np.zeros((5, 2, 2)), [1] * 5),
    (None, np.zeros((6, 1))),
]


@pytest.mark.parametrize(("features", "prediction"), TABLES)
def test_rows_are_counted_as_they_are_sent(monitor, exporter, features, prediction):
    """What is only counted counts as many rows as would have been sent."""
    monitor.log(features=features, prediction=prediction)
    assert monitor.flush()
    assert rows_of(features, prediction) == exporter.rows == exporter.total("predictions")


def test_exceptions_have_the_exporters_names():
    """Whatever is raised counts as a failure that the exporter knows."""
    kinds = [ValueError, TimeoutError, asyncio.CancelledError, MemoryError, KeyboardInterrupt]
    assert set(map(failure_by_exception, kinds)) <= set(FAILURES)


def test_every_row_is_sent_or_dropped(make, exporter):
    """Rows sent and rows dropped add up to the rows logged, when the buffer overflows."""
    monitor = make(exporter, buffer_bytes=2**17, flush_seconds=0.5)
    for number in range(5_000):
        monitor.log(features=np.zeros(50), prediction=number)
    monitor.flush(20)  # false where some found no room
    monitor.log(features=ROW)
    assert monitor.flush(20)
    dropped = exporter.total("dropped")
    assert exporter.rows + sum(dropped.values()) == 5_001
    assert exporter.total("requests") == exporter.total("predictions") == 5_001
    assert set(dropped) <= {"buffer_full", "unsent"}


def test_a_flush_ends_when_all_of_it_was_answered(make, exporter):
    """Also where much waits, of which the first bodies are answered before the last is packed."""
    monitor = make(exporter, buffer_bytes=2**20, flush_seconds=30)
    for number in range(260):
        monitor.log(features=np.zeros(200), prediction=number)
    assert monitor.flush(20)
    assert (len(exporter.observations) > 2, exporter.rows) == (True, 260)


def test_one_call_larger_than_the_buffer_is_counted(make, exporter):
    """A table that never fits is not copied; its rows are counted as dropped."""
    monitor = make(exporter, buffer_bytes=2**17)
    monitor.log(features=np.zeros((10_000, 10)), prediction=np.zeros(10_000))
    monitor.log(features=ROW, prediction=1)
    assert not monitor.flush()
    assert exporter.total("dropped") == {"too_large": 10_000}
    assert (exporter.total("requests"), exporter.total("predictions")) == (2, 10_001)


def test_keys_differ(monitor, exporter):
    """No two bodies have one key."""
    for _ in range(5):
        monitor.log(features=ROW)
        assert monitor.flush()
    assert len({sent.key for sent in exporter.sent}) == len(exporter.sent) == 5
    assert all(len(key) < 200 for key in itertools.chain(sent.key for sent in exporter.sent))
