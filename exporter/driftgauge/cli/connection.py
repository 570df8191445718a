"""Connections to a running exporter, over its Unix socket or TCP."""

from __future__ import annotations

import argparse
import http.client
import os
import socket

__all__ = ["UnixConnection", "add_connection_arguments", "connect"]


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
    """Declare where the exporter is; *address* says what listens on TCP."""
    parser.add_argument(
        "--socket",
        default=os.environ.get("DRIFTGAUGE_LISTEN__SOCKET", "/run/driftgauge/ingest.sock"),
        help="the ingest socket to ask (default: %(default)s)",
    )
    parser.add_argument("--address", metavar="HOST:PORT", help=address)


def connect(args: argparse.Namespace, timeout: float) -> http.client.HTTPConnection:
    """Return a connection, which opens when something is asked."""
    if args.address:
        return http.client.HTTPConnection(args.address, timeout=timeout)
    return UnixConnection(args.socket, timeout)
