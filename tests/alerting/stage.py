"""Stage: two exporters, Prometheus, Alertmanager and a webhook on loopback, with the rules' times shortened a thousandfold."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import yaml

from alerting.render import rules_text
from alerting.settings import HERE, Intervals, load
from alerting.settings import Settings as RuleSettings
from tests.alerting.traffic import Traffic, rows

T = TypeVar("T")

ROOT = HERE.parent
PODS = ("a", "b")


def settings() -> RuleSettings:
    """Return the committed settings with times that a test can wait for; a rate still needs several scrapes."""
    windows = {
        "5m": "1000s",
        "30m": "2000s",
        "1h": "3000s",
        "2h": "3000s",
        "6h": "5000s",
        "24h": "6000s",
        "3d": "6000s",
    }
    return replace(load(), time_scale=0.001, intervals=Intervals(fast="200s", status="200s"), windows=windows)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str, **headers: str) -> tuple[str, str]:
    """Return a page and its content type."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


def until(question: Callable[[], T], what: str, seconds: float = 30.0) -> T:
    """Ask until the answer is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if answer := question():
                return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


@dataclass
class Stage:
    """Everything that runs."""

    directory: Path
    prometheus: str
    alertmanager: str
    metrics: list[str]
    traffic: Traffic
    exporters: list[subprocess.Popen[bytes]]
    #: what the webhook got: (receiver, alert)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def query(self, expr: str) -> list[dict[str, Any]]:
        page, _ = get(f"{self.prometheus}/api/v1/query?query={urllib.parse.quote(expr)}")
        result: list[dict[str, Any]] = json.loads(page)["data"]["result"]
        return result

    def rules(self) -> list[dict[str, Any]]:
        groups = json.loads(get(f"{self.prometheus}/api/v1/rules")[0])["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def state(self, alert: str, **labels: str) -> set[str]:
        """Return the states of an alert in Prometheus."""
        alerts = json.loads(get(f"{self.prometheus}/api/v1/alerts")[0])["data"]["alerts"]
        wanted = {"alertname": alert, **labels}.items()
        return {found["state"] for found in alerts if wanted <= found["labels"].items()}

    def alertmanagers_view(self, alert: str, **labels: str) -> list[dict[str, Any]]:
        """Return the alerts of a name as Alertmanager sees them."""
        wanted = {"alertname": alert, **labels}.items()
        return [
            found
            for found in json.loads(get(f"{self.alertmanager}/api/v2/alerts")[0])
            if wanted <= found["labels"].items()
        ]

    def got(self, receiver: str, status: str, alert: str, **labels: str) -> list[dict[str, Any]]:
        """Return what a receiver got of an alert."""
        wanted = {"alertname": alert, **labels}.items()
        return [
            found
            for where, found in self.received
            if where == receiver and found["status"] == status and wanted <= found["labels"].items()
        ]


def _webhook(received: list[tuple[str, dict[str, Any]]]) -> http.server.ThreadingHTTPServer:
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.extend((self.path.strip("/"), alert) for alert in body["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _alertmanager_config(hook: int) -> dict[str, Any]:
    """Return the example with its times shortened and every receiver a webhook."""
    config: dict[str, Any] = yaml.safe_load((HERE / "alertmanager.example.yml").read_text("utf-8"))
    del config["global"]

    def shorten(route: dict[str, Any]) -> None:
        route |= {
            name: {"group_wait": "0s", "group_interval": "1s"}.get(name, "1h")
            for name in route
            if name.endswith(("wait", "interval"))
        }
        for child in route.get("routes", ()):
            shorten(child)

    shorten(config["route"])
    config["receivers"] = [
        {"name": receiver["name"]}
        | (
            {"webhook_configs": [{"url": f"http://127.0.0.1:{hook}/{receiver['name']}"}]}
            if receiver["name"] != "nowhere"
            else {}
        )
        for receiver in config["receivers"]
    ]
    return config


def _profile(directory: Path, environ: dict[str, str]) -> Path:
    draws = np.random.default_rng(3)
    columns = rows(draws, 20_000, drifted=False) | {"prediction": draws.integers(0, 2, 20_000).tolist()}
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (directory / "train.csv").write_text("\n".join(lines) + "\n", "utf-8")
    path = directory / "profile.json"
    command = [*_DRIFTGAUGE, "profile", "build", "train.csv", "-o", str(path), "--prediction", "prediction"]
    subprocess.run(
        [*command, "--categorical", "prediction"],
        cwd=directory,
        env=environ,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return path


_DRIFTGAUGE = (sys.executable, "-m", "driftgauge.cli.main")


def _exporter_config(profile: Path, metrics: int, ingest: int) -> dict[str, Any]:
    model = {"name": "fraud", "seasonality": "none", "tick_seconds": 0.5, "reference": {"path": str(profile)}}
    return {
        "listen": {"socket": "", "metrics": f"127.0.0.1:{metrics}", "ingest": f"127.0.0.1:{ingest}"},
        "models": [
            model | {"version": version, "latency": {"warn_seconds": 0.5, "alert_seconds": 1.0}}
            for version in ("1", "2")
        ],
    }


def _prometheus_config(alertmanager: int, metrics: list[int]) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [
            {
                "job_name": "driftgauge",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": "shop", "pod": pod}}
                    for pod, port in zip(PODS, metrics, strict=True)
                ],
            }
        ],
    }


@contextlib.contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    """Run everything in *directory* until the end of the block."""
    environ = os.environ | {"PYTHONPATH": str(ROOT / "exporter"), "OMP_NUM_THREADS": "1"}
    profile = _profile(directory, environ)
    prometheus, alertmanager, *ports = (free_port() for _ in range(2 + 2 * len(PODS)))
    metrics, ingest = ports[: len(PODS)], ports[len(PODS) :]
    received: list[tuple[str, dict[str, Any]]] = []
    hook = _webhook(received)
    (directory / "rules.yaml").write_text(rules_text(settings()), "utf-8")
    documents = {
        "prometheus.yml": _prometheus_config(alertmanager, metrics),
        "alertmanager.yml": _alertmanager_config(hook.server_port),
    }
    for pod, port, way in zip(PODS, metrics, ingest, strict=True):
        documents[f"exporter-{pod}.yaml"] = _exporter_config(profile, port, way)
    for name, document in documents.items():
        (directory / name).write_text(yaml.safe_dump(document), "utf-8")
    commands = {
        **{f"exporter-{pod}": (*_DRIFTGAUGE, "serve", "--config", f"exporter-{pod}.yaml") for pod in PODS},
        "alertmanager": (
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            f"--storage.path={directory / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        "prometheus": (
            "prometheus",
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
            "--rules.alert.resend-delay=1s",
            "--log.level=warn",
        ),
    }
    processes = []
    traffic = Traffic(list(ingest))
    try:
        for name, command in commands.items():
            with (directory / f"{name}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        command, cwd=directory, env=environ, stdout=log, stderr=log, start_new_session=True
                    )
                )
        running = Stage(
            directory,
            f"http://127.0.0.1:{prometheus}",
            f"http://127.0.0.1:{alertmanager}",
            [f"http://127.0.0.1:{port}/metrics" for port in metrics],
            traffic,
            processes[: len(PODS)],
            received,
        )
        for url in (*running.metrics, f"{running.prometheus}/-/ready", f"{running.alertmanager}/-/ready"):
            until(lambda url=url: get(url), url)  # type: ignore[misc]
        traffic.start()
        yield running
    finally:
        traffic.stopping.set()
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        hook.shutdown()
        hook.server_close()
        if traffic.ident:
            traffic.join(5)
