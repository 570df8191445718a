"""`driftgauge report`: one HTML file (or JSON) about a model for a ticket, as the running exporter sees it now."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
from urllib.parse import quote

from driftgauge.cli.connection import add_connection_arguments, connect, credentials
from driftgauge.errors import ConfigError, ProfileError

HELP = "write a report about a model for a ticket: what drifted, since when, how sure, with pictures"
TIMEOUT_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--version", default="0", help="its version (default: %(default)s)")
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write it (default: standard output)"
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of HTML")
    add_connection_arguments(parser, "the exporter's metrics listener (default: 127.0.0.1:9870)")


def run(args: argparse.Namespace) -> int:
    """Ask for the report and write it."""
    from driftgauge.cli.files import check_writable, write

    if args.output != "-":
        check_writable(args.output)
    text = _ask(args)
    write(args.output, text)
    return 0


def _ask(args: argparse.Namespace) -> str:
    args.address = args.address or "127.0.0.1:9870"
    path = f"/api/v1/models/{quote(args.model, safe='')}/versions/{quote(args.version, safe='')}/report"
    try:
        with contextlib.closing(connect(args, TIMEOUT_SECONDS)) as connection:
            connection.request("GET", f"{path}?format={'json' if args.json else 'html'}", headers=credentials(args))
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise ConfigError(f"--address {args.address}: expected a running exporter ({error})") from error
    if response.status == http.HTTPStatus.OK:
        return text
    try:
        detail = str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"HTTP status {response.status}"
    raise ProfileError(f"{args.address}: {detail}")
