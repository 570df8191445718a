"""Events of inference loggers: answered at once, paired, counted, and none of them lost without a trace."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from tests.ingest.bodies import binary, tensor
from tests.serve.harness import MONDAY, Connection, Exporter, eventually, of_model, request
from tests.serve.loggers import V1_REQUEST, counted, headers, log


@pytest.fixture
def exporter():
    with Exporter() as running:
        yield running


def settled(exporter, **wanted):
    """Wait until the counters of events are these."""
    eventually(lambda: counted(exporter) == wanted, f"expected {wanted}, got {counted(exporter)}")


def traffic(exporter):
    """Return the requests, predictions and failures of the model."""
    scrape = exporter.scrape()
    totals = [of_model(scrape, name, "iris") for name in ("requests_total", "predictions_total")]
    return *totals, of_model(scrape, "request_failures_total", "iris", reason="error")


@contextmanager
def busy(exporter):
    """Hold what guards the models, as an exporter does that is stuck."""
    with exporter.engine._lock:
        yield


@pytest.mark.parametrize(
    "order", [("request", "response"), ("response", "request")], ids=["in order", "the other way round"]
)
def test_a_request_and_its_response_become_the_rows_of_a_model(exporter, order):
    """Both are answered at once and paired afterwards, in whatever order they come."""
    for kind in order:
        answer = log(exporter, "1", kind)
        assert (answer.status, answer.body) == (202, b"")
    settled(exporter, received=2, paired=2)
    assert traffic(exporter) == (1, 2, 0)


def test_binary_tensors_are_read_without_the_header_that_the_logger_drops(exporter):
    """The length of the JSON is recovered; the request's content type stands on the response too."""
    body, _ = binary([tensor("x", np.ones((3, 2), np.float32))])
    answer, _ = binary((), [tensor("y", np.arange(3))])
    log(exporter, "1", "request", body)
    log(exporter, "1", "response", answer)
    settled(exporter, received=2, paired=2)
    assert of_model(exporter.scrape(), "predictions_total", "iris") == 3


def test_the_times_of_the_events_are_the_latency(exporter):
    """What lies between them is how long the model took."""
    log(exporter, "1", "request", time="2026-09-14T08:01:02Z")
    log(exporter, "1", "response", time="2026-09-14T08:01:02.250Z")
    settled(exporter, received=2, paired=2)
    assert of_model(exporter.scrape(), "request_duration_seconds_sum", "iris") == 0.25


def test_a_response_that_was_sent_before_its_request_has_no_latency(exporter):
    """The logger's workers may overtake each other; a negative duration is none."""
    log(exporter, "1", "request", time="2026-09-14T08:01:02Z")
    log(exporter, "1", "response", time="2026-09-14T08:01:01Z")
    settled(exporter, received=2, paired=2)
    assert of_model(exporter.scrape(), "request_duration_seconds_count", "iris") == 0


def test_requests_that_stay_without_a_response_have_failed():
    """KServe logs no response of a request that failed; its rows count as failed when the time is over."""
    with Exporter("kserve: {pair_seconds: 0.3}") as exporter:
        log(exporter, "1", "request")
        log(exporter, "1", "response")
        settled(exporter, received=2, paired=2)
        log(exporter, "2", "request")
        eventually(lambda: 'unpaired{kind="request",reason="expired"}' in counted(exporter))
        scrape = exporter.scrape()
        assert traffic(exporter)[2] == 1
        assert of_model(scrape, "requests_total", "iris") == 2
        log(exporter, "2", "response")
        eventually(lambda: counted(exporter).get('unpaired{kind="response",reason="late"}') == 1)
        assert of_model(exporter.scrape(), "requests_total", "iris") == 2


def test_a_model_that_never_answers_has_no_failures():
    """Where the logger logs requests only, their silence says nothing."""
    with Exporter("kserve: {pair_seconds: 0.1}") as exporter:
        log(exporter, "1", "request")
        eventually(lambda: counted(exporter) == {"received": 1, 'unpaired{kind="request",reason="expired"}': 1})
        assert traffic(exporter)[2] == 0


@pytest.mark.parametrize("mode", ["request", "response"])
def test_one_half_is_enough_where_the_other_is_not_logged(mode):
    """`kserve.mode` says what the logger logs; nothing waits then."""
    with Exporter(f"kserve: {{mode: {mode}}}") as exporter:
        log(exporter, "1", mode)
        settled(exporter, received=1, paired=1)
        assert of_model(exporter.scrape(), "requests_total", "iris") == 1


def test_an_error_body_is_a_failure(exporter):
    """A server that answers 200 and says `error` has failed all the same."""
    log(exporter, "1", "request")
    log(exporter, "1", "response", {"error": "out of memory"})
    settled(exporter, received=2, paired=2)
    assert traffic(exporter)[2] == 1


@pytest.mark.parametrize(
    ("text", "changes", "model", "version"),
    [("", {}, "iris", "0"), ("", {"endpoint": "canary"}, "iris", "canary"), ("kserve: {names: namespace}", {}, "shop/iris", "0"),
     ("kserve: {names: namespace}", {"namespace": ""}, "iris", "0")],
    ids=["service", "canary", "namespace", "no namespace"],
)  # fmt: skip
def test_the_inference_service_is_the_model_and_its_endpoint_the_version(text, changes, model, version):
    """One sink may serve many services, endpoints and namespaces."""
    with Exporter(text) as exporter:
        for kind in ("request", "response"):
            log(exporter, "1", kind, **changes)
        settled(exporter, received=2, paired=2)
        assert f'driftgauge_requests_total{{model="{model}",version="{version}"}}' in exporter.scrape()


def test_the_path_is_a_setting():
    """An own path keeps the root free."""
    with Exporter("kserve: {path: /events}") as exporter:
        assert log(exporter, "1", "request", path="/events").status == 202
        assert log(exporter, "1", "request").status == 404
    with Exporter("kserve: {path: ''}") as exporter:
        assert log(exporter, "1", "request").status == 404


@pytest.mark.parametrize(
    ("body", "changes", "reason"),
    [(b"{", {}, "syntax"), ({"x": 1}, {}, "structure"), (V1_REQUEST, {"id": ""}, "event"), (V1_REQUEST, {"type": "a.b"}, "event")],
    ids=["cut off", "another protocol", "no id", "another type"],
)  # fmt: skip
def test_events_that_cannot_be_used_are_answered_and_counted(body, changes, reason):
    """A mistake of the sender's is found after the answer, so only the counter tells."""
    with Exporter("kserve: {mode: request}") as exporter:
        assert log(exporter, "1", "request", body, **changes).status == 202
        settled(exporter, received=1, **{f'rejected{{reason="{reason}"}}': 1})


def test_a_bad_response_costs_its_request_nothing(exporter):
    """Each event of a pair has its own outcome."""
    log(exporter, "1", "request")
    log(exporter, "1", "response", b"<html>")
    settled(exporter, received=2, paired=1, **{'rejected{reason="syntax"}': 1})
    assert of_model(exporter.scrape(), "requests_total", "iris") == 1


def test_an_unknown_model_is_a_reason():
    """Models that may not register themselves are refused by name."""
    with Exporter("auto_register: false") as exporter:
        for kind in ("request", "response"):
            log(exporter, "1", kind)
        settled(exporter, received=2, **{'rejected{reason="unknown_model"}': 2})


def test_a_stuck_exporter_never_makes_the_logger_wait():
    """Answers come while nothing can be counted; what is beyond the queue is dropped and counted."""
    with Exporter("limits: {queue_bytes: 20000}") as exporter:
        with busy(exporter):
            statuses = [
                log(exporter, str(number), kind).status for number in range(10) for kind in ("request", "response")
            ]
        assert set(statuses) == {202, 429}
        dropped = statuses.count(429)
        eventually(lambda: counted(exporter).get("paired", 0) + counted(exporter).get("pending", 0) == 20 - dropped)
        found = counted(exporter)
        assert found.pop('dropped{reason="queue_full"}') == dropped
        assert sum(found.values()) - found["received"] == 20 - dropped


def test_inferences_that_wait_are_counted_together(exporter, monkeypatch):
    """What came while nothing could be counted costs the models one batch, and each event its own outcome."""
    counting, batches = exporter.engine.events._count, []
    monkeypatch.setattr(
        exporter.engine.events, "_count", lambda *given: (batches.append(given[2].rows), counting(*given))
    )
    with busy(exporter):
        for number in range(10):
            log(exporter, str(number), "request")
            log(exporter, str(number), "response", b"<html>" if number == 4 else None)
    settled(exporter, received=20, paired=19, **{'rejected{reason="syntax"}': 1})
    assert traffic(exporter)[:2] == (10, 20)
    assert len(batches) <= 4  # the one that was stuck, the one behind it, and those without an answer
    assert sum(batches) == 20


def test_requests_are_no_failures_while_events_are_dropped():
    """A response that was dropped here says nothing about the model."""
    with Exporter("{limits: {queue_bytes: 9000}, kserve: {pair_seconds: 0.3}}") as exporter:
        log(exporter, "1", "request")
        log(exporter, "1", "response")
        settled(exporter, received=2, paired=2)
        log(exporter, "2", "request")
        eventually(lambda: counted(exporter).get("pending") == 1 and not exporter.engine.events.queued_bytes)
        assert log(exporter, "2", "response", b"x" * 20_000_000).status == 413
        eventually(lambda: 'unpaired{kind="request",reason="expired"}' in counted(exporter))
        assert counted(exporter)['dropped{reason="too_large"}'] == 1
        assert traffic(exporter)[2] == 0


def test_memory_of_waiting_halves_is_bounded():
    """The oldest give way, and are counted."""
    with Exporter("kserve: {pair_bytes: 20000}") as exporter:
        for number in range(10):
            log(exporter, str(number), "request", {"instances": [[1.0] * 1000]})
        eventually(lambda: 'unpaired{kind="request",reason="evicted"}' in counted(exporter))
        eventually(lambda: not exporter.engine.events.queued_bytes)
        scrape = exporter.scrape()
        assert (
            0 < scrape["driftgauge_pending_events_bytes"] <= scrape["driftgauge_pending_events_limit_bytes"] == 20_000
        )
        found = counted(exporter)
        assert found["received"] == 10 == found["pending"] + found['unpaired{kind="request",reason="evicted"}']


def test_a_batch_of_events_is_several_events(exporter):
    """The batch mode of CloudEvents counts each of its events."""
    attributes = {name.removeprefix("ce-"): value for name, value in headers("1", "request").items()}
    events = [attributes | {"data": V1_REQUEST}, attributes | {"type": attributes["type"].replace("request", "response"), "data": {"predictions": [1, 0]}},
              attributes | {"id": ""}]  # fmt: skip
    body = json.dumps(events).encode()
    assert (
        request("POST", "/", body, port=exporter.port, Content_Type="application/cloudevents-batch+json").status == 202
    )
    settled(exporter, received=3, paired=2, **{'rejected{reason="event"}': 1})


def test_many_connections_lose_nothing(exporter):
    """Several loggers at once, on old and new connections, with duplicates: everything received is accounted for."""

    def send(part):
        connection = Connection(exporter.port)
        for number in range(40):
            for kind in ("request", "response", "response"):
                identity = f"{part}-{number}"
                if number % 3 == 0:
                    log(exporter, identity, kind)
                    continue
                body = json.dumps(V1_REQUEST if kind == "request" else {"predictions": [1, 0]}).encode()
                connection.request("POST", "/", body, headers(identity, kind))
                assert connection.getresponse().read() == b""
        connection.close()

    threads = [threading.Thread(target=send, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled(exporter, received=480, paired=320, **{'rejected{reason="duplicate"}': 160})
    assert of_model(exporter.scrape(), "requests_total", "iris") == 160


def test_what_waits_is_counted_when_the_exporter_stops():
    """A half whose other half has not come yet is a row all the same, and no failure."""
    with Exporter() as exporter:
        log(exporter, "1", "request")
        log(exporter, "1", "response")
        log(exporter, "2", "request")
        eventually(lambda: counted(exporter).get("pending") == 1)
        exporter.engine.events.stop()
        scrape = exporter.scrape()
        assert of_model(scrape, "requests_total", "iris") == 2
        assert traffic(exporter)[2] == 0


def test_event_times_move_a_model_of_the_event_clock():
    """Recorded events are replayed at their own time."""
    with Exporter("defaults: {clock: event}") as exporter:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(MONDAY - 86_400))
        for kind in ("request", "response"):
            log(exporter, "1", kind, time=at)
        settled(exporter, received=2, paired=2)
        assert of_model(exporter.scrape(), "predictions_total", "iris") == 2


def test_a_fault_of_ours_is_counted_and_the_next_event_goes_on(exporter, monkeypatch):
    """The thread outlives what nobody foresaw."""
    monkeypatch.setattr(exporter.engine.events, "_count", lambda *_: 1 / 0)
    for kind in ("request", "response"):
        log(exporter, "1", kind)
    settled(exporter, received=2, **{'dropped{reason="internal"}': 2})
    monkeypatch.undo()
    for kind in ("request", "response"):
        log(exporter, "2", kind)
    settled(exporter, received=4, paired=2, **{'dropped{reason="internal"}': 2})
