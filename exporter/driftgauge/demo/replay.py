"""Replay: asks the model about flights in the order in which they were scheduled, much faster than they flew.

One request carries the flights of an hour of event time. The pace is wall-clock seconds per day of flights, so that what happens can
be watched; at pace 0 the next request follows the last answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import ClientSession

from driftgauge.demo.flights import DAY_SECONDS, TIME, requests
from driftgauge.demo.protocol import request

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["HOURS", "replay"]

#: hours of flights in a request: some 50 rows
HOURS = 1


async def replay(flights: DataFrame, url: str, *, seconds_per_day: float) -> AsyncIterator[float]:
    """Send *flights* to the server at *url*; yield the event time reached after each request."""
    started, first = time.monotonic(), float(flights[TIME].iloc[0])
    async with ClientSession() as session:
        for part in requests(flights, HOURS):
            reached = float(part[TIME].iloc[-1])
            due = started + (reached - first) / DAY_SECONDS * seconds_per_day
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            async with session.post(url, json=request(part)) as answer:
                answer.raise_for_status()
                await answer.read()
            yield reached
