"""`driftgauge replay`: a file of past observations to a running exporter, or its scores without one."""

from __future__ import annotations

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "send a file of past observations to an exporter, or score it offline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from driftgauge.cli.connection import add_connection_arguments
    from driftgauge.cli.roles import add_fact_arguments, add_role_arguments
    from driftgauge.cli.rules import add_exit_status_argument, add_rule_arguments

    parser.add_argument(
        "file",
        metavar="FILE",
        help="CSV, Parquet or JSON lines; or a log of bentoml.monitor, or such a monitor's folder",
    )
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--version", default="", metavar="V", help="its version (0)")
    parser.add_argument(
        "--speed",
        type=_speed,
        metavar="X",
        help="event time passes X times as fast as it did: 60 replays an hour in a minute; as fast as possible by default",
    )
    parser.add_argument(
        "--times",
        choices=("keep", "shift", "none"),
        default="keep",
        help="event times: keep them (the model needs `clock: event`, or they count as late); shift them to now, "
        "as fast as --speed says; none: rows count when they arrive",
    )
    add_connection_arguments(parser, "the exporter's ingest listener on TCP instead of the socket")
    offline = parser.add_argument_group("without an exporter")
    offline.add_argument(
        "--reference", metavar="PROFILE", help="print the scores of the whole file against this profile"
    )
    offline.add_argument("--json", action="store_true", help="print them as JSON")
    add_exit_status_argument(parser)
    add_rule_arguments(parser)
    add_fact_arguments(add_role_arguments(parser))


def run(args: argparse.Namespace) -> int:
    """Send, or score."""
    from driftgauge.cli.replay_run import replay, score_offline

    return replay(args) if args.reference is None else score_offline(args)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < 1e9:
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return speed
