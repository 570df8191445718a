"""What a monitor tells whoever uses it: whether all was taken, what the exporter warns of, and mistakes by their argument."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.client.flushing import Flush, Flushes
from driftgauge.client.warned import note_warnings
from tests.client.exporters import eventually
from tests.serve.harness import Exporter

ROW = np.array([1.0, 2.0])


def test_flush_tells_each_loss_once(monitor, exporter):
    """After a flush that told of a refusal the next one is about what came since."""
    exporter.answers = [400]
    monitor.log(features=ROW)
    assert not monitor.flush()
    assert monitor.flush()
    monitor.log(features=ROW)
    assert monitor.flush()
    assert exporter.total("dropped") == {"refused": 1}


def test_flush_tells_of_totals_that_were_refused(make, exporter):
    """A body without rows that is refused is no body that was taken."""
    monitor = make(exporter, sample=0)
    exporter.answers = [404]
    monitor.log(features=ROW)
    assert not monitor.flush()


def test_the_wrong_port_is_no_success(make):
    """The metrics listener answers 404, and nothing of it was counted."""
    with Exporter() as exporter:
        monitor = make(f"http://127.0.0.1:{exporter.metrics_port}")
        monitor.log(features=ROW, prediction=1)
        assert not monitor.flush(20)
        monitor.close()


def test_warnings_of_the_exporter_are_told_once(make, caplog):
    """Rows that no window takes are in the client's log, however many bodies hold such ones."""
    with Exporter() as exporter:
        monitor = make(f"http://127.0.0.1:{exporter.port}")
        for _ in range(3):
            monitor.log(features=ROW, prediction=1, ts=12.0)
            assert monitor.flush(20)
        monitor.close()
    lines = [record.getMessage() for record in caplog.records if record.name == "driftgauge.client"]
    assert [line for line in lines if "'ts'" in line and "lateness_seconds" in line] == lines[:1]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"warnings"', '"warnings"', '{"warnings": 7}', '{"warnings": [7]}', '{"warnings": [{}]}']
)
def test_answers_of_something_else_are_no_warnings(text):
    """What stands between a client and an exporter may answer anything."""
    noted = []
    note_warnings(text, lambda *said: noted.append(said))
    assert noted == []


def test_a_model_without_a_name_is_told(make, exporter, caplog):
    """It is called `_`, which nobody looks for."""
    make(exporter, model="").log(features=ROW)
    assert eventually(lambda: "the model has no name and is called '_'" in caplog.text)
    make(exporter, model="fraud")
    assert caplog.text.count("no name") == 1


def test_times_that_are_none_are_named(monitor, exporter, caplog):
    """Whoever reads the log finds the call; the row counts without it."""
    monitor.log(features=ROW, latency_s="fast")
    assert monitor.flush()
    assert "latency_s is no number, but str" in caplog.text
    assert "fast" not in caplog.text
    assert exporter.rows == 1


@pytest.mark.parametrize(
    ("name", "given", "kind"), [("proba", "high", "str"), ("logits", ["low", "high"], "list with str")]
)
def test_scores_that_are_none_are_named(monitor, caplog, name, given, kind):
    """The argument and what it was, not what stood in it."""
    monitor.log(features={"age": 1}, prediction=1, **{name: given})
    assert not monitor.flush()
    assert f"{name}: class scores must be numbers, got {kind}" in caplog.text
    assert "high" not in caplog.text


def test_a_flush_that_gave_up_has_told_nobody():
    """What was lost is told to the next one that waits for the answers."""
    flushes, early, late = Flushes(), Flush(), Flush()
    flushes.add(early)
    assert not early.wait_whole(0)
    flushes.answer(3)
    flushes.add(late)
    flushes.answer(3)
    assert not late.wait_whole(1)
    again = Flush()
    flushes.add(again)
    flushes.answer(3)
    assert again.wait_whole(1)
