"""`driftgauge baseline`: accept a running model's window as its new reference, or merge stored profiles."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from driftgauge.cli.connection import add_connection_arguments, connect, credentials
from driftgauge.cli.terminal import printable
from driftgauge.errors import ConfigError, ProfileError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "accept a model's present traffic as its new reference, or merge stored profiles"

#: making a profile of two weeks and its text takes a second; the model may be busy
TIMEOUT_SECONDS = 30.0
#: the output that is standard output
STANDARD = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare both commands."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "make a window of a running model its reference, without losing its windows"
    accepting = commands.add_parser("accept", help=text, description=text)
    accepting.set_defaults(baseline_command=_accept)
    accepting.add_argument("--model", required=True, help="name of the model")
    accepting.add_argument("--version", default="0", metavar="V", help="its version (%(default)s)")
    accepting.add_argument("--window", default="24h", help="window that is the new normal (%(default)s)")
    accepting.add_argument(
        "--merge-old",
        type=float,
        default=0.0,
        metavar="WEIGHT",
        help="how often the old reference's rows count beside the window's (%(default)s: not at all)",
    )
    accepting.add_argument(
        "-o", "--output", metavar="PROFILE", help='write the new profile for the next start; "-": standard output'
    )
    add_connection_arguments(accepting, "the ingest listener on TCP, where it is configured")

    text = "add two stored profiles of the same columns and edges"
    merging = commands.add_parser("merge", help=text, description=text)
    merging.set_defaults(baseline_command=_merge)
    merging.add_argument("old", metavar="OLD", help="a profile")
    merging.add_argument("new", metavar="NEW", help="a profile that is added to it")
    merging.add_argument(
        "--weight", type=float, default=1.0, help="how often the rows of OLD count (%(default)s); those of NEW once"
    )
    merging.add_argument(
        "-o", "--output", metavar="PROFILE", required=True, help='the profile to write; "-": standard output'
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    status: int = args.baseline_command(args)
    return status


def _merge(args: argparse.Namespace) -> int:
    from driftgauge.cli.files import check_writable, read_profile, write
    from driftgauge.profile import dumps
    from driftgauge.reference.merge import merge

    check_writable(args.output)
    merged = merge(read_profile(args.old), read_profile(args.new), created=time.time(), weight=args.weight)
    write(args.output, dumps(merged))
    _say(args.output, f"{args.output}: {merged.rows:,} rows, digest {merged.digest}", merged.provenance.notes)
    return 0


def _accept(args: argparse.Namespace) -> int:
    from driftgauge.cli.files import check_writable, write
    from driftgauge.profile import dumps, loads

    if args.output is not None:
        check_writable(args.output)
    answer = _ask(args)
    model = f"model {answer['model']} version {answer['version']}"
    window, rows = answer["window"], answer["rows"]
    notes = list(answer["profile"]["notes"])
    if args.output is None:
        notes.append(answer["detail"])
        notes.append("-o PROFILE writes it")
    else:
        write(args.output, dumps(loads(json.dumps(answer["profile"]), "the exporter's answer")))
        path = answer["configured_path"] or args.output
        notes.append(
            f"written to {args.output}; the exporter starts with it if it is what models[].reference.path names"
        )
        if answer["configured_path"]:
            notes.append(f"now that is {path}, which was not changed")
    change = f"digest {answer['previous_reference']} -> {answer['reference']}"
    _say(args.output, f"{model}: {window} is the new reference, {rows:,} rows, {change}", notes)
    return 0


def _ask(args: argparse.Namespace) -> Mapping[str, Any]:
    """Ask the exporter to accept, and return its answer."""
    where = args.address or args.socket
    path = f"/v1/models/{quote(args.model, safe='')}/versions/{quote(args.version, safe='')}/baseline"
    body = json.dumps({"window": args.window, "merge_old": args.merge_old})
    try:
        with contextlib.closing(connect(args, TIMEOUT_SECONDS)) as connection:
            connection.request("POST", path, body, {"Content-Type": "application/json", **credentials(args)})
            response = connection.getresponse()
            text = response.read()
    except (OSError, http.client.HTTPException) as error:
        option = "--address" if args.address else "--socket"
        raise ConfigError(f"{option} {where}: expected a running exporter ({error})") from error
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"detail": text[:200].decode("utf-8", "replace")}
    if response.status != http.HTTPStatus.OK:
        raise ProfileError(str(answer.get("detail", f"{where}: HTTP status {response.status}")))
    found: Mapping[str, Any] = answer
    return found


def _say(output: str | None, line: str, notes: Any) -> None:
    said = sys.stderr if output == STANDARD else sys.stdout
    print(printable(line), file=said)
    for note in notes:
        print(printable(f"note: {note}"), file=said)
