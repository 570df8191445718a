"""Shared answers: however many ask for the same at the same time, it is made once at a time and they wait for it.

Guarantee: an answer is begun after its request came, so nothing that was counted before is missing in it; at most one is
being made and one waits per key, so a storm of scrapes costs no more than two of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Shared"]

T = TypeVar("T")


class Shared(Generic[T]):
    """Answers under way.

    Attributes:
        joined: requests that were answered with what was made for another.
    """

    def __init__(self) -> None:
        self.joined = 0
        self._waiting: dict[Hashable, asyncio.Task[T]] = {}
        self._lock = asyncio.Lock()

    async def once(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what *work* returns, called after this and perhaps for others too."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.get_running_loop().create_task(self._run(key, work))
            task.add_done_callback(_heard)
        else:
            self.joined += 1
        return await asyncio.shield(task)  # who goes away leaves it to the others

    async def _run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        async with self._lock:
            del self._waiting[key]  # who comes from here on needs a newer one
            return await work()


def _heard(task: asyncio.Task[T]) -> None:
    """Take note of a failure that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
