"""Sockets: a Unix socket and TCP addresses, opened before anything is promised and cleaned up after."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError

__all__ = ["check_exposure", "close", "open_tcp", "open_unix", "split_address", "within_reach"]

#: how long bodies may go on arriving, and answers may take, when the process is told to end
SHUTDOWN_SECONDS = 5.0
POLL_SECONDS = 0.02
#: a listener that does not take a connection within this time is alive and busy, not gone
PROBE_SECONDS = 1.0


def split_address(text: str, setting: str) -> tuple[str, int]:
    """Return host and port of "host:port"; an empty host is every address, IPv6 hosts stand in brackets.

    Raises:
        ConfigError: it is no such address.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise ConfigError(f"{setting}: expected host:port such as 127.0.0.1:9871, got {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def check_exposure(listen: ListenSettings) -> None:
    """Refuse to take observations from other machines unless that was said.

    Raises:
        ConfigError: the ingest listener is neither on loopback nor allowed to be open.
    """
    if not listen.ingest or listen.insecure:
        return
    host, _ = split_address(listen.ingest, "listen.ingest")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host or "0.0.0.0").is_loopback  # noqa: S104 - to refuse it
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"listen.ingest: {listen.ingest!r} takes observations from other machines without authentication;"
            " use 127.0.0.1, the Unix socket, or say listen.insecure: true"
        )


def within_reach(listen: ListenSettings) -> ListenSettings:
    """Return where to listen when what is configured must not or cannot be opened: loopback, the default port."""
    metrics = listen.metrics if _is_address(listen.metrics) else ListenSettings().metrics
    ingest = listen.ingest
    try:
        check_exposure(listen)
    except ConfigError:
        ingest = f"127.0.0.1:{ingest.rpartition(':')[2]}" if _is_address(ingest) else "127.0.0.1:9871"
    return replace(listen, metrics=metrics, ingest=ingest)


def _is_address(text: str) -> bool:
    try:
        split_address(text, "")
    except ConfigError:
        return False
    return True


async def open_tcp(app: web.Application, address: str, setting: str) -> web.AppRunner:
    """Serve *app* on host:port.

    Raises:
        ConfigError: the address cannot be opened.
    """
    host, port = split_address(address, setting)
    runner = await _runner(app)
    try:
        await web.TCPSite(runner, host or None, port).start()
    except (OSError, UnicodeError) as error:
        await runner.cleanup()
        raise ConfigError(f"{setting}: cannot listen on {address!r}: {_reason(error)}") from error
    return runner


async def open_unix(app: web.Application, listen: ListenSettings) -> web.AppRunner:
    """Serve *app* on the Unix socket, replacing one that nobody listens on.

    Raises:
        ConfigError: the socket cannot be opened, or another process listens on it.
    """
    runner = await _runner(app)
    try:
        await asyncio.to_thread(_prepare, Path(listen.socket))
        await web.UnixSite(runner, listen.socket).start()
        await asyncio.to_thread(Path(listen.socket).chmod, int(listen.socket_mode, 8))
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(f"listen.socket: cannot listen on {listen.socket!r}: {_reason(error)}") from error
    return runner


async def close(runners: Sequence[web.AppRunner], busy: Callable[[], bool]) -> None:
    """Stop taking connections, let bodies that are arriving arrive and be answered, and remove the sockets.

    Args:
        runners: of the listeners.
        busy: whether a body is arriving or being counted.
    """
    paths = [Path(address) for runner in runners for address in runner.addresses if isinstance(address, str)]
    for site in [site for runner in runners for site in runner.sites]:
        await site.stop()
    # Before the runners' own clean-up, which ignores what still arrives.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN_SECONDS):
            while busy():  # noqa: ASYNC110 - the state of several connections, looked at for the last time
                await asyncio.sleep(POLL_SECONDS)
    await asyncio.gather(*(runner.cleanup() for runner in runners))
    for path in paths:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _reason(error: Exception) -> str:
    """Say why a socket cannot be opened, in the system's words where it has some."""
    system = isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno
    return os.strerror(system) if system else str(error)


async def _runner(app: web.Application) -> web.AppRunner:
    # Bodies are unpacked by the decoder, which bounds what comes out.
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    return runner


def _prepare(path: Path) -> None:
    """Make the socket's directory, and remove a socket that nobody listens on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise OSError("the path exists and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        with contextlib.suppress(TimeoutError):
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
                return
    raise OSError("another process listens on it")
