"""Doors: the listeners of the service, each behind its guard and its gate.

A listener whose protection cannot be read is opened all the same, because probes ask it, and refuses everything but health
until its files can be read: never less protection than was asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from functools import partial

from aiohttp import web

from driftgauge.errors import ConfigError
from driftgauge.serve.addresses import is_loopback
from driftgauge.serve.engine import Engine
from driftgauge.serve.guard.gate import Gate, limits_of
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.protection import guard_files
from driftgauge.serve.ingest_app import ingest_app
from driftgauge.serve.listeners import close, open_tcp, open_unix, shut
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.metrics_app import metrics_app

__all__ = ["Doors"]


class Doors:
    """Opens the listeners, and opens one again whose protection was not known.

    Args:
        engine: behind all of them.
        reload: reads the configuration again.
        shut: listeners of which it is not known how they are to be protected.
    """

    def __init__(self, engine: Engine, reload: Callable[[], Awaitable[None]], shut: Collection[str] = ()) -> None:
        self._engine = engine
        self._reload = reload
        self._shut = set(shut)
        self._runners: dict[str, web.AppRunner] = {}
        self._guards: dict[str, Guard] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open every listener, or none.

        Raises:
            ConfigError: one cannot be opened.
        """
        listen = self._engine.settings.listen
        wanted = {"metrics": True, "socket": bool(listen.socket), "ingest": bool(listen.ingest)}
        try:
            for name in (name for name, is_wanted in wanted.items() if is_wanted):
                self._runners[name] = await self._opened(name)
        except ConfigError:
            await self.close(lambda: False)
            raise
        LOGGER.info("listening", extra={"metrics": listen.metrics, "socket": listen.socket, "ingest": listen.ingest})

    async def close(self, busy: Callable[[], bool]) -> None:
        """Close all of them, once what is *busy* is done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await close(tuple(self._runners.values()), busy)

    async def configured(self) -> None:
        """Take note of a new configuration: read the files now, and open what was shut."""
        for name in tuple(self._shut):
            self._shut.discard(name)
            await self._open_again(name)
        for guard in tuple(self._guards.values()):
            await guard.refresh()

    async def _opened(self, name: str) -> web.AppRunner:
        engine, listen = self._engine, self._engine.settings.listen
        counts = engine.health.listener(name)
        guard = Guard(guard_files(listen, name), counts, shut=name in self._shut)
        with contextlib.suppress(ConfigError):  # logged and counted already
            await asyncio.to_thread(guard.read)
        guard.on_usable = partial(self._usable, name)
        gate = Gate(counts, limits_of(engine.settings.limits, metrics=name == "metrics"))
        self._guards[name] = guard
        if name == "metrics":
            return await open_tcp(metrics_app(engine), listen.metrics, "listen.metrics", guard=guard, gate=gate)
        app = ingest_app(engine, self._reload)
        if name == "socket":
            return await open_unix(app, listen, guard=guard, gate=gate)
        counts.insecure = not (
            is_loopback(listen.ingest, "listen.ingest") or guard.protection.authenticates or not guard.usable
        )
        if counts.insecure:
            LOGGER.warning(
                "other machines may send observations without authentication", extra={"ingest": listen.ingest}
            )
        return await open_tcp(app, listen.ingest, "listen.ingest", guard=guard, gate=gate)

    async def _usable(self, name: str) -> None:
        """Take note that a listener's files can be read at last; one that speaks TLS has to be opened again for that."""
        if self._guards[name].context is None:
            return
        task = asyncio.get_running_loop().create_task(self._open_again(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_again(self, name: str) -> None:
        runner = self._runners.pop(name, None)
        try:
            if runner is not None:
                await shut(runner)
            self._runners[name] = await self._opened(name)
        except ConfigError as error:
            LOGGER.error("a listener cannot be opened again", extra={"listener": name, "detail": str(error)})
