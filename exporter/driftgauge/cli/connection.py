"""Connections to a running exporter, over its Unix socket or TCP, with or without TLS."""

from __future__ import annotations

import argparse
import http.client
import os
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from driftgauge.errors import ConfigError

if TYPE_CHECKING:
    from driftgauge.client.identity import Identity

__all__ = ["UnixConnection", "add_connection_arguments", "connect", "credentials", "identity_of"]

#: variables of the client library, which say the same
_CLIENT = "DRIFTGAUGE_CLIENT_"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def add_connection_arguments(parser: argparse.ArgumentParser, address: str) -> None:
    """Declare where the exporter is and what to show it; *address* says what listens on TCP."""
    parser.add_argument(
        "--socket",
        default=os.environ.get("DRIFTGAUGE_LISTEN__SOCKET", "/run/driftgauge/ingest.sock"),
        help="the ingest socket to ask (default: %(default)s)",
    )
    parser.add_argument("--address", metavar="[https://]HOST:PORT", help=address)
    for name, text in (
        ("token-file", "bearer token to show"),
        ("ca-file", "certificates that vouch for the exporter (default: the system's)"),
        ("cert-file", "certificate to show"),
        ("key-file", "key of that certificate"),
    ):
        variable = _CLIENT + name.replace("-", "_").upper()
        parser.add_argument(
            f"--{name}", metavar="FILE", default=os.environ.get(variable, ""), help=f"{text}; ${variable}"
        )


def connect(args: argparse.Namespace, timeout: float) -> http.client.HTTPConnection:
    """Return a connection, which opens when something is asked.

    Raises:
        ConfigError: the address is none, or a file for TLS cannot be used.
    """
    if not args.address:
        return UnixConnection(args.socket, timeout)
    address = args.address if "://" in args.address else f"http://{args.address}"
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigError(f"--address {args.address}: expected host:port, http://host:port or https://host:port")
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        return http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=identity_of(args).context())
    except OSError as error:
        raise ConfigError(f"--ca-file, --cert-file, --key-file: cannot be used: {error}") from error


def credentials(args: argparse.Namespace) -> Mapping[str, str]:
    """Return the headers that say who asks.

    Raises:
        ConfigError: the token file cannot be used.
    """
    if not (args.token_file or os.environ.get(f"{_CLIENT}TOKEN")):
        return {}
    try:
        return identity_of(args).headers()
    except OSError as error:
        raise ConfigError(f"--token-file: {error}") from error


def identity_of(args: argparse.Namespace) -> Identity:
    """Return what the arguments say of who asks."""
    from driftgauge.client.identity import Identity  # with all of the client, which a plain health check does not need

    token = os.environ.get(f"{_CLIENT}TOKEN", "")
    return Identity(token, args.token_file, args.ca_file, args.cert_file, args.key_file)
