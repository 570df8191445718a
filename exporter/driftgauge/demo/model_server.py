"""A small server of the Open Inference Protocol v2: health, metadata and inference of one model, as JSON.

After each answer the request and the response go to the observer, which does not wait: with the exporter gone or slow,
the answers are the same and as fast.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgauge.demo.flights import CATEGORICAL, FEATURES
from driftgauge.demo.model import CLASSES, MODEL, VERSION, Answer
from driftgauge.demo.protocol import BadRequestError, observation, read_request, response

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["INFER", "READY", "model_app"]

READY = "/v2/health/ready"
INFER = f"/v2/models/{MODEL}/infer"


def model_app(answer: Callable[[DataFrame], Answer], offer: Callable[[bytes], None]) -> web.Application:
    """Make the application.

    Args:
        answer: the model.
        offer: takes what is to be told to the exporter, at once.
    """
    server = _Server(answer, offer)
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_get("/v2/health/live", _healthy)
    app.router.add_get(READY, _healthy)
    app.router.add_get(f"/v2/models/{MODEL}", _metadata)
    app.router.add_get(f"/v2/models/{MODEL}/ready", _healthy)
    app.router.add_post(INFER, server.infer)
    return app


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"ready": True})


async def _metadata(_: web.Request) -> web.Response:
    inputs = [
        {"name": name, "datatype": "BYTES" if name in CATEGORICAL else "FP64", "shape": [-1]} for name in FEATURES
    ]
    outputs = [
        {"name": "prediction", "datatype": "BYTES", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(CLASSES)]},
    ]
    return web.json_response(
        {
            "name": MODEL,
            "versions": [VERSION],
            "platform": "sklearn",
            "inputs": inputs,
            "outputs": outputs,
        }
    )


class _Server:
    def __init__(self, answer: Callable[[DataFrame], Answer], offer: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._offer = offer

    async def infer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        started = time.perf_counter()
        try:
            asked: Any = json.loads(await request.read())
            flights = read_request(asked)
        except (BadRequestError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        answered = response(await asyncio.to_thread(self._answer, flights), asked.get("id"))
        told = observation(asked, answered, time.perf_counter() - started)
        self._offer(json.dumps(told).encode())
        return web.json_response(answered)
