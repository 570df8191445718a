"""`driftgauge check-config`: say what is wrong with a configuration before it is used."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from driftgauge.cli.serve import add_config_argument
from driftgauge.cli.terminal import printable
from driftgauge.errors import ConfigError

HELP = "check a configuration file and its profiles; with --reference, print every setting"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_config_argument(parser)
    parser.add_argument(
        "--reference", action="store_true", help="print the configuration reference (Markdown) and stop"
    )


def run(args: argparse.Namespace) -> int:
    """Check, and print all that is wrong and what was understood."""
    from driftgauge.serve.loading import load_settings, read_text
    from driftgauge.serve.settings import parse_all
    from driftgauge.serve.settings_page import render_reference

    if args.reference:
        print(render_reference(), end="")
        return 0
    settings, wrong = parse_all(read_text(None if args.config is None else Path(args.config)), os.environ)
    try:
        loaded = load_settings(settings)
    except ConfigError as error:
        return _say([*wrong, str(error)])
    problems = [*wrong, *loaded.problems]
    for number, model in enumerate(settings.models):
        if any(problem.startswith(f"models[{number}]") for problem in problems):
            continue
        reference = loaded.references.get(model.reference.path)
        without = (
            "its profile cannot be read" if model.reference.path else f"learns from {model.reference.learn_rows} rows"
        )
        source = f"profile of {reference.rows} rows" if reference else without
        print(f"{printable(model.name)} {printable(model.version) or '(every version)'}: {source}")
    return _say([*problems, *loaded.notes])


def _say(wrong: list[str]) -> int:
    for problem in wrong:
        print(f"driftgauge: {printable(problem)}", file=sys.stderr)
    if wrong:
        return 2
    print("the configuration is valid")
    return 0
