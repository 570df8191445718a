"""An exporter whose listeners are protected as its configuration says, opened as the service opens them."""

from __future__ import annotations

import asyncio
import base64
import http.client
import ssl
import threading
from collections.abc import Iterator
from typing import Any

from driftgauge.errors import ConfigError
from driftgauge.serve.doors import Doors
from driftgauge.serve.engine import Engine
from driftgauge.serve.settings import parse
from tests.serve.harness import SECONDS, Answer, samples

TOKEN = "a-token-of-the-tests-0001"
PASSWORD = "correct horse"
#: of PASSWORD, at the least cost
HASH = "$2b$04$F/TYLt4aI7J/3Mr0bD4tYuELO2WYe4LW72Fud5/7eVnvRcJqUitf."

#: what stands for the parameters of paths
_NAMES = {"model": "fraud", "version": "0", "role": "input", "feature": "age", "name": "app.js"}


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(user: str = "prom", password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Secured:
    """Opens both ports; use as a context manager.

    Args:
        listen: settings below `listen`, as YAML in one line.
        more: further YAML.
    """

    def __init__(self, listen: str = "", more: str = "") -> None:
        text = f"listen: {{socket: '', metrics: '127.0.0.1:0', ingest: '127.0.0.1:0', {listen}}}\n{more}"
        self.engine = Engine(parse(text, {}), {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.doors.close(lambda: False))
        self.run(self.engine.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _open(self) -> None:
        async def reload() -> None:
            raise ConfigError("models: nothing to reload in a test")

        self.doors = Doors(self.engine, reload)
        await self.doors.open()

    def port(self, listener: str) -> int:
        return self.doors._runners[listener].addresses[0][1]

    def guard(self, listener: str):
        return self.doors._guards[listener]

    def refresh(self, listener: str) -> None:
        """Look at the files now, as the guard does every other second."""
        self.run(self.guard(listener).refresh())

    def routes(self, listener: str) -> Iterator[tuple[str, str]]:
        """Yield method and path of every route that the listener has, with names in place of parameters."""
        for route in self.doors._runners[listener].app.router.routes():
            info = route.resource.get_info()
            path = info.get("path") or info["formatter"].format(**_NAMES)
            yield route.method, path

    def ask(
        self,
        listener: str,
        method: str = "GET",
        path: str = "/metrics",
        body: bytes | None = None,
        *,
        context: ssl.SSLContext | None = None,
        **headers: str,
    ) -> Answer:
        """Ask once on a connection of its own."""
        kind = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
        more = {} if context is None else {"context": context}
        connection = kind("127.0.0.1", self.port(listener), timeout=SECONDS, **more)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def counted(self, metric: str, **labels: str) -> float:
        """Return what is counted of a listener, without asking it."""
        counts = self.engine.health.listeners[labels["listener"]]
        return {"closed": counts.closed, "refused": counts.refused}[metric][labels["reason"]]

    def scrape(self, **options: Any) -> dict[str, float]:
        return samples(self.ask("metrics", **options).body.decode())
