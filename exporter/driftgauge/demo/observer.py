"""Observer: hands bodies to the exporter over its Unix socket and never makes the caller wait.

Guarantee: `offer` returns at once; what does not fit into the queue is dropped and counted, and what the exporter refuses
or does not take within a few seconds is counted too. Memory: at most `QUEUE` bodies.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from driftgauge.demo.model import MODEL, VERSION

__all__ = ["Observer"]

#: bodies that wait at most; a minute of the demo's requests
QUEUE = 512
TIMEOUT_SECONDS = 5.0
#: for what still waits when the demo ends
DRAIN_SECONDS = 10.0


class Observer:
    """Sends bodies one after the other, from a task of its own.

    Args:
        socket: path of the exporter's Unix socket.
        what: the bodies are, `observations` or `labels`.

    Attributes:
        sent: bodies that the exporter took.
        refused: bodies that it did not take.
        dropped: bodies that did not fit into the queue.
    """

    def __init__(self, socket: str, what: str = "observations") -> None:
        self.sent = 0
        self.refused = 0
        self.dropped = 0
        self._socket = socket
        self._path = f"http://driftgauge/v1/models/{MODEL}/versions/{VERSION}/{what}"
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        self._task: asyncio.Task[None] | None = None

    def offer(self, body: bytes) -> None:
        """Queue *body* if there is room."""
        try:
            self._queue.put_nowait(body)
        except asyncio.QueueFull:
            self.dropped += 1

    async def drain(self) -> None:
        """Wait until everything queued has been sent, but not for ever."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), DRAIN_SECONDS)

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        timeout = ClientTimeout(total=TIMEOUT_SECONDS)
        async with ClientSession(connector=UnixConnector(self._socket), timeout=timeout) as session:
            while True:
                body = await self._queue.get()
                try:
                    self._count(await self._post(session, body))
                finally:
                    self._queue.task_done()

    async def _post(self, session: ClientSession, body: bytes) -> bool:
        try:
            async with session.post(self._path, data=body, headers={"Content-Type": "application/json"}) as answer:
                return answer.status < 300
        except (ClientError, TimeoutError, OSError):
            return False

    def _count(self, taken: bool) -> None:  # noqa: FBT001 - an answer, not a switch
        self.sent += taken
        self.refused += not taken
