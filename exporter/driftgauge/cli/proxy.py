"""`driftgauge proxy`: forward every call to a model server unchanged, and observe the inferences among them."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from driftgauge.cli.serve import add_config_argument

HELP = "forward calls to a model server unchanged, and observe them"

#: argument -> the setting that it is
_SETTINGS = {
    "upstream": "PROXY__UPSTREAM",
    "listen": "PROXY__LISTEN",
    "model": "PROXY__MODEL",
    "metrics": "LISTEN__METRICS",
}
_SOCKET = "DRIFTGAUGE_LISTEN__SOCKET"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--upstream", metavar="URL", help="the model server, such as http://127.0.0.1:8080")
    parser.add_argument("--listen", metavar="ADDRESS", help="host:port that callers use instead; default :9000")
    parser.add_argument("--metrics", metavar="ADDRESS", help="host:port of /metrics; default :9870")
    parser.add_argument("--model", metavar="NAME", help="name of the model, whatever path and body say")
    add_config_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Forward until SIGTERM."""
    from driftgauge.serve.memory import start

    config = None if args.config is None else Path(args.config)
    # Without a configuration there is a proxy and nothing else: no socket that would need a directory.
    environ = dict(os.environ) if config is not None else {_SOCKET: "", **os.environ}
    environ.update(_given(args))
    with start() as ready:
        from driftgauge.serve.service import Service

        service = Service(config, environ)
        if not service.engine.settings.proxy.upstream:
            from driftgauge.errors import ConfigError

            raise ConfigError(
                "no model server: say --upstream http://127.0.0.1:8080, or proxy.upstream in the configuration"
            )
        asyncio.run(service.run(ready))
    return 0


def _given(args: argparse.Namespace) -> Mapping[str, str]:
    """Return the arguments as the variables of the settings that they override."""
    values = {setting: getattr(args, name) for name, setting in _SETTINGS.items()}
    return {f"DRIFTGAUGE_{setting}": value for setting, value in values.items() if value is not None}
