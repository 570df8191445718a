"""`driftgauge healthcheck`: ask the running exporter whether it answers; for probes, without curl.

With --config it finds out where to ask: the Unix socket, else the metrics port. Health needs no token. Where the port wants
client certificates and none is given, it is content with a connection that the exporter takes and ends.
"""

from __future__ import annotations

import argparse
import http.client
import os
import ssl
from pathlib import Path

from driftgauge.cli.connection import add_connection_arguments, connect
from driftgauge.errors import ConfigError

HELP = "ask the running exporter whether it answers (exit status 0 or 1)"
TIMEOUT_SECONDS = 2.0

#: what a listener on every address is asked at
_LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to replace it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the exporter's configuration, which says where it listens"
    )
    add_connection_arguments(parser, "ask the metrics listener there instead")


def run(args: argparse.Namespace) -> int:
    """Ask once."""
    connection, where, lacks_certificate = _connection(args)
    try:
        connection.request("GET", "/-/healthy")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        # It took the connection and ended it for want of a certificate, so its event loop works.
        if lacks_certificate and isinstance(
            error, ssl.SSLError | ConnectionResetError | http.client.RemoteDisconnected
        ):
            print(f"healthy: {where} answers, and wants a certificate")
            return 0
        print(f"unhealthy: {where}: {error}")
        return 1
    finally:
        connection.close()
    print("healthy" if status == 200 else f"unhealthy: {where}: HTTP status {status}")
    return 0 if status == 200 else 1


def _connection(args: argparse.Namespace) -> tuple[http.client.HTTPConnection, str, bool]:
    """Return a connection, where it leads, and whether it lacks a certificate that will be asked for."""
    if args.config is None or args.address:
        return connect(args, TIMEOUT_SECONDS), args.address or args.socket, False
    from driftgauge.serve.addresses import split_address
    from driftgauge.serve.guard.protection import guard_files, tls_of
    from driftgauge.serve.settings import parse_listen

    try:
        listen = parse_listen(args.config.read_text("utf-8"), os.environ)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {args.config}: {error}") from error
    if listen.socket:
        args.socket = listen.socket
        return connect(args, TIMEOUT_SECONDS), listen.socket, False
    host, port = split_address(listen.metrics, "listen.metrics")
    host = _LOOPBACK.get(host, host)
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    tls = tls_of(guard_files(listen, "metrics"))
    if tls is None:
        return http.client.HTTPConnection(where, timeout=TIMEOUT_SECONDS), where, False
    connection = http.client.HTTPSConnection(where, timeout=TIMEOUT_SECONDS, context=_own(args))
    return connection, f"https://{where}", tls.client_auth is ssl.CERT_REQUIRED and not args.cert_file


def _own(args: argparse.Namespace) -> ssl.SSLContext:
    """Return a context that trusts whoever answers here: this asks its own pod, and tells it nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if args.cert_file:
        context.load_cert_chain(args.cert_file, args.key_file or None)
    return context
