"""Service: from a configuration file to open listeners, and back down again on SIGTERM.

An invalid configuration at start is refused with `strict`; otherwise the exporter starts degraded, answers, counts nothing
and says so in `driftgauge_config_valid`, because a sidecar must not keep a model from starting. A configuration that
becomes invalid later leaves the old one in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgauge.config import ListenSettings, Settings
from driftgauge.errors import ConfigError
from driftgauge.profile import Reference
from driftgauge.serve import logs
from driftgauge.serve.addresses import split_address
from driftgauge.serve.doors import Doors
from driftgauge.serve.engine import Engine
from driftgauge.serve.guard.protection import guard_files, read_protection
from driftgauge.serve.keeper import Keeper
from driftgauge.serve.listeners import check_exposure, within_reach
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.memory import share_one_arena
from driftgauge.serve.proxy import Proxy, parse_upstream
from driftgauge.serve.references import read_references
from driftgauge.serve.settings import parse, parse_listen, parse_proxy

__all__ = ["Loaded", "Service", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be run: the settings, the profiles by path, and what was wrong with it."""

    settings: Settings
    references: Mapping[str, Reference]
    problems: tuple[str, ...] = ()


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Read the configuration and its profiles.

    Raises:
        ConfigError: it cannot be used.
    """
    settings = parse(_text(path), environ)
    for name in ("ingest", "metrics"):
        if address := getattr(settings.listen, name):
            split_address(address, f"listen.{name}")
    protected, problems = _protection(settings.listen)
    check_exposure(settings.listen, protected=protected)
    if settings.proxy.upstream:
        parse_upstream(settings.proxy.upstream)
        split_address(settings.proxy.listen, "proxy.listen")
    references, errors = read_references(settings)
    return Loaded(settings, references, (*problems, *map(str, errors)))


def _protection(listen: ListenSettings) -> tuple[bool, list[str]]:
    """Return whether the ingest port is protected, and what is wrong with the files that protect listeners."""
    protected, problems = False, []
    for name in ("metrics", "ingest"):
        files = guard_files(listen, name)
        try:
            found = read_protection(files)
            strong = found.context is not None or bool(found.kinds)
        except ConfigError as error:
            problems.append(str(error))
            strong = True  # a listener whose files cannot be read takes nothing
        protected = strong if name == "ingest" else protected
    return protected, problems


def _shut(text: str, listen: ListenSettings) -> tuple[str, ...]:
    """Return the listeners of which an unreadable configuration says that they are protected, but not how."""
    asked = any(f"metrics_{kind}" in text for kind in ("web_config", "token_file"))
    return ("metrics",) if asked and not guard_files(listen, "metrics") else ()


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


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
        self._problems = loaded.problems
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.engine = Engine(loaded.settings, loaded.references)
        self._keeper = Keeper(self.engine, loaded.settings.state) if loaded.settings.state.directory else None
        self._doors = Doors(self.engine, self.reload, self._shut)
        proxy = loaded.settings.proxy
        self._proxy = Proxy(self.engine, proxy) if proxy.upstream else None
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
                text = _text(self._path)
            except ConfigError:
                text = ""
            listen = parse_listen(text, self._environ)
            listen = within_reach(listen, protected=_protection(listen)[0])
            self._shut = _shut(text, listen)
            proxy = parse_proxy(text, self._environ)
            return Loaded(Settings(listen=listen, proxy=proxy), {}, (str(error),)), False
        if strict and loaded.problems:
            raise ConfigError("; ".join(loaded.problems))
        return loaded, True

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            ConfigError: no listener could be opened.
        """
        share_one_arena()
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for text in self._problems:
            LOGGER.error("configuration problem", extra={"detail": text})
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.restore)
        await self._doors.open()
        if self._proxy is not None:
            await self._forward(self._proxy)
        self.engine.start()
        if self._keeper is not None:
            self._keeper.start()
        LOGGER.info("serving", extra={"models": len(self.engine.registry.models)})
        await stopping.wait()
        LOGGER.info("stopping")
        if self._proxy is not None:
            await self._proxy.close()
        await self._doors.close(lambda: self.engine.health.waiting > 0)
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
        if loaded.settings.proxy != self.engine.settings.proxy:
            LOGGER.warning("proxy has changed; restart to forward elsewhere")
        await asyncio.to_thread(self.engine.configure, loaded.settings, loaded.references)
        logs.configure(loaded.settings.log)
        await self._doors.configured()
        health.config_valid = health.reload_success = health.counting = True
        health.reload_time = self.engine.clock()
        LOGGER.info("reloaded", extra={"models": len(self.engine.registry.models)})

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
