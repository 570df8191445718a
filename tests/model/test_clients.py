"""Client processes: who is there, who went, and what they dropped."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.model.clients import MOST, SILENT_SECONDS, Clients
from driftgauge.report import Report
from tests.model.examples import START, batch, ready


def heard(*reports, at=START):
    clients = Clients()
    for report in reports:
        clients.hear(report, at)
    return clients


def later(clients, seconds):
    """Let time pass as it does in service: looked at every second."""
    start = clients._swept
    for second in np.arange(1, seconds + 1):
        clients.sweep(start + second)


def test_nothing_is_told_before_a_client_reports():
    assert Clients().counts is None


def test_requests_in_flight_are_added_over_processes():
    """The latest word of each process counts; the sample is the smallest."""
    clients = heard(Report("a", 1.0, 5), Report("b", 0.1, 2), Report("a", 1.0, 3))
    counts = clients.counts
    assert (counts.processes, counts.in_flight, counts.sample_rate) == (2, 5, 0.1)


def test_drops_are_added_by_reason():
    counts = heard(Report("a", dropped={"unsent": 2}), Report("b", dropped={"unsent": 1, "refused": 4})).counts
    assert (counts.dropped["unsent"], counts.dropped["refused"], counts.dropped["closed"]) == (3, 4, 0)
    assert heard(Report("", dropped_labels={"invalid": 1})).counts.dropped_labels["invalid"] == 1


def test_a_process_that_says_goodbye_is_gone_at_once():
    clients = heard(Report("a", 1.0, 3), Report("b", 1.0, 1), Report("a", 1.0, 0, ended=True))
    assert (clients.counts.processes, clients.counts.in_flight) == (1, 1)
    assert clients.counts.exits == {"closed": 1, "silent": 0, "limit": 0}


def test_a_process_that_falls_silent_is_gone_after_a_minute():
    """A killed worker leaves no requests in flight behind, and is counted."""
    clients = heard(Report("killed", 0.1, 7), Report("well", 1.0, 1))
    later(clients, SILENT_SECONDS / 2)
    clients.hear(Report("well", 1.0, 2), clients._swept)
    assert clients.counts.processes == 2
    later(clients, SILENT_SECONDS / 2 + 10)
    counts = clients.counts
    assert (counts.processes, counts.in_flight, counts.sample_rate) == (1, 2, 1.0)
    assert counts.exits == {"closed": 0, "silent": 1, "limit": 0}
    later(clients, 2 * SILENT_SECONDS)
    assert clients.counts.in_flight is None


def test_nobody_is_lost_while_the_exporter_itself_slept():
    """After a pause of the exporter, or a clock that jumped, silence says nothing about the clients."""
    for jump in (3_600.0, -3_600.0):
        clients = heard(Report("a", 1.0, 1))
        clients.sweep(START + jump)
        assert clients.counts.processes == 1
        later(clients, SILENT_SECONDS + 10)
        assert clients.counts.exits["silent"] == 1


def test_processes_are_bounded():
    """The one that was silent longest makes room, and that is counted."""
    clients = heard(*(Report(str(number)) for number in range(MOST)), Report("0"), Report("new"))
    assert clients.counts.processes == MOST
    assert clients.counts.exits["limit"] == 1
    assert {"0", "new"} <= set(clients._processes)
    assert "1" not in clients._processes


def test_a_sign_of_life_is_no_observation():
    """An idle client keeps its process alive, not its model fresh."""
    model = ready()
    model.observe(batch(10), START)
    model.observe(Batch(0, requests=Requests(0, predictions=0), report=Report("a")), START + 50)
    counters = model.view(START + 50).counters
    assert (counters.last_observation, counters.requests, counters.clients.processes) == (START, 10, 1)


def test_totals_without_rows_count():
    """What was sampled out is in the counters, and its latencies are in the windows."""
    model = ready()
    model.observe(Batch(0, requests=Requests(40, np.array([0.5] * 10), {"timeout": 2}, 55), report=Report("a")), START)
    counters = model.view(START).counters
    assert (counters.requests, counters.predictions, counters.failures) == (40, 55, {"timeout": 2})
    assert counters.latency_counts.sum() == 10
    assert counters.last_observation == START
    evaluation = model.evaluate(model.collect(START + 1))
    np.testing.assert_allclose(evaluation.latency[:, 0], 0.5, rtol=0.1)
    assert int(evaluation.current.rows[0]) == 0


def test_sampled_rows_count_once_in_sketches():
    """Totals say how much there was, the windows hold the rows that came."""
    model = ready()
    sampled = batch(10)
    model.observe(
        Batch(
            sampled.rows,
            inputs=sampled.inputs,
            outputs=sampled.outputs,
            requests=Requests(100, predictions=100),
            report=Report("a", 0.1),
        ),
        START,
    )
    assert model.view(START).counters.predictions == 100
    assert int(model.evaluate(model.collect(START + 1)).current.rows[0]) == 10
