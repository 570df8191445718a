"""Service: from a configuration file to open listeners, and back down again on SIGTERM.

An invalid configuration at start is refused with `strict`; otherwise the exporter starts degraded, answers, counts nothing
and says so in `driftgauge_config_valid`, because a sidecar must not keep a model from starting. A configuration that
becomes invalid later leaves the old one in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from driftgauge.config import ProxySettings, Settings
from driftgauge.errors import ConfigError
from driftgauge.serve import logs
from driftgauge.serve.doors import Doors
from driftgauge.serve.engine import Engine
from driftgauge.serve.keeper import Keeper
from driftgauge.serve.listeners import within_reach
from driftgauge.serve.loading import Loaded, load, protection_of, read_text, shut_of
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.memory import keep_large_blocks, share_one_arena
from driftgauge.serve.settings import parse_listen, parse_proxy
from driftgauge.serve.status_file import StatusFile

if TYPE_CHECKING:
    from driftgauge.serve.proxy import Proxy

__all__ = ["Service"]


class Service:
    """The exporter as a process.

    Args:
        path: of the configuration file; None for the defaults.
        environ: the environment, which overrides settings.
        strict: refuse to start with an invalid configuration.
    """

    def __init__(self, path: Path | None, environ: Mapping[str, str], *, strict: bool = False) -> None:
        self._path = path
        self._environ = environ
        self._shut: tuple[str, ...] = ()
        loaded, usable = self._first_load(strict=strict)
        logs.configure(loaded.settings.log)
        self._problems, self._notes = loaded.problems, loaded.notes
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.engine = Engine(loaded.settings, loaded.references, key=loaded.key)
        self._keeper = Keeper(self.engine, loaded.settings.state) if loaded.settings.state.directory else None
        status = loaded.settings.status_file
        self._status = StatusFile(self.engine, status) if status.path else None
        self._doors = Doors(self.engine, self.reload, self._shut)
        self._proxy = _proxy(self.engine, loaded.settings.proxy)
        health = self.engine.health
        health.config_valid = usable and not loaded.problems
        health.counting = usable
        health.reload_success = health.config_valid
        health.reload_time = self.engine.clock() if health.config_valid else None

    def _first_load(self, *, strict: bool) -> tuple[Loaded, bool]:
        try:
            loaded = load(self._path, self._environ)
        except ConfigError as error:
            if strict:
                raise
            try:
                text = read_text(self._path)
            except ConfigError:
                text = ""
            listen = parse_listen(text, self._environ)
            listen = within_reach(listen, protected=protection_of(listen)[0])
            self._shut = shut_of(text, listen)
            proxy = parse_proxy(text, self._environ)
            return Loaded(Settings(listen=listen, proxy=proxy), {}, (str(error),)), False
        if strict and loaded.problems:
            raise ConfigError("; ".join(loaded.problems))
        return loaded, True

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM or SIGINT; call *ready* once everything is open.

        Raises:
            ConfigError: no listener could be opened.
        """
        share_one_arena()
        keep_large_blocks()
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for text in self._problems:
            LOGGER.error("configuration problem", extra={"detail": text})
        for text in self._notes:
            LOGGER.warning("configuration note", extra={"detail": text})
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.restore)
        await self._doors.open()
        if self._proxy is not None:
            await self._forward(self._proxy)
        self.engine.start()
        if self._keeper is not None:
            self._keeper.start()
        if self._status is not None:
            self._status.start()
        ready()
        LOGGER.info("serving", extra=_configured(self.engine.settings))
        await stopping.wait()
        await self._wind_down()

    async def _wind_down(self) -> None:
        """Close what takes in, then write what was counted."""
        LOGGER.info("stopping")
        if self._proxy is not None:
            await self._proxy.close()
        await self._doors.close(lambda: self.engine.health.waiting > 0)
        if self._status is not None:
            await self._status.stop()
        await self.engine.stop()
        if self._keeper is not None:
            await self._keeper.stop()

    async def reload(self) -> None:
        """Read the configuration again; on a mistake the old one stays.

        Raises:
            ConfigError: it cannot be used.
        """
        async with self._reloading:
            try:
                loaded = await asyncio.to_thread(self._load_without_problems)
            except ConfigError as error:
                self.engine.health.reload_success = False
                LOGGER.error("reload failed, the old configuration stays", extra={"detail": str(error)})
                raise
            await self._take(loaded)

    async def _take(self, loaded: Loaded) -> None:
        health = self.engine.health
        if loaded.settings.listen != self.engine.settings.listen:
            LOGGER.warning("listen has changed; restart to open other sockets")
        if loaded.settings.state != self.engine.settings.state:
            LOGGER.warning("state has changed; restart to keep it elsewhere")
        if loaded.settings.status_file != self.engine.settings.status_file:
            LOGGER.warning("status_file has changed; restart to write it elsewhere")
        if loaded.settings.proxy != self.engine.settings.proxy:
            LOGGER.warning("proxy has changed; restart to forward elsewhere")
        await asyncio.to_thread(self.engine.configure, loaded.settings, loaded.references, loaded.key)
        logs.configure(loaded.settings.log)
        await self._doors.configured()
        health.config_valid = health.reload_success = health.counting = True
        health.reload_time = self.engine.clock()
        LOGGER.info("reloaded", extra=_configured(loaded.settings))

    def _load_without_problems(self) -> Loaded:
        loaded = load(self._path, self._environ)
        if loaded.problems:
            raise ConfigError("; ".join(loaded.problems))
        return loaded

    def _hang_up(self) -> None:
        """Reload on SIGHUP."""
        task = asyncio.get_running_loop().create_task(self._reload_quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload_quietly(self) -> None:
        with contextlib.suppress(ConfigError):  # counted and logged already
            await self.reload()

    async def _forward(self, proxy: Proxy) -> None:
        """Open the proxy, or nothing."""
        try:
            await proxy.open()
        except ConfigError:
            await self._doors.close(lambda: False)
            raise


def _proxy(engine: Engine, settings: ProxySettings) -> Proxy | None:
    if not settings.upstream:
        return None
    from driftgauge.serve.proxy import Proxy  # noqa: PLC0415 - most exporters have none

    return Proxy(engine, settings)


def _configured(settings: Settings) -> dict[str, int]:
    """Return what is told of a configuration that is in force; further models register themselves by their traffic."""
    return {
        "configured_models": len(settings.models),
        "profiles": len({model.reference.path for model in (settings.defaults, *settings.models)} - {""}),
    }
