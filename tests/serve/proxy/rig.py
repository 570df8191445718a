"""A proxy inside the test process, in front of a server that says what the test wants, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from driftgauge.serve.proxy import Proxy
from tests.serve.harness import Exporter, eventually

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Forwarding(Exporter):
    """An exporter with a proxy before a scripted server; use as a context manager.

    Args:
        text: the configuration, without the proxy's addresses.
        handler: serves a connection as the model server would; see `serve`.
        upstream: another address than the scripted server's.
        references: profiles by path.
        settings: of the proxy, beside its addresses.
    """

    def __init__(
        self,
        text: str = "",
        *,
        handler: Handler | None = None,
        upstream: str = "",
        references: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(text, references=references)
        self.handler = handler
        self._wanted = upstream
        self._settings = settings

    async def _open(self) -> None:
        await super()._open()
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.upstream_port = self.server.sockets[0].getsockname()[1]
        upstream = self._wanted or f"http://127.0.0.1:{self.upstream_port}"
        options = {"drain_seconds": 0.0} | self._settings
        settings = replace(self.engine.settings.proxy, upstream=upstream, listen="127.0.0.1:0", **options)
        self.engine.settings = replace(self.engine.settings, proxy=settings)
        self.proxy = Proxy(self.engine, settings)
        await self.proxy.open()

    def __exit__(self, *error: object) -> None:
        self.run(self._stop())
        super().__exit__(*error)

    async def _stop(self) -> None:
        await self.proxy.close()
        self.server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.handler is not None
        try:
            await self.handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def exchange(self, *requests: bytes, answer: Sequence[bytes], seen: bytearray | None = None) -> bytes:
        """Send pieces on one connection, have *answer* sent when they are all there, and return what comes back."""
        total = sum(map(len, requests))
        received = bytearray() if seen is None else seen

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while len(received) < total:
                piece = await reader.read(65_536)
                if not piece:
                    return
                received.extend(piece)
            for piece in answer:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

        self.handler = handler
        return bytes(self.run(self._talk(requests)))

    async def _talk(self, pieces: Sequence[bytes]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            return await reader.read(-1)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def settled(self) -> dict[str, float]:
        """Return a scrape when nothing is in flight and every copy has been given back."""
        eventually(lambda: not self.proxy.counts.in_flight and not self.engine.health.queue_bytes, "nothing settles")
        return self.scrape()


def answer(body: bytes, status: str = "200 OK", content_type: str = "application/json", **fields: str) -> bytes:
    """Return a response that ends its connection."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def post(path: str, body: bytes, **fields: str) -> bytes:
    """Return a request."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\nHost: model\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
