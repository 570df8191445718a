"""`driftgauge metrics`: print the metrics contract."""

from __future__ import annotations

import argparse

HELP = "print every metric with its type, labels and meaning"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--markdown", action="store_true", help="as the page of the documentation")


def run(args: argparse.Namespace) -> int:
    """Print."""
    from driftgauge import names

    print(names.markdown() if args.markdown else names.plain(), end="")
    return 0
