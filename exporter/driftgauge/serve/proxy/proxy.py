"""Proxy: the listener that callers use instead of the model server's, its connections, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftgauge.config import ProxySettings
from driftgauge.errors import ConfigError
from driftgauge.serve.engine import Engine
from driftgauge.serve.listeners import split_address
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.proxy.counts import Counts
from driftgauge.serve.proxy.observer import Observer
from driftgauge.serve.proxy.relay import Relay
from driftgauge.serve.proxy.watch import Watch

__all__ = ["Proxy", "Upstream", "parse_upstream"]

#: connections that the system holds until they are accepted
_BACKLOG = 1_024
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the model server listens."""

    host: str
    port: int
    tls: bool


def parse_upstream(text: str) -> Upstream:
    """Return where `http://host:port` is.

    Raises:
        ConfigError: it is something else, or says more: paths and credentials are not changed on the way.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
        raise ConfigError(f"proxy.upstream: expected http://host:port, got {text!r}")
    return Upstream(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "https")


class Proxy:
    """The proxy of one model server.

    Args:
        engine: counts what is observed.
        settings: of the proxy; `upstream` is set.

    Raises:
        ConfigError: an address makes no sense.
    """

    def __init__(self, engine: Engine, settings: ProxySettings) -> None:
        self.counts = Counts()
        #: that is listened on, once it is
        self.port = 0
        self._engine = engine
        self._settings = settings
        self._upstream = parse_upstream(settings.upstream)
        self._address = split_address(settings.listen, "proxy.listen")
        self._tls = ssl.create_default_context() if self._upstream.tls else None
        self._relays: set[Relay] = set()
        self._alone = asyncio.Event()
        self._alone.set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address cannot be opened.
        """
        loop = asyncio.get_running_loop()
        self._observer = Observer(self._engine, self.counts, loop)
        host, port = self._address
        try:
            self._server = await loop.create_server(self._relay, host or None, port, backlog=_BACKLOG)
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"proxy.listen: cannot listen on {self._settings.listen!r}: {error}") from error
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._engine.health.proxy = self.counts.view
        LOGGER.info("forwarding", extra={"listen": self._settings.listen, "upstream": self._settings.upstream})

    async def close(self) -> None:
        """Take no more connections, let calls end, and close what is left."""
        if self._server is None:
            return
        self._server.close()
        for relay in list(self._relays):
            relay.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._alone.wait()
        for relay in list(self._relays):
            relay.abort()
        await self._alone.wait()
        await asyncio.to_thread(self._observer.stop)

    def _relay(self) -> Relay:
        watch = Watch(self.counts, self._observer, asyncio.get_running_loop().time)
        relay = Relay(self._connect, watch, self._forget)
        self._relays.add(relay)
        self._alone.clear()
        return relay

    def _forget(self, relay: Relay) -> None:
        self._relays.discard(relay)
        if not self._relays:
            self._alone.set()

    async def _connect(self, protocol: asyncio.Protocol) -> None:
        loop = asyncio.get_running_loop()
        to = self._upstream
        async with asyncio.timeout(self._settings.connect_seconds):
            await loop.create_connection(
                lambda: protocol, to.host, to.port, ssl=self._tls, server_hostname=to.host if self._tls else None
            )
