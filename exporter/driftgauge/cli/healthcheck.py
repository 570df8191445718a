"""`driftgauge healthcheck`: ask the running exporter whether it answers; for probes, without curl."""

from __future__ import annotations

import argparse
import http.client
import os
import socket

HELP = "ask the running exporter whether it answers (exit status 0 or 1)"
TIMEOUT_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--socket",
        default=os.environ.get("DRIFTGAUGE_LISTEN__SOCKET", "/run/driftgauge/ingest.sock"),
        help="the ingest socket to ask (default: %(default)s)",
    )
    parser.add_argument("--address", metavar="HOST:PORT", help="ask the metrics listener there instead")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


def run(args: argparse.Namespace) -> int:
    """Ask once."""
    where = args.address or args.socket
    connection = (
        http.client.HTTPConnection(args.address, timeout=TIMEOUT_SECONDS) if args.address else _UnixConnection(where)
    )
    try:
        connection.request("GET", "/-/healthy")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"unhealthy: {where}: {error}")
        return 1
    finally:
        connection.close()
    print("healthy" if status == 200 else f"unhealthy: {where}: HTTP status {status}")
    return 0 if status == 200 else 1
