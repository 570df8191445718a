"""Tsdb: text with timestamps into blocks, and a real Prometheus over them, on loopback, ended with the block that started it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

__all__ = ["MissingToolError", "Server", "import_text", "run_promtool", "serving"]

#: one block for a whole history; blocks of two hours are read once each
_BLOCK = "--max-block-duration=9999h"
_READY_SECONDS = 30.0


class MissingToolError(RuntimeError):
    """Prometheus or promtool is not installed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running Prometheus."""

    url: str

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the data of an answer of the API.

        Raises:
            ValueError: the query was refused; the message has Prometheus' own.
        """
        try:
            with urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters, doseq=True)}", timeout=120) as answer:  # noqa: S310
                return json.load(answer)["data"]
        except HTTPError as error:
            raise ValueError(f"{error.read().decode()}: {parameters}") from error


def run_promtool(*arguments: str) -> None:
    """Run promtool.

    Raises:
        RuntimeError: it failed; the message has its output.
    """
    done = subprocess.run([_tool("promtool"), *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"promtool {' '.join(arguments)}: {done.stdout}{done.stderr}")


def import_text(text: Path, blocks: Path) -> None:
    """Make blocks from OpenMetrics text with timestamps."""
    run_promtool("tsdb", "create-blocks-from", _BLOCK, "openmetrics", str(text), str(blocks))


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """Run Prometheus over the blocks in *directory*."""
    config = directory / "prometheus.yml"
    config.write_text("global: {}\n", "utf-8")
    url = f"127.0.0.1:{_free_port()}"
    command = (
        _tool("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url}",
        "--log.level=error",
    )
    with (directory / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
    try:
        _wait(f"http://{url}", process)
        yield Server(f"http://{url}")
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"prometheus ended with {process.returncode}; see prometheus.log beside its data")
        try:
            with urlopen(f"{url}/-/ready", timeout=1):  # noqa: S310 - loopback
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError("prometheus did not become ready")


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingToolError(f"no `{name}` on the PATH; see https://prometheus.io/download")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
