"""Client processes as the exporter sees them over HTTP, on a clock that the test sets."""

from __future__ import annotations

import pytest

from tests.serve.harness import MONDAY, Exporter, eventually, samples


@pytest.fixture
def exporter():
    with Exporter(ticking=True) as running:
        yield running


def report(exporter, process, **facts):
    return exporter.post({"inputs": [], "parameters": {"driftgauge": {"process": process, **facts}}})


def scraped(exporter, name):
    found = samples(exporter.get("/metrics").body.decode())
    return {key: value for key, value in found.items() if key.startswith(f"driftgauge_{name}{{")}


def total(exporter, name, **labels):
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(value for key, value in scraped(exporter, name).items() if all(part in key for part in wanted))


def test_totals_without_rows_are_accepted(exporter):
    """A body of totals alone is counted, and answered as any other."""
    answer = report(exporter, "a", requests=5, predictions=9, failures={"error": 1}, latencies=[0.1, 0.2])
    assert (answer.status, answer.json) == (202, {"accepted": 0, "rejected": 0})
    assert total(exporter, "requests_total") == 5
    assert total(exporter, "predictions_total") == 9
    assert total(exporter, "request_failures_total", reason="error") == 1


def test_a_bad_field_is_named_in_the_answer(exporter):
    """The good fields count, the bad one is told to the sender and counted."""
    answer = report(exporter, "a", requests=5, in_flight="many")
    assert answer.status == 202
    (error,) = answer.json["errors"]
    assert (error["field"], error["reason"]) == ("parameters.driftgauge.in_flight", "structure")
    assert "'many'" in error["message"]
    assert total(exporter, "requests_total") == 5


def test_a_process_that_falls_silent_is_counted(exporter):
    """Its requests in flight go with it; the one that still reports stays."""
    report(exporter, "killed", requests=1, in_flight=4, sample_rate=0.1)
    report(exporter, "alive", requests=1, in_flight=1, dropped={"unsent": 3}, dropped_labels={"refused": 2})
    assert total(exporter, "requests_in_flight") == 5
    assert total(exporter, "client_processes") == 2
    assert total(exporter, "client_sample_ratio") == 0.1

    def gone():
        # Time passes in steps, as it does where the exporter is awake.
        exporter.now = min(exporter.now + 5, MONDAY + 3_600)
        report(exporter, "alive", in_flight=1)
        return total(exporter, "client_exits_total", reason="silent")

    assert eventually(gone) == 1
    assert (total(exporter, "client_processes"), total(exporter, "requests_in_flight")) == (1, 1)
    assert total(exporter, "client_dropped_rows_total", reason="unsent") == 3
    assert total(exporter, "client_dropped_labels_total", reason="refused") == 2
    report(exporter, "alive", ended=True)
    assert total(exporter, "client_exits_total", reason="closed") == 1
    assert not scraped(exporter, "requests_in_flight")


def test_what_clients_say_is_in_the_json(exporter):
    """The read-only API tells the same."""
    report(exporter, "a", requests=1, in_flight=2, dropped={"unsent": 3})
    clients = exporter.get("/api/v1/models/fraud/versions/0").json["clients"]
    assert (clients["processes"], clients["in_flight"], clients["dropped"]["unsent"]) == (1, 2, 3)


def test_models_without_clients_have_no_such_series(exporter):
    """Observations of other senders make no series of clients."""
    exporter.post({"features": {"age": 41}, "prediction": 1})
    assert not scraped(exporter, "client_processes")
    assert exporter.get("/api/v1/models/fraud/versions/0").json["clients"] is None
