"""Exporters to send to: one in this process that remembers what it was sent, and the real one as a process."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import numpy as np

from driftgauge.batch import Categories
from driftgauge.errors import DecodeError
from driftgauge.ingest import decode

DEADLINE_SECONDS = 30.0
EXPORTER = str(Path(__file__).parents[2] / "exporter")


def eventually(condition: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """Return the first true value of a condition; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError("the deadline has passed")


class Sent:
    """One body as it was sent."""

    def __init__(self, path: str, headers: Any, content: bytes) -> None:
        self.path = path
        self.content = content
        self.key = headers["Idempotency-Key"]
        self.is_labels = path.endswith("/labels")
        if self.is_labels:
            self.labels = [json.loads(line) for line in content.splitlines()]
            return
        length = headers["Inference-Header-Content-Length"]
        self.header = json.loads(content[: int(length)])
        self.facts = self.header["parameters"]["driftgauge"]
        self.has_rows = "shape" in str(self.header)
        self.decoded = decode(content, content_type=headers["Content-Type"], header_length=length)
        self.batch = self.decoded.batch


class FakeExporter:
    """An HTTP server on a Unix socket that decodes as the exporter does.

    Attributes:
        sent: bodies that were taken in, once for each key.
        attempts: bodies that came, repetitions too.
        undecodable: why bodies were refused that the real exporter would refuse.
        answers: statuses to answer with before the usual 202; None cuts the connection after counting.
        delay: makes it slow.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: list[Sent] = []
        self.attempts: list[Sent] = []
        self.answers: list[int | None] = []
        self.retry_after = "1"
        self.delay = 0.0
        self.undecodable: list[DecodeError] = []
        self._keys: set[str] = set()
        self._server: Any = None

    @property
    def endpoint(self) -> str:
        return f"unix:{self.path}"

    def start(self) -> Self:
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                exporter.take(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                pass  # a client that went away

        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self._server = Server(str(self.path), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self.path.unlink()

    def take(self, handler: Any) -> None:
        content = handler.rfile.read(int(handler.headers["Content-Length"]))
        time.sleep(self.delay)
        answer = self.answers.pop(0) if self.answers else 202
        try:
            sent = Sent(handler.path, handler.headers, content)
        except DecodeError as error:
            self.undecodable.append(error)
            answer = error.status
        else:
            self.attempts.append(sent)
        if answer in {202, None} and sent.key not in self._keys:
            self._keys.add(sent.key)
            self.sent.append(sent)
        if answer is None:
            handler.close_connection = True
            return
        text = b'{"accepted": 1, "rejected": 0}'
        handler.send_response(answer)
        if answer == 429:
            handler.send_header("Retry-After", self.retry_after)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    @property
    def observations(self) -> list[Sent]:
        return [sent for sent in self.sent if not sent.is_labels]

    @property
    def batches(self) -> list[Any]:
        return [sent.batch for sent in self.observations if sent.has_rows]

    @property
    def labels(self) -> list[Any]:
        return [label for sent in self.sent if sent.is_labels for label in sent.labels]

    @property
    def rows(self) -> int:
        return sum(batch.rows for batch in self.batches)

    def total(self, name: str) -> Any:
        """Return the sum of a number, or of counts by reason, over all bodies."""
        values = [sent.facts[name] for sent in self.observations if name in sent.facts]
        if not values or not isinstance(values[0], dict):
            return sum(values)
        counts: Counter[str] = Counter()
        for value in values:
            counts.update(value)
        return dict(counts)

    def column(self, name: str, role: str = "inputs") -> list[Any]:
        """Return all values of a column in order of arrival, missing ones as None."""
        return [value for batch in self.batches for value in plain(getattr(batch, role).get(name), batch.rows)]

    def latencies(self) -> list[float]:
        """Return the latencies of all requests."""
        return [latency for sent in self.observations for latency in sent.batch.requests.latencies.tolist()]


def plain(column: Any, rows: int) -> list[Any]:
    """Return a decoded column as a list, None for missing."""
    if column is None:
        return [None] * rows
    if isinstance(column, Categories):
        return [None if code < 0 else column.vocabulary[code] for code in column.codes.tolist()]
    return [None if np.isnan(value) else value for value in column.tolist()]


class RealExporter:
    """`driftgauge serve` as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ingest.sock"
        self.endpoint = f"unix:{self.path}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        config = {
            "listen": {"socket": str(self.path), "metrics": f"127.0.0.1:{self._port}"},
            "log": {"level": "warning"},
        }
        self._config = folder / "driftgauge.yaml"
        self._config.write_text(json.dumps(config))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        command = [sys.executable, "-m", "driftgauge.cli.main", "serve", "--strict", "--config", str(self._config)]
        self._process = subprocess.Popen(command, env=environment())
        eventually(self._is_ready)
        return self

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(DEADLINE_SECONDS)
            self._process = None

    def counter(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels."""
        with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=DEADLINE_SECONDS) as response:
            text = response.read().decode()
        found = 0.0
        for line in text.splitlines():
            match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
            if match and all(f'{label}="{value}"' in (match[1] or "") for label, value in labels.items()):
                found += float(match[2])
        return found

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=1) as response:
                return response.status == 200 and self.path.exists()
        except OSError:
            return False


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment for one that imports driftgauge, without its settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRIFTGAUGE_")}
    return kept | {"PYTHONPATH": EXPORTER + os.pathsep + kept.get("PYTHONPATH", "")} | more


def run_python(script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter of its own, warnings as errors."""
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, timeout=DEADLINE_SECONDS * 2, check=True
    )


@contextlib.contextmanager
def running(exporter: Any) -> Iterator[Any]:
    """Start an exporter and end it whatever happens."""
    exporter.start()
    try:
        yield exporter
    finally:
        (exporter.kill if isinstance(exporter, RealExporter) else exporter.stop)()
