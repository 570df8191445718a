"""`driftgauge healthcheck`: ask the running exporter whether it answers; for probes, without curl."""

from __future__ import annotations

import argparse
import http.client

from driftgauge.cli.connection import add_connection_arguments, connect

HELP = "ask the running exporter whether it answers (exit status 0 or 1)"
TIMEOUT_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_connection_arguments(parser, "ask the metrics listener there instead")


def run(args: argparse.Namespace) -> int:
    """Ask once."""
    where = args.address or args.socket
    connection = connect(args, TIMEOUT_SECONDS)
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
