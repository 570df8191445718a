"""Many senders, scrapes in between, and threads that hang: totals stay exact and answers keep coming."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from driftgauge.model import Model
from driftgauge.serve import engine as engine_module
from driftgauge.serve import incoming as incoming_module
from tests.serve.harness import MONDAY, Exporter, eventually, of_model, packed, samples

ROW = {"features": {"age": 41, "plan": "basic"}, "prediction": 1, "latency_s": 0.01}


@pytest.fixture
def held(monkeypatch):
    """Make the next observation hang inside the lock until the test lets go; gives (it is there, let go)."""
    inside, go = threading.Event(), threading.Event()
    observe = Model.observe

    def slow(model, batch, wall):
        if model.name == "slow":
            inside.set()
            assert go.wait(20)
        observe(model, batch, wall)

    monkeypatch.setattr(Model, "observe", slow)
    yield inside, go
    go.set()


def test_totals_are_exact_under_parallel_posts_and_scrapes():
    """Small bodies (on the loop), large and packed ones (in the worker), learning that ends and scrapes in between."""
    chance = random.Random(7)
    sizes = [chance.choice((1, 2, 10, 100, 1_500)) for _ in range(300)]
    with (
        Exporter("defaults: {reference: {learn_rows: 2000}}", ticking=True) as exporter,
        ThreadPoolExecutor(16) as pool,
    ):

        def send(number):
            body = [ROW] * sizes[number]
            return exporter.post(packed(body) if number % 7 == 0 else body, f"/v1/models/m{number % 3}/observations")

        scrapes = [pool.submit(exporter.scrape) for _ in range(10)]
        answers = list(pool.map(send, range(len(sizes))))
        assert [answer.json["accepted"] for answer in answers] == sizes
        assert all(scrape.result() for scrape in scrapes)
        scrape = exporter.scrape()
        for model in range(3):
            assert of_model(scrape, "predictions_total", f"m{model}") == sum(sizes[model::3])
            assert of_model(scrape, "request_duration_seconds_count", f"m{model}") == sum(sizes[model::3])
        assert scrape['driftgauge_ingest_rows_total{format="application/json"}'] == sum(sizes)
        assert scrape['driftgauge_ingest_batches_total{format="application/json"}'] == len(sizes)
        assert scrape["driftgauge_ingest_duration_seconds_count"] == len(sizes)


def test_loop_answers_while_the_worker_holds_the_lock(held):
    """Health is answered at once; bodies wait their turn, without a thread of the loop, and are counted."""
    inside, go = held
    with Exporter() as exporter, ThreadPoolExecutor(8) as pool:
        large = pool.submit(exporter.post, [ROW] * 8_000, "/v1/models/slow/observations")
        assert inside.wait(20)
        small = [pool.submit(exporter.post, ROW) for _ in range(5)]
        eventually(lambda: exporter.engine.health.waiting == 6)
        assert exporter.get("/-/healthy").status == 200
        assert not any(answer.done() for answer in (large, *small))
        go.set()
        assert [answer.result().status for answer in (large, *small)] == [202] * 6
        assert of_model(exporter.scrape(), "requests_total") == 5


def test_large_body_is_decoded_without_the_lock(monkeypatch):
    """While the worker decodes, small bodies are counted and scrapes are answered."""
    inside, go = threading.Event(), threading.Event()
    decode = incoming_module.decode

    def slow(body, **options):
        if len(body) > incoming_module.INLINE_BYTES:
            inside.set()
            assert go.wait(20)
        return decode(body, **options)

    monkeypatch.setattr(incoming_module, "decode", slow)
    with Exporter() as exporter, ThreadPoolExecutor(1) as pool:
        large = pool.submit(exporter.post, [ROW] * 8_000)
        assert inside.wait(20)
        assert exporter.post(ROW).status == 202
        assert of_model(exporter.scrape(), "requests_total") == 1
        go.set()
        assert large.result().status == 202


def test_packed_body_is_never_unpacked_on_the_loop(monkeypatch):
    """A few bytes may unpack to megabytes."""
    threads = []
    decode = incoming_module.decode

    def noting(body, **options):
        threads.append(threading.current_thread().name)
        return decode(body, **options)

    monkeypatch.setattr(incoming_module, "decode", noting)
    with Exporter() as exporter:
        assert exporter.post(packed(ROW)).status == 202
    assert threads[0].startswith("driftgauge-count")


def test_retry_that_overtakes_its_first_body_is_counted_once(held):
    """A client that gives up waiting sends again while the first body still waits: that is when retries happen."""
    inside, go = held
    path = "/v1/models/slow/observations"
    with Exporter() as exporter, ThreadPoolExecutor(4) as pool:
        first = pool.submit(exporter.post, packed(ROW), path, Idempotency_Key="k")
        assert inside.wait(20)
        second = pool.submit(exporter.post, packed(ROW), path, Idempotency_Key="k")
        eventually(lambda: exporter.engine.health.waiting == 2)
        go.set()
        assert first.result().json == second.result().json == {"accepted": 1, "rejected": 0}
        assert of_model(exporter.scrape(), "requests_total", "slow") == 1


def test_hanging_thread_makes_the_process_unhealthy(held, monkeypatch):
    """Kubernetes then restarts the exporter; nothing else would."""
    inside, go = held
    with Exporter(ticking=True) as exporter, ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(exporter.post, packed(ROW), "/v1/models/slow/observations")
        assert inside.wait(20)
        monkeypatch.setattr(engine_module, "STUCK_SECONDS", 0.2)
        assert eventually(lambda: exporter.get("/-/healthy").status == 503)
        go.set()
        assert hanging.result().status == 202
        monkeypatch.setattr(engine_module, "STUCK_SECONDS", 60.0)
        assert exporter.get("/-/healthy").status == 200


def test_failing_evaluation_of_one_model_does_not_stop_the_others(monkeypatch, caplog):
    """It is counted; the log says where it failed, but no message, which may quote values."""
    config = "defaults: {reference: {learn_rows: 100}}"
    with Exporter(config) as exporter:
        for name in ("bad", "good"):
            exporter.post([ROW] * 200, f"/v1/models/{name}/observations")
        exporter.tick()
        for name in ("bad", "good"):
            exporter.post([ROW] * 200, f"/v1/models/{name}/observations")

        def fail(_):
            raise ValueError("secret 4111")

        monkeypatch.setattr(exporter.engine.registry.find("bad"), "evaluate", fail)
        monkeypatch.setattr(engine_module.LOGGER, "propagate", True)
        exporter.now += 60
        exporter.tick()
        scrape = exporter.scrape()
        assert scrape["driftgauge_collect_errors_total"] == 1
        good = {"model": "good", "feature": "age", "role": "input", "window": "24h"}
        assert of_model(scrape, "drift_samples", **good) == 200
        record = next(record for record in caplog.records if record.msg == "evaluation failed")
        assert record.model == "bad"
        assert record.error.startswith("ValueError in ")
        assert "4111" not in record.error


@pytest.mark.parametrize("path", ["/v1/models/replay/observations", "/v1/observations"])
def test_event_clock_is_evaluated_in_step_with_the_rows(path):
    """After a body's answer its rows have been scored, wherever the model was named."""
    config = "models: [{name: replay, clock: event, reference: {learn_rows: 100}, tick_seconds: 60}]"
    start = MONDAY - 100 * 86_400
    with Exporter(config) as exporter:
        for minute in range(5):
            rows = [ROW | {"ts": start + 60 * minute, "model": "replay"}] * 100
            assert exporter.post(rows, path).status == 202
        evaluation = exporter.engine.registry.find("replay").view(exporter.now).evaluation
        assert evaluation.time == start + 240
        assert evaluation.scores.samples.max() == 400


def test_clock_that_jumps_back_does_not_stop_the_evaluations():
    with Exporter("defaults: {reference: {learn_rows: 100}}") as exporter:
        age = {"feature": "age", "role": "input", "window": "1h"}
        for _ in range(2):
            exporter.post([ROW] * 200)
            exporter.tick()
        exporter.now -= 10 * 86_400
        exporter.post([ROW] * 50)
        exporter.tick()
        scrape = exporter.scrape()
        assert of_model(scrape, "drift_samples", **age) == 50
        assert of_model(scrape, "last_observation_timestamp_seconds") == exporter.now


def test_stop_waits_for_what_is_being_counted(held):
    """A body whose sender waits is answered before the process ends."""
    inside, go = held
    with ThreadPoolExecutor(1) as pool:
        with Exporter() as exporter:
            waiting = pool.submit(exporter.post, packed(ROW), "/v1/models/slow/observations")
            assert inside.wait(20)
            threading.Timer(0.2, go.set).start()
        assert waiting.result().status == 202


def test_one_broken_view_leaves_the_rest_of_the_scrape(monkeypatch):
    with Exporter() as exporter:
        for name in ("bad", "good"):
            exporter.post(ROW, f"/v1/models/{name}/observations")
        monkeypatch.setattr(exporter.engine.registry.find("bad"), "view", None)
        found = samples(exporter.get("/metrics").body.decode())
        assert of_model(found, "requests_total", "good") == 1
        assert not any('model="bad"' in series for series in found)


def test_learning_is_no_work_for_the_event_loop(monkeypatch):
    """Rows to learn from are counted in the counting thread; once the reference is there small bodies are not."""
    threads = []
    observe = Model.observe

    def noted(model, batch, wall):
        threads.append(threading.current_thread().name.startswith("driftgauge-count"))
        observe(model, batch, wall)

    monkeypatch.setattr(Model, "observe", noted)
    with Exporter("defaults: {reference: {learn_rows: 2000}}") as exporter:
        for _ in range(3):
            assert exporter.post([ROW] * 50, "/v1/models/m/observations").status == 202
        assert exporter.post([ROW] * 2_000, "/v1/models/m/observations").status == 202
        assert exporter.post(ROW, "/v1/models/m/observations").status == 202
    # The first body finds no model yet.
    assert threads == [False, True, True, True, False]
