"""`driftgauge check-config`: say what is wrong with a configuration before it is used."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from driftgauge.cli.serve import add_config_argument

HELP = "check a configuration file and its profiles; with --reference, print every setting"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_config_argument(parser)
    parser.add_argument("--reference", action="store_true", help="print the configuration reference (Markdown) and stop")


def run(args: argparse.Namespace) -> int:
    """Check, and print what was understood."""
    from driftgauge.serve.service import load
    from driftgauge.serve.settings import render_reference

    if args.reference:
        print(render_reference(), end="")
        return 0
    loaded = load(None if args.config is None else Path(args.config), os.environ)
    for problem in loaded.problems:
        print(f"driftgauge: {problem}", file=sys.stderr)
    for model in loaded.settings.models:
        reference = loaded.references.get(model.reference.path)
        source = f"profile of {reference.rows} rows" if reference else "no reference" if model.reference.path else "learns"
        print(f"{model.name} {model.version or '(every version)'}: {source}")
    if loaded.problems:
        return 2
    print("the configuration is valid")
    return 0
