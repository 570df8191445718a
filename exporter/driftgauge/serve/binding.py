"""Binding: sockets at their addresses, with their permissions, before anybody can connect to them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
import socket
import stat
from pathlib import Path

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve.guard.gate import Gate

__all__ = ["bound_tcp", "bound_unix"]

#: a listener that does not take a connection within this time is alive and busy, not gone
PROBE_SECONDS = 1.0

_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


async def bound_tcp(host: str, port: int, gate: Gate) -> list[socket.socket]:
    """Return a bound socket for each address of *host*; a family that the machine does not have is left out.

    Raises:
        OSError: none can be bound.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made: list[socket.socket] = []
    failed: OSError | None = None
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        try:
            made.append(_bind(family, address, gate))
        except OSError as error:
            failed = error
            if error.errno not in _NO_SUCH_FAMILY:
                break
    if failed is not None and (not made or failed.errno not in _NO_SUCH_FAMILY):
        for one in made:
            one.close()
        raise failed
    return made


def _bind(family: int, address: object, gate: Gate) -> socket.socket:
    made = gate.listening(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]  # of the family, from getaddrinfo
    except OSError:
        made.close()
        raise
    return made


def bound_unix(listen: ListenSettings, gate: Gate) -> socket.socket:
    """Return the bound Unix socket; nobody can connect before its permissions stand, because it does not listen yet.

    Raises:
        OSError: it cannot be bound, or another process listens on it.
        ConfigError: it cannot be given to its owner.
    """
    path = Path(listen.socket)
    _prepare(path)
    made = gate.listening(socket.AF_UNIX)
    try:
        made.bind(listen.socket)
        _give_away(path, listen)
        path.chmod(int(listen.socket_mode, 8))
    except (OSError, ConfigError):
        made.close()
        raise
    return made


def _give_away(path: Path, listen: ListenSettings) -> None:
    """Set owner and group where they are configured."""
    if not (listen.socket_owner or listen.socket_group):
        return
    try:
        for names in ({"user": _numeric(listen.socket_owner)}, {"group": _numeric(listen.socket_group)}):
            if any(names.values()):
                shutil.chown(path, **names)
    except (LookupError, OSError) as error:
        path.unlink(missing_ok=True)
        wanted = f"{listen.socket_owner}:{listen.socket_group}"
        raise ConfigError(
            f"listen.socket_owner, listen.socket_group: {path} cannot be given to {wanted!r}: {error}"
        ) from error


def _numeric(name: str) -> int | str:
    return int(name) if name.isdigit() else name


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
