"""Whatever a caller passes, nothing is raised, and what was wrong is told once."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftgauge import Monitor
from driftgauge.client.options import PREFIX

ROW = np.zeros(3)


class Hostile:
    """An object that raises from everything."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __len__(self):
        raise RuntimeError("length")

    def __iter__(self):
        raise RuntimeError("iteration")

    def __str__(self):
        raise RuntimeError("text")

    def __repr__(self):
        return "Hostile"

    def __bool__(self):
        raise RuntimeError("truth")

    def __eq__(self, other):
        raise RuntimeError("equality")

    __hash__ = None

    def __array__(self, *_, **__):
        raise RuntimeError("array")


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5), st.complex_numbers(),
    st.dates(), st.datetimes(), st.timedeltas(), st.decimals(), st.uuids(), st.builds(Hostile), st.builds(object),
    st.just(...), st.just(np.ma.masked_array([1.0, 2.0], [True, False])), st.just(np.array(["a", None], dtype=object)),
    st.just(np.zeros((0, 3))), st.just(np.zeros((2, 0))), st.just(np.array(5)), st.just(np.array([1 + 2j])),
    st.just(np.array(["x", "y"])), st.just(np.zeros((2, 2, 2))), st.just(np.array([1], dtype="M8[D]")),
    st.just(np.zeros(2, dtype=[("a", "f4"), ("b", "i8")])), st.just(np.longdouble(1)), st.just(range(3)), st.just(iter([1])),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers(), st.none()), inner, max_size=4),
    ),
    max_leaves=8,
)
FACTS = st.dictionaries(
    st.sampled_from(["logits", "latency_s", "status", "id", "ts", "label", "nonsense", "features2"]), VALUES, max_size=4
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(positional=st.tuples(VALUES, VALUES, VALUES), facts=FACTS, more=st.lists(VALUES, max_size=2))
def test_log_takes_anything(monitor, exporter, positional, facts, more):
    """No argument raises, in no method; each call counts as a request or as invalid; and the next row arrives."""
    features, prediction, proba = positional
    exporter.sent.clear()
    exporter.undecodable.clear()
    monitor.log(features, prediction, proba, *more, **facts)
    with monitor.request() as request:
        request.log(features, prediction, proba, *more, **facts)
        request.fail(facts.get("status"))
    monitor.label(features, prediction)
    monitor.log(features=ROW, prediction=7)
    monitor.flush(20)  # false where a part of it was unusable
    assert not exporter.undecodable
    assert 7 in exporter.column("prediction", "outputs")
    counted = exporter.total("requests")
    assert counted + (exporter.total("dropped") or {}).get("invalid", 0) >= 3


def test_a_mistake_is_told_once(monitor, exporter, caplog):
    """A mistake in the arguments is one line in the log, however often it is made."""
    for _ in range(50):
        monitor.log(features=object(), prediction=1)
        monitor.log(features=ROW, predictions=1)
        monitor.log(features=np.zeros((2, 3)), prediction=[1, 2, 3])
    assert not monitor.flush()
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 3
    assert any("predictions" in message for message in messages)
    assert any("features has 2, prediction has 3" in message for message in messages)
    assert exporter.total("dropped") == {"invalid": 100}
    assert exporter.total("requests") >= 100


def test_a_log_handler_that_fails_reaches_nobody(monitor, exporter):
    """Mistakes are told by the thread, so a bad handler cannot hurt the model."""

    class Failing(logging.Handler):
        def emit(self, _):
            raise RuntimeError

    handler = Failing()
    logger = logging.getLogger("driftgauge.client")
    logger.addHandler(handler)
    try:
        monitor.log(features=object())
        monitor.log(features=ROW, prediction=7)
        monitor.flush(20)
    finally:
        logger.removeHandler(handler)
    assert 7 in exporter.column("prediction", "outputs")


@pytest.mark.parametrize(
    "options",
    [
        {"sample": "a lot"}, {"sample": 2}, {"buffer_bytes": -1}, {"flush_seconds": None}, {"timeout_seconds": "x"},
        {"endpoint": 7}, {"nonsense": 1}, {"columns": 3}, {"columns": "abc"}, {"columns": ["a", "a"]}, {"enabled": "maybe"},
    ],
)  # fmt: skip
def test_a_bad_option_leaves_the_default(options, exporter, caplog):
    """A value that cannot be used is told; the monitor works with the default."""
    monitor = Monitor("m", **({"endpoint": exporter.endpoint, "flush_seconds": 0.02} | options))
    monitor.log(features=ROW, prediction=1)
    monitor.flush(0.1 if "endpoint" in options else 10)
    monitor.close(0)
    assert len(caplog.records) >= (options != {"flush_seconds": None})


def test_odd_names_do_no_harm(exporter):
    """A model's name may be anything."""
    for name in (None, 5, "", Hostile(), "a/b?c#d"):
        monitor = Monitor(name, endpoint=exporter.endpoint)
        monitor.log(features=ROW)
        assert monitor.close(10)
    assert len({sent.path for sent in exporter.sent}) == 4


def test_options_come_from_the_environment(monkeypatch, exporter):
    """Every option has a variable; an argument goes before it."""
    monkeypatch.setenv(PREFIX + "ENDPOINT", exporter.endpoint)
    monkeypatch.setenv(PREFIX + "SAMPLE", "0")
    quiet, loud = Monitor("m"), Monitor("m", sample=1)
    for monitor in (quiet, loud):
        monitor.log(features=ROW)
        assert monitor.close(10)
    assert (exporter.rows, exporter.total("requests")) == (1, 2)


def test_a_disabled_monitor_does_nothing(monkeypatch, exporter):
    """`enabled=false` switches everything off without a change to the code."""
    import threading

    monkeypatch.setenv(PREFIX + "ENABLED", "false")
    monitor = Monitor("m", endpoint=exporter.endpoint)
    before = threading.active_count()
    monitor.log(features=ROW)
    with monitor.request() as request:
        request.log(features=ROW)
    monitor.label("a", 1)
    assert monitor.close()
    assert (threading.active_count(), exporter.attempts) == (before, [])


def test_a_closed_monitor_counts_what_comes_too_late(make, exporter):
    """After `close` calls return and nothing is sent."""
    monitor = make(exporter)
    monitor.log(features=ROW)
    assert monitor.close(10)
    monitor.log(features=ROW)
    assert (exporter.rows, monitor._sender.buffer.closed) == (1, 1)
