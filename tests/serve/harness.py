"""An exporter inside the test process, on real sockets of an event loop in a thread of its own; and what to send it."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve.engine import Engine
from driftgauge.serve.ingest_app import ingest_app
from driftgauge.serve.listeners import close, open_tcp, open_unix
from driftgauge.serve.metrics_app import metrics_app
from driftgauge.serve.settings import parse

#: a Monday morning, at the beginning of a minute
MONDAY = 1_790_000_040.0
SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection(http.client.HTTPConnection):
    """HTTP over TCP, or over a Unix socket."""

    def __init__(self, port: int = 0, path: str = "") -> None:
        super().__init__("127.0.0.1", port, timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def request(method: str, path: str, body: Any = None, *, port: int = 0, unix: str = "", **headers: str) -> Answer:
    """Ask once on a connection of its own; header names are written with underscores."""
    connection = Connection(port, unix)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, names, encode_chunked=not isinstance(body, bytes | None))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def eventually(check: Callable[[], Any], what: str = "") -> Any:
    """Return what *check* returns as soon as it is true, within the deadline."""
    deadline = time.monotonic() + SECONDS
    while not (found := check()):
        assert time.monotonic() < deadline, what or "it did not happen"
        time.sleep(0.01)
    return found


def samples(text: str) -> dict[str, float]:
    """Return the samples of a scrape by what stands before their values."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


class Exporter:
    """An exporter with a clock that the test sets; use as a context manager.

    Args:
        text: the configuration.
        unix: path of a Unix socket to listen on too.
        ticking: whether it evaluates by itself, as in service.
    """

    def __init__(self, text: str = "", *, unix: str = "", references: Any = None, ticking: bool = False, **app: Any):
        self.now = MONDAY
        self.unix = unix
        self.engine = Engine(parse(text, {}), references or {}, clock=lambda: self.now)
        self._app = app
        self._ticking = ticking
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(close(self._runners, lambda: self.engine.health.waiting > 0))
        self.run(self.engine.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _open(self) -> None:
        async def reload() -> None:
            raise ConfigError("models[0]: there is no file")

        app = ingest_app(self.engine, reload, **self._app)
        self._runners = [
            await open_tcp(app, "127.0.0.1:0", "listen.ingest"),
            await open_tcp(metrics_app(self.engine), "127.0.0.1:0", "listen.metrics"),
        ]
        self.port, self.metrics_port = (runner.addresses[0][1] for runner in self._runners)
        if self.unix:
            self._runners.append(await open_unix(ingest_app(self.engine, reload), ListenSettings(socket=self.unix)))
        if self._ticking:
            self.engine.start()

    def post(self, body: Any, path: str = "/v1/models/fraud/observations", **headers: str) -> Answer:
        """Send a body; values are sent as JSON."""
        if not isinstance(body, bytes) and not hasattr(body, "__next__"):
            body = json.dumps(body).encode()
        return request("POST", path, body, port=self.port, **({"Content_Type": "application/json"} | headers))

    def get(self, path: str, **headers: str) -> Answer:
        """Ask the metrics listener."""
        return request("GET", path, port=self.metrics_port, **headers)

    def scrape(self) -> dict[str, float]:
        """Return the samples of a scrape."""
        answer = self.get("/metrics")
        assert answer.status == 200
        return samples(answer.body.decode())

    def tick(self) -> None:
        """Evaluate what is due, as the exporter does every second."""
        self.run(self._tick())

    async def _tick(self) -> None:
        await self.engine.on_scorer(self.engine._tick)


def packed(value: Any) -> bytes:
    """Return a value as gzip-compressed JSON."""
    return gzip.compress(json.dumps(value).encode(), mtime=0)


def dropped(scrape: dict[str, float], reason: str) -> float:
    return scrape[f'driftgauge_ingest_dropped_total{{reason="{reason}"}}']


def rejected(scrape: dict[str, float], reason: str) -> float:
    return scrape[f'driftgauge_ingest_rejected_rows_total{{reason="{reason}"}}']


def of_model(scrape: dict[str, float], metric: str, model: str = "fraud", version: str = "0", **labels: str) -> float:
    """Return a sample of a model."""
    pairs = {"model": model, "version": version} | labels
    text = ",".join(f'{name}="{value}"' for name, value in pairs.items())
    return scrape[f"driftgauge_{metric}{{{text}}}"]
