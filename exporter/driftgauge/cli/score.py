"""`driftgauge score`: a batch job's data file against the reference, as metrics, as JSON or as an exit status."""

from __future__ import annotations

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "score a batch job's data file: metrics for node_exporter or a Pushgateway, JSON, exit status"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from driftgauge.cli.roles import add_role_arguments
    from driftgauge.cli.rules import add_exit_status_argument, add_rule_arguments

    parser.add_argument("file", metavar="FILE", help="the data file")
    parser.add_argument("--reference", metavar="PROFILE", required=True, help="the profile to compare with")
    about = parser.add_argument_group("what the metrics are labelled with")
    about.add_argument("--model", default="", help="name of the model; the one in the profile by default")
    about.add_argument(
        "--version", default="", metavar="V", help="its version; the one in the profile by default, else 0"
    )
    where = parser.add_argument_group("where the result goes; a table by default").add_mutually_exclusive_group()
    where.add_argument(
        "--textfile",
        metavar="OUT.prom",
        help='write metrics for node_exporter\'s textfile collector, whole or not at all; "-": standard output',
    )
    where.add_argument("--pushgateway", metavar="URL", help="push metrics to a Pushgateway, see --job")
    where.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--job", metavar="NAME", help="job that the metrics are pushed under (driftgauge)")
    add_exit_status_argument(parser)
    add_rule_arguments(parser)
    add_role_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Score the file."""
    from driftgauge.cli.score_run import score

    return score(args)
