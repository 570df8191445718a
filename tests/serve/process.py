"""The exporter as a process of its own, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import driftgauge
from tests.serve.harness import eventually, request, samples

#: where the process finds the package that is tested, from another directory
PACKAGES = str(Path(driftgauge.__file__).parents[1])


class Process:
    """`driftgauge serve`, or another command that serves, in a directory of its own."""

    def __init__(self, folder: Path, text: str = "", *arguments: str, command: str = "serve", **environ: str) -> None:
        self.folder = folder
        self.config = folder / "driftgauge.yaml"
        self.config.write_text(text)
        # Relative, because the whole path may be too long for a Unix socket.
        self.socket = os.path.relpath(folder / "ingest.sock")
        self.ports = [_free_port(), _free_port()]
        given = {"LISTEN__METRICS": f"127.0.0.1:{self.ports[0]}", "LISTEN__SOCKET": "ingest.sock"} | environ
        self._process = subprocess.Popen(
            [sys.executable, "-m", "driftgauge.cli.main", command, "--config", "driftgauge.yaml", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": PACKAGES, **{f"DRIFTGAUGE_{name}": text for name, text in given.items()}},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=lambda: self.lines.extend(self._process.stderr), daemon=True)
        self._reader.start()

    def ready(self):
        eventually(lambda: self._process.poll() is not None or (_answers(self.ports[0]) and self.healthy()))
        assert self._process.poll() is None, self.log
        return self

    def healthy(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/-/healthy").status == 200

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def get(self, path):
        return request("GET", path, port=self.ports[0])

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        return request(method, path, data, unix=self.socket, Content_Type="application/json")

    def scrape(self):
        return samples(self.get("/metrics").body.decode())

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self) -> int:
        status = self._process.wait(20)
        self._reader.join(20)
        self._process.stderr.close()
        return status

    def end(self) -> int:
        if self._process.poll() is None:
            self._process.terminate()
        return self.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _answers(port) -> bool:
    with contextlib.suppress(OSError):
        return request("GET", "/-/healthy", port=port).status == 200
    return False
