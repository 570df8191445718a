"""The model server speaks the Open Inference Protocol, and the exporter never slows it down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from driftgauge.demo.flights import FEATURES, ID, TIME
from driftgauge.demo.model import MODEL, Answer
from driftgauge.demo.model_server import INFER, READY, model_app
from driftgauge.demo.observer import QUEUE, Observer
from driftgauge.demo.protocol import ID_TENSOR, TIME_TENSOR, BadRequestError, read_request, request
from driftgauge.ingest import decode

ROWS = pd.DataFrame(
    {
        "distance": [200.0, 1400.5],
        "hour": [5, 23],
        "minute": [15, 59],
        "dep_delay": [-3.0, 40.0],
        "carrier": ["UA", "B6"],
        "origin": ["EWR", "JFK"],
        "dest": ["IAH", "BQN"],
        TIME: [1362135600.0, 1362136000.0],
        ID: ["flight-1", "flight-2"],
    }
)


def delayed_are_late(flights: pd.DataFrame) -> Answer:
    late = (flights["dep_delay"] > 15).to_numpy()
    return Answer(tuple(np.where(late, "late", "on_time")), np.where(late[:, None], [[0.25, 0.75]], [[0.75, 0.25]]))


def ask(run: Callable[[TestClient[Any, Any]], Coroutine[Any, Any, Any]]) -> tuple[Any, list[bytes]]:
    """Run *run* against the server; return its result and what was offered to the exporter."""
    offered: list[bytes] = []

    async def serve() -> Any:
        async with TestClient(TestServer(model_app(delayed_are_late, offered.append))) as client:
            return await run(client)

    return asyncio.run(serve()), offered


def test_an_answer_is_an_open_inference_response():
    """A class and the probabilities of both for each row, under the request's id."""

    async def infer(client: TestClient[Any, Any]) -> Any:
        answer = await client.post(INFER, json={**request(ROWS), "id": "17"})
        return answer.status, await answer.json()

    (status, body), _ = ask(infer)
    assert status == 200
    assert (body["model_name"], body["model_version"], body["id"]) == (MODEL, "1", "17")
    prediction, probabilities = body["outputs"]
    assert (prediction["datatype"], prediction["shape"], prediction["data"]) == ("BYTES", [2], ["on_time", "late"])
    assert (probabilities["shape"], probabilities["data"]) == ([2, 2], [0.75, 0.25, 0.25, 0.75])


def test_the_exporter_understands_what_it_is_told():
    """Inputs, event times, ids, prediction, probabilities and the latency of one request; nothing is left over."""

    async def infer(client: TestClient[Any, Any]) -> None:
        await client.post(INFER, json=request(ROWS))

    _, (told,) = ask(infer)
    decoded = decode(told, content_type="application/json")
    batch = decoded.batch
    assert (decoded.model, decoded.version, decoded.rejected, dict(batch.violations)) == (MODEL, "1", 0, {})
    assert set(batch.inputs) == set(FEATURES)
    assert set(batch.outputs) == {"prediction"}
    assert batch.probabilities is not None
    assert batch.probabilities.tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert batch.timestamps is not None
    assert batch.timestamps.tolist() == ROWS[TIME].tolist()
    assert batch.ids is not None
    assert batch.ids.vocabulary == tuple(ROWS[ID])
    assert batch.requests.count == 1
    assert 0 < batch.requests.latencies[0] < 10


def test_a_request_survives_the_wire():
    """Reading what was written gives the same features; event time and id are none."""
    back = read_request(json.loads(json.dumps(request(ROWS))))
    assert back.equals(ROWS[list(FEATURES)])
    assert TIME_TENSOR not in back
    assert ID_TENSOR not in back


@pytest.mark.parametrize(
    "body", [{}, {"inputs": []}, {"inputs": [{"name": "hour"}]}, {"inputs": request(ROWS)["inputs"][1:]}, []]
)
def test_a_request_without_its_features_is_refused(body: Any):
    """400 with what was expected, and nothing goes to the exporter."""
    with pytest.raises(BadRequestError, match="distance"):
        read_request(body)

    async def infer(client: TestClient[Any, Any]) -> tuple[int, Any]:
        answer = await client.post(INFER, json=body)
        return answer.status, await answer.json()

    (status, said), offered = ask(infer)
    assert status == 400
    assert "distance" in said["error"]
    assert offered == []


def test_a_body_that_is_no_json_is_refused():
    async def infer(client: TestClient[Any, Any]) -> int:
        return (await client.post(INFER, data=b"\xff{")).status

    assert ask(infer)[0] == 400


def test_health_and_metadata():
    async def look(client: TestClient[Any, Any]) -> Any:
        statuses = [(await client.get(path)).status for path in (READY, "/v2/health/live", f"/v2/models/{MODEL}/ready")]
        return statuses, await (await client.get(f"/v2/models/{MODEL}")).json()

    (statuses, metadata), _ = ask(look)
    assert statuses == [200, 200, 200]
    assert [tensor["name"] for tensor in metadata["inputs"]] == list(FEATURES)


def test_without_an_exporter_nothing_waits_and_everything_is_counted(tmp_path: Path):
    """What fits into the queue is refused by the missing socket, the rest is dropped at once."""

    async def flood() -> Observer:
        async with Observer(str(tmp_path / "nobody.sock")) as observer:
            for _ in range(QUEUE + 10):
                observer.offer(b"{}")
            assert observer.dropped == 10
            await observer.drain()
        return observer

    observer = asyncio.run(flood())
    assert (observer.sent, observer.refused, observer.dropped) == (0, QUEUE, 10)


@pytest.mark.parametrize("what", ["observations", "labels"])
def test_an_exporter_takes_bodies_over_its_socket(tmp_path: Path, what: str):
    """Bodies arrive in order as JSON, each kind at its place; what the exporter refuses is counted as refused."""
    taken: list[bytes] = []

    async def observations(request: web.Request) -> web.Response:
        taken.append(await request.read())
        assert request.content_type == "application/json"
        return web.Response(status=202 if len(taken) < 3 else 429)

    async def run() -> Observer:
        app = web.Application()
        app.router.add_post(f"/v1/models/flight-delay/versions/1/{what}", observations)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, str(tmp_path / "s")).start()
        async with Observer(str(tmp_path / "s"), what) as observer:
            for body in (b"1", b"2", b"3"):
                observer.offer(body)
            await observer.drain()
        await runner.cleanup()
        return observer

    observer = asyncio.run(run())
    assert taken == [b"1", b"2", b"3"]
    assert (observer.sent, observer.refused, observer.dropped) == (2, 1, 0)
