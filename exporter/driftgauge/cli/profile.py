"""`driftgauge profile`: build, show and compare profiles."""

from __future__ import annotations

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "build a profile of a data set, show one, compare two"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three commands."""
    from driftgauge.cli import profile_build, profile_compare, profile_show

    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in (("build", profile_build), ("show", profile_show), ("compare", profile_compare)):
        part = commands.add_parser(
            name,
            help=command.HELP,
            description=command.DESCRIPTION,
            usage=command.USAGE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(part)
        part.set_defaults(profile_command=command.run)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    status: int = args.profile_command(args)
    return status
