"""Processes that the demo starts, and no others: started, waited for until they answer, ended by their own id.

Each has its own session, so that Ctrl-C reaches the demo alone, which then ends them in order. What they say goes to a
file, whose end is shown when one of them does not come up.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from driftgauge.errors import DriftgaugeError

__all__ = ["StartError", "exporter", "free_port", "running"]

#: generous: a cold start on a busy machine takes 3 seconds
START_SECONDS = 30.0
STOP_SECONDS = 10.0
_PROBE_SECONDS = 0.1
_LOG_TAIL = 2_000
_SETTINGS = "DRIFTGAUGE_"


class StartError(DriftgaugeError):
    """A process ended, or did not answer, before it was ready."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def exporter(config: Path, metrics_url: str) -> AsyncIterator[None]:
    """Run `driftgauge serve` with *config*; settings of the environment are not for the demo."""
    command = (sys.executable, "-m", "driftgauge.cli.main", "serve", "--strict", "--config", str(config))
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    async with running(command, f"{metrics_url}/-/ready", config.parent / "exporter.log", environ):
        yield


@asynccontextmanager
async def running(
    command: Sequence[str], ready_url: str, log: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Start *command*, wait until *ready_url* answers 200, and end it at the end.

    Raises:
        StartError: it ended or did not get ready.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=environ,
            start_new_session=True,
        )
    try:
        try:
            await asyncio.wait_for(_ready(process, ready_url), START_SECONDS)
        except (TimeoutError, StartError) as error:
            raise StartError(f"{' '.join(command[:4])} did not start: {_tail(log) or 'no answer'}") from error
        yield
    finally:
        await _end(process)


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-_LOG_TAIL:].strip()


async def _ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with ClientSession(timeout=ClientTimeout(total=1)) as session:
        while not await _answers(session, url):
            if process.returncode is not None:
                raise StartError(f"exit status {process.returncode}")
            await asyncio.sleep(_PROBE_SECONDS)
    if process.returncode is not None:  # what answered was somebody else's
        raise StartError(f"exit status {process.returncode}")


async def _answers(session: ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except (ClientError, TimeoutError, OSError):
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
