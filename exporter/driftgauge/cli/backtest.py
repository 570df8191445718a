"""`driftgauge backtest`: what thresholds would have said of logged data, and which ones fit a budget of false alarms."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "HELP", "USAGE", "add_arguments", "run"]

HELP = "play logged data against thresholds: false alarms a week, delay to a known change, proposed settings"
USAGE = "driftgauge backtest FILE --timestamp COL [--reference PROFILE | --until TIME] [options]"
DESCRIPTION = """\
Play logged data through the windows, scores and statuses of the exporter, with many thresholds side by side. Prints for
each threshold and window the false alert episodes a week, and the delay to a change that is known; then the settings that
keep to a budget of one false page in so many weeks. The file need not be sorted.

  driftgauge backtest log.parquet --timestamp at --until 2026-03-01 --change 2026-06-14T08:00Z --changed price"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from driftgauge.cli.roles import add_kind_arguments, add_role_arguments

    parser.add_argument("file", metavar="FILE", help="the logged rows: CSV, Parquet or JSON lines")
    against = parser.add_argument_group("what they are compared with").add_mutually_exclusive_group()
    against.add_argument("--reference", metavar="PROFILE", help="a profile")
    against.add_argument(
        "--until",
        metavar="TIME",
        help="a profile of the rows before this time (RFC 3339); without either, of the first third of the time",
    )
    parser.add_argument(
        "--change", metavar="TIME", help="when a change is known to have begun; without it there is none"
    )
    parser.add_argument(
        "--changed", metavar="COL", nargs="+", default=[], help="the columns that changed; any column by default"
    )
    parser.add_argument(
        "--weeks", type=float, default=4.0, metavar="N", help="the budget: one false page in N weeks (4)"
    )
    parser.add_argument(
        "--every", type=float, default=1.0, metavar="HOURS", help="time between two evaluations, 0.25 to 24 hours (1)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    group = add_role_arguments(parser)
    add_kind_arguments(group)


def run(args: argparse.Namespace) -> int:
    """Play the file."""
    from driftgauge.cli.backtest_run import backtest_file

    return backtest_file(args)
