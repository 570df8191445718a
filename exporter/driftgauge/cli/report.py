"""`driftgauge report`: one HTML file (or JSON) for a ticket: about a model of a running exporter, or about a data file."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import sys
from urllib.parse import quote

from driftgauge.cli.connection import add_connection_arguments, connect, credentials
from driftgauge.cli.terminal import printable
from driftgauge.errors import ConfigError, ProfileError

HELP = "write a report about a model or a data file for a ticket: what drifted, how sure, why it may be, with pictures"
TIMEOUT_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    from driftgauge.cli.roles import add_role_arguments
    from driftgauge.cli.rules import add_rule_arguments

    parser.add_argument("--model", default="", help="name of the model; of a file, the one in the profile by default")
    parser.add_argument("--version", default="", metavar="V", help="its version (the one observed last)")
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write it (default: standard output)"
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of HTML")
    add_connection_arguments(parser, "the exporter's metrics listener (default: 127.0.0.1:9870)")
    offline = parser.add_argument_group("about a data file, without an exporter")
    offline.add_argument("--offline", metavar="FILE", help="CSV, JSON lines or Parquet: what is reported about")
    offline.add_argument("--reference", metavar="PROFILE", help="the profile that it is compared with")
    add_rule_arguments(parser)
    roles = add_role_arguments(parser)
    roles.add_argument("--label", metavar="COL", dest="truth", help="the truth: says how good the model was")
    roles.add_argument(
        "--classes",
        metavar="NAME",
        nargs="+",
        default=[],
        help="classes in the order of the probabilities; else 0, 1, 2",
    )


def run(args: argparse.Namespace) -> int:
    """Ask for the report, or make it, and write it."""
    from driftgauge.cli.files import check_writable, write

    if args.output != "-":
        check_writable(args.output)
    if args.offline is not None:
        from driftgauge.cli.report_offline import offline

        if args.address is not None:
            raise ConfigError("--offline: expected no --address beside it; a file is compared without an exporter")
        text = offline(args)
    else:
        text = _ask(args)
    write(args.output, text)
    return 0


def _ask(args: argparse.Namespace) -> str:
    if not args.model:
        raise ConfigError("--model: expected the name of a model of the exporter, or --offline FILE")
    if args.reference is not None:
        raise ConfigError("--reference: expected --offline FILE beside it; an exporter has its own")
    args.address = args.address or "127.0.0.1:9870"
    version = args.version or _latest(args)
    path = f"/api/v1/models/{quote(args.model, safe='')}/versions/{quote(version, safe='')}/report"
    return _get(args, f"{path}?format={'json' if args.json else 'html'}")


def _latest(args: argparse.Namespace) -> str:
    """Return the version that was observed last; 0 where none is known, which the exporter then says."""
    models = json.loads(_get(args, "/api/v1/models"))["models"]
    found = [model for model in models if model["name"] == args.model]
    newest = max(found, key=lambda model: model["last_observation"] or 0.0, default={"version": "0"})
    if len(found) > 1:
        others = sorted(model["version"] for model in found if model is not newest)
        print(
            printable(f"version {newest['version']}, observed last; --version for {', '.join(others)}"), file=sys.stderr
        )
    return str(newest["version"])


def _get(args: argparse.Namespace, path: str) -> str:
    try:
        with contextlib.closing(connect(args, TIMEOUT_SECONDS)) as connection:
            connection.request("GET", path, headers=credentials(args))
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
