"""Sockets: a Unix socket and TCP addresses, opened before anything is promised and cleaned up after."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from aiohttp import web

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve.addresses import is_loopback, split_address
from driftgauge.serve.binding import bound_tcp, bound_unix
from driftgauge.serve.direct.answers import Answers
from driftgauge.serve.direct.connection import DIRECT, Direct, DirectConnection
from driftgauge.serve.guard.connection import Connection
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.guard.gate import Gate, GateLimits
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.protection import GuardFiles

__all__ = ["check_exposure", "close", "open_tcp", "open_unix", "shut", "split_address", "within_reach"]

#: how long bodies may go on arriving, and answers may take, when the process is told to end
SHUTDOWN_SECONDS = 5.0
POLL_SECONDS = 0.02
#: connections that wait to be accepted
BACKLOG = 1_024


def check_exposure(listen: ListenSettings, *, protected: bool = False) -> None:
    """Refuse to take observations from other machines unless that was said.

    Args:
        listen: what is configured.
        protected: whether the listener asks for a token or a password, or speaks TLS.

    Raises:
        ConfigError: the ingest listener is neither on loopback nor protected nor allowed to be open.
    """
    if not listen.ingest or listen.insecure or protected or is_loopback(listen.ingest, "listen.ingest"):
        return
    raise ConfigError(
        f"listen.ingest: {listen.ingest!r} takes observations from other machines without authentication;"
        " use 127.0.0.1, the Unix socket, listen.ingest_token_file, listen.ingest_web_config with TLS,"
        " or say listen.insecure: true"
    )


def within_reach(listen: ListenSettings, *, protected: bool = False) -> ListenSettings:
    """Return where to listen when what is configured must not or cannot be opened: loopback, the default port."""
    metrics = listen.metrics if _is_address(listen.metrics) else ListenSettings().metrics
    ingest = listen.ingest
    try:
        check_exposure(listen, protected=protected)
    except ConfigError:
        ingest = f"127.0.0.1:{ingest.rpartition(':')[2]}" if _is_address(ingest) else "127.0.0.1:9871"
    return replace(listen, metrics=metrics, ingest=ingest)


def _is_address(text: str) -> bool:
    try:
        split_address(text, "")
    except ConfigError:
        return False
    return True


async def open_tcp(
    app: web.Application, address: str, setting: str, *, guard: Guard | None = None, gate: Gate | None = None
) -> web.AppRunner:
    """Serve *app* on host:port, behind *guard* and within the limits of *gate*; without them it is open to anyone.

    Raises:
        ConfigError: the address cannot be opened.
    """
    host, port = split_address(address, setting)
    guard, gate = _doors(guard, gate, setting)
    runner = await _runner(app, guard)
    try:
        for made in await bound_tcp(host, port, gate):
            await _Site(runner, made, gate, guard).start()
    except (OSError, UnicodeError) as error:
        await runner.cleanup()
        raise ConfigError(f"{setting}: cannot listen on {address!r}: {_reason(error)}") from error
    return runner


async def open_unix(
    app: web.Application, listen: ListenSettings, *, guard: Guard | None = None, gate: Gate | None = None
) -> web.AppRunner:
    """Serve *app* on the Unix socket, replacing one that nobody listens on.

    Raises:
        ConfigError: the socket cannot be opened or given away, or another process listens on it.
    """
    guard, gate = _doors(guard, gate, "listen.socket")
    runner = await _runner(app, guard)
    try:
        made = await asyncio.to_thread(bound_unix, listen, gate)
        await _Site(runner, made, gate, guard).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(f"listen.socket: cannot listen on {listen.socket!r}: {_reason(error)}") from error
    except ConfigError:
        await runner.cleanup()
        raise
    return runner


async def close(runners: Sequence[web.AppRunner], busy: Callable[[], bool]) -> None:
    """Stop taking connections, let bodies that are arriving arrive and be answered, and remove the sockets.

    Args:
        runners: of the listeners.
        busy: whether a body is arriving or being counted.
    """
    paths = [Path(address) for runner in runners for address in runner.addresses if isinstance(address, str)]
    sites = [site for runner in runners for site in runner.sites]
    for site in sites:
        await site.stop()
    # Before the runners' own clean-up, which ignores what still arrives.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN_SECONDS):
            while busy():  # noqa: ASYNC110 - the state of several connections, looked at for the last time
                await asyncio.sleep(POLL_SECONDS)
    for site in sites:
        if isinstance(site, _Site):
            site.gate.close()
    await asyncio.gather(*(runner.cleanup() for runner in runners))
    _clear(sites)
    await asyncio.sleep(0)  # for the transports' last words
    for path in paths:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def shut(runner: web.AppRunner) -> None:
    """Close a listener with all of its connections."""
    sites = list(runner.sites)
    await runner.cleanup()
    _clear(sites)


def _clear(sites: Iterable[web.BaseSite]) -> None:
    for site in sites:
        if isinstance(site, _Site):
            site.gate.clear()


def _reason(error: Exception) -> str:
    """Say why a socket cannot be opened, in the system's words where it has some."""
    system = isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno
    return os.strerror(system) if system else str(error)


def _doors(guard: Guard | None, gate: Gate | None, setting: str) -> tuple[Guard, Gate]:
    counts = ListenerCounts(setting.rpartition(".")[2])
    return guard or Guard(GuardFiles(counts.name), counts), gate or Gate(counts, GateLimits())


async def _runner(app: web.Application, guard: Guard) -> web.AppRunner:
    guard.protect(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    return runner


class _Site(web.BaseSite):
    """A listening socket whose connections are watched."""

    def __init__(self, runner: web.AppRunner, made: socket.socket, gate: Gate, guard: Guard) -> None:
        super().__init__(runner, ssl_context=guard.context)
        self._made = made
        self._guard = guard
        self._direct = runner.app.get(DIRECT)
        self._answers = Answers(guard)
        self.gate = gate

    @property
    def name(self) -> str:
        """Where it listens."""
        return str(self._made.getsockname())

    async def start(self) -> None:
        """Begin to take connections."""
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(
            self._connection if self._direct is None else partial(self._direct_connection, self._direct),
            sock=self._made,
            backlog=BACKLOG,
            ssl=self._ssl_context,
            ssl_handshake_timeout=None if self._ssl_context is None else self.gate.limits.header_seconds,
        )
        self.gate.watch()

    def _connection(self) -> Connection:
        assert self._runner.server is not None
        return Connection(self._runner.server, self.gate, asyncio.get_running_loop())

    def _direct_connection(self, direct: Direct) -> DirectConnection:
        return DirectConnection(direct, self._answers, self._guard, self.gate, self._connection)

    async def stop(self) -> None:
        """Stop taking connections."""
        await super().stop()
        self.gate.stop()
