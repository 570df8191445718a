"""`driftgauge serve`: run the exporter."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

HELP = "run the exporter: take observations in, expose metrics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_config_argument(parser)
    parser.add_argument("--strict", action="store_true", help="refuse to start with an invalid configuration")


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """Add --config, which the environment can give too."""
    parser.add_argument(
        "--config",
        type=Path,
        default=os.environ.get("DRIFTGAUGE_CONFIG"),
        metavar="FILE",
        help="configuration in YAML; default: $DRIFTGAUGE_CONFIG, else the built-in defaults",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    from driftgauge.serve.memory import start

    with start() as ready:
        from driftgauge.serve.service import Service

        config = None if args.config is None else Path(args.config)
        asyncio.run(Service(config, os.environ, strict=args.strict).run(ready))
    return 0
