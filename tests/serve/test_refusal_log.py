"""Refusals in the exporter's log: each reason at once, then once a minute, and never what was sent."""

from __future__ import annotations

import logging

import pytest

from driftgauge.serve.health import INTERNAL, Health
from driftgauge.serve.refusal_log import SECONDS, RefusalLog
from tests.serve.harness import Exporter, eventually
from tests.serve.loggers import log

SECRET = "salary-of-jane"
CONFIG = "limits: {models: 1}\nmodels: [{name: fraud, version: '0'}]\n"


class Events:
    """What a sink counts, as far as the log asks."""

    def __init__(self):
        self.dropped, self.rejected = {}, {}

    def view(self):
        return self


@pytest.fixture
def lines(caplog):
    """Return a function that returns the lines so far as (what, reason, count)."""
    caplog.set_level(logging.WARNING, "driftgauge")

    def read():
        return [(r.getMessage(), r.reason, r.count) for r in caplog.records if hasattr(r, "reason")]

    return read


@pytest.fixture
def counted():
    """Return counters, their log, and a clock that the test moves."""
    health, events, now = Health(), Events(), [1000.0]
    return health, events, RefusalLog(health, events, lambda: now[0]), now


def test_the_first_refusal_is_told_at_once_and_the_others_once_a_minute(counted, lines):
    """Whoever sends wrongly a thousand times a second gets a line a minute."""
    health, _, told, now = counted
    told.report()
    assert lines() == []
    health.dropped["syntax"] += 1
    told.report()
    health.dropped["syntax"] += 700
    now[0] += SECONDS - 1
    told.report()
    assert lines() == [("bodies refused", "syntax", 1)]
    now[0] += 1
    told.report()
    told.report()
    assert lines()[1:] == [("bodies refused", "syntax", 700)]


def test_reasons_do_not_hide_each_other(counted, lines):
    """A rare reason is told beside one that comes all the time, and so are bodies beside rows."""
    health, events, told, _ = counted
    health.dropped["syntax"] += 1
    told.report()
    health.dropped["content_type"] += 2
    health.rejected["syntax"] += 3
    events.rejected["syntax"] = 4
    told.report()
    assert set(lines()[1:]) == {
        ("bodies refused", "content_type", 2),
        ("rows refused", "syntax", 3),
        ("events refused", "syntax", 4),
    }


def test_the_end_tells_what_had_to_wait(counted, lines):
    """What was refused in the last minute is not lost."""
    health, _, told, _ = counted
    health.dropped["syntax"] += 1
    told.report()
    health.dropped["syntax"] += 5
    told.report(last=True)
    assert lines()[1:] == [("bodies refused", "syntax", 5)]


def test_what_is_told_elsewhere_is_not_told_twice(counted, lines):
    """Faults of the exporter's own have a line with their origin; what a logger repeats is no loss."""
    health, events, told, _ = counted
    health.dropped[INTERNAL] += 1
    events.rejected["duplicate"] = 3
    told.report()
    assert lines() == []


def test_bodies_and_events_that_are_refused_are_in_the_log(lines, caplog):
    """400, 415, 404 and events behind their 202, with the field but without a value."""
    with Exporter(CONFIG, ticking=True) as exporter:
        assert exporter.post(b'{"%s"' % SECRET.encode()).status == 400
        assert exporter.post({"features": SECRET}).status == 400
        assert exporter.post({"prediction": 1}, Content_Type=SECRET).status == 415
        assert exporter.post({"prediction": 1}, "/v1/models/other/observations").status == 404
        assert exporter.post([{"prediction": 1}, SECRET]).status == 202
        assert log(exporter, "7", "request", SECRET.encode()).status == 202
        expected = {"syntax", "structure", "content_type", "model_limit"}
        eventually(
            lambda: expected <= {reason for what, reason, _ in lines() if what == "bodies refused"}, str(lines())
        )
        eventually(lambda: any(what == "rows refused" for what, *_ in lines()))
    assert any(what == "events refused" for what, *_ in lines())
    refused = [vars(record) for record in caplog.records if hasattr(record, "reason")]
    assert all(record["means"] for record in refused)
    assert {record["status"] for record in refused if record["msg"] == "bodies refused"} == {400, 404, 415}
    assert any(record.get("field") == "features" for record in refused)
    assert SECRET not in str(refused)
