"""Periodic: does something every so many seconds in the event loop, and a last time when it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["Periodic"]


class Periodic:
    """Does *work*, which must not fail, every *seconds*; the first time at once or after them."""

    def __init__(self, work: Callable[[], Awaitable[None]], seconds: float, *, at_once: bool) -> None:
        self._work = work
        self._seconds = seconds
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call inside the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._forever())

    async def stop(self) -> None:
        """Do it a last time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._work()

    async def _forever(self) -> None:
        if self._at_once:
            await self._work()
        while True:
            await asyncio.sleep(self._seconds)
            await self._work()
