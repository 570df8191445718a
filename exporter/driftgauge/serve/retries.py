"""Retries: bodies with an Idempotency-Key are counted once, also while the first of them is still being counted.

Bounded: 10,000 keys as digests of 16 bytes, each with two numbers; the oldest are forgotten first. A body that was refused
is not remembered, so it may be sent again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import Any

__all__ = ["REMEMBERED", "Retries", "retry_key"]

#: keys remembered: at 100 bodies a second those of the last 100 s, longer than clients retry
REMEMBERED = 10_000

Answer = Mapping[str, Any]


def retry_key(*parts: str) -> bytes:
    """Return what stands for a key of any length."""
    return blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).digest()


class Retries:
    """The answers to the last bodies with keys."""

    def __init__(self) -> None:
        self._answers: OrderedDict[bytes, tuple[int, int]] = OrderedDict()
        self._counting: dict[bytes, asyncio.Future[Answer]] = {}

    async def once(self, key: bytes, count: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what *count* returns, calling it only if no call for *key* has succeeded; the numbers otherwise."""
        while (running := self._counting.get(key)) is not None:
            await asyncio.wait([running])
        if (known := self._known(key)) is not None:
            return known
        self._counting[key] = done = asyncio.get_running_loop().create_future()
        try:
            answer = await count()
        finally:
            del self._counting[key]
            done.cancel()
        self._remember(key, answer)
        return answer

    def once_now(self, key: bytes, count: Callable[[], Answer | None]) -> Answer | None:
        """Do as `once` where nothing has to be waited for; None otherwise, and where *count* returns that."""
        if key in self._counting:
            return None
        if (known := self._known(key)) is not None:
            return known
        answer = count()
        if answer is not None:
            self._remember(key, answer)
        return answer

    def _known(self, key: bytes) -> Answer | None:
        known = self._answers.get(key)
        return None if known is None else {"accepted": known[0], "rejected": known[1]}

    def _remember(self, key: bytes, answer: Answer) -> None:
        self._answers[key] = answer["accepted"], answer["rejected"]
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
