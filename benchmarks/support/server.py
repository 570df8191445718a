"""A `driftgauge serve` in a process of its own, talked to over its Unix socket and measured from outside.

CPU time and memory are the kernel's figures of that process, so what the sender costs is not in them. CPU time comes in
steps of 10 ms: measure stretches of at least a second.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import psutil

__all__ = ["BYTECODE", "MODEL", "Server", "UnixConnection"]

MODEL = "bench"
START_SECONDS = 60.0
#: folder of the compiled modules
BYTECODE = str(Path(tempfile.gettempdir()) / f"driftgauge-bench-bytecode-{os.getuid()}")


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection over a Unix socket, kept alive between requests."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


class Server:
    """The exporter, running.

    Args:
        model: settings of the model (YAML is JSON), beside its name.
        profile: text of a profile file for it to compare with; None to learn one.
        ingest: whether it takes bodies on a TCP port too, `ingest_port`.
        more: further top-level settings.
    """

    def __init__(
        self, model: Mapping[str, Any], profile: str | None = None, *, ingest: bool = False, **more: Any
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="driftgauge-bench-")
        folder = Path(self._folder.name)
        settings: dict[str, Any] = {"name": MODEL, **model}
        if profile is not None:
            (folder / "profile.json").write_text(profile, "utf-8")
            settings["reference"] = {"path": str(folder / "profile.json")}
        self._socket = str(folder / "ingest.sock")
        self._port = _free_port()
        config: dict[str, Any] = {
            "listen": {"socket": self._socket, "metrics": f"127.0.0.1:{self._port}"},
            "log": {"level": "warning"},
            "models": [settings],
            **more,
        }
        self.ingest_port = 0
        if ingest:
            self.ingest_port = _free_port()
            config["listen"]["ingest"] = f"127.0.0.1:{self.ingest_port}"
        (folder / "driftgauge.yaml").write_text(json.dumps(config), "utf-8")

    @classmethod
    def of_models(cls, count: int, profile: str | None, **model: Any) -> Self:
        """Return an exporter of *count* models named bench-0, bench-1, ... with the same settings and profile."""
        server = cls(model, profile, limits={"columns": 5_000})
        path = Path(server._folder.name) / "driftgauge.yaml"
        config = json.loads(path.read_text("utf-8"))
        config["models"] = [config["models"][0] | {"name": f"{MODEL}-{number}"} for number in range(count)]
        path.write_text(json.dumps(config), "utf-8")
        return server

    def __enter__(self) -> Self:
        config = str(Path(self._folder.name) / "driftgauge.yaml")
        command = [sys.executable, "-m", "driftgauge.cli.main", "serve", "--strict", "--config", config]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DRIFTGAUGE_")}
        # As installed, with compiled modules: those of a working tree are kept apart from it.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ["PYTHONPYCACHEPREFIX"] = BYTECODE
        started = time.monotonic()
        self._process = subprocess.Popen(command, env=environ)
        self._watched = psutil.Process(self._process.pid)
        self._wait_until_ready()
        #: from the command to the first answer that it is ready, as seen every few milliseconds
        self.start_seconds = time.monotonic() - started
        self._ingest = UnixConnection(self._socket)
        self._metrics = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        return self

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def socket(self) -> str:
        """Path of the Unix socket."""
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._folder.cleanup()

    def run_on(self, cores: Sequence[int]) -> None:
        """Keep the process to these cores."""
        self._watched.cpu_affinity(list(cores))

    def send(self, body: bytes, headers: Mapping[str, str], *, model: str = MODEL) -> None:
        """Send one body; fail unless every row of it was taken."""
        self._ingest.request("POST", f"/v1/models/{model}/observations", body, dict(headers))
        response = self._ingest.getresponse()
        answer = response.read()
        if response.status != 202 or json.loads(answer)["rejected"]:
            raise RuntimeError(f"{response.status}: {answer[:500]!r}")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Get a page of the metrics listener."""
        self._metrics.request("GET", path, headers=dict(headers or {}))
        response = self._metrics.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status}: {body[:500]!r}")
        return body

    @property
    def cpu_seconds(self) -> float:
        """CPU time that the process has used, its threads' and the kernel's for it."""
        used = self._watched.cpu_times()
        return used.user + used.system

    @property
    def system_seconds(self) -> float:
        """The kernel's share of `cpu_seconds`: sockets, threads, memory."""
        return float(self._watched.cpu_times().system)

    @property
    def rss(self) -> float:
        """Resident memory in MB (10^6 bytes)."""
        return self._watched.memory_info().rss / 1e6

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
                connection.request("GET", "/-/ready")
                if connection.getresponse().status == 200 and Path(self._socket).exists():
                    return
            except OSError:
                time.sleep(0.005)
        raise RuntimeError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
