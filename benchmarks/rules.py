"""What the recording rules and alerts cost Prometheus: 50 models x 100 features x 10 pods, measured at a twentieth.

Ten made-up exporters with 5 models of 50 features are scraped by a real Prometheus that evaluates the shipped rules for two
minutes. The hour and the day are filled in beforehand with recorded series. A scrape every 3 s and a rate over a minute read
as many samples as a scrape every 15 s and a rate over five. Printed: processor seconds per evaluation of each rule group
(what Prometheus takes with the rules less what it takes without), times 20, and the share of one core; then the slowest
rules by the clock. Takes three and a half minutes and 1 GB.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from alerting.records import series
from alerting.render import rules_text
from alerting.settings import Intervals, Settings, load
from driftgauge import names

MODELS, FEATURES, PODS = 5, 50, 10
SCALE = 20
BINS = (*(f"{number:02d}" for number in range(10)), "missing")
SCRAPE_SECONDS = 3
#: until the windows of the rates are full
WARM_SECONDS = 75
RUN_SECONDS = 60


def settings() -> Settings:
    """Return the shipped settings, evaluated more often, with a rate over as many samples as in production."""
    committed = load()
    return replace(
        committed, intervals=Intervals(fast="15s", status="30s"), windows={**committed.windows, "5m": "1m", "30m": "1m"}
    )


def column_labels() -> Iterator[str]:
    for model in range(MODELS):
        for feature in range(FEATURES):
            yield f'model="m{model}",version="1",feature="f{feature}",role="input"'


def page(scrapes: int) -> str:
    """Return what one exporter says at its *scrapes*-th scrape: all that the rules read."""
    lines = []
    for labels in column_labels():
        for number, name in enumerate(BINS):
            where = f'{{{labels},bin="{name}",reference="r1"}}'
            lines.append(f"{names.FEATURE_VALUES.name}{where} {scrapes * (number + 1)}")
            lines.append(f"{names.FEATURE_REFERENCE_RATIO.name}{where} {1 / len(BINS)}")
        for window in ("1h", "24h"):
            for severity, size in (("warning", 0.1), ("critical", 0.2)):
                lines.append(f'{names.DRIFT_THRESHOLD.name}{{{labels},window="{window}",severity="{severity}"}} {size}')
            lines.append(f'{names.DRIFT_DISPERSION.name}{{{labels},window="{window}"}} 1')
            changes = (names.CHANGE_DEBIASED, names.CHANGE_EVIDENCE, names.CHANGE_SAMPLES)
            lines += [f'{metric.name}{{{labels},window="{window}",mode="past"}} 0' for metric in changes]
        quality = (names.DRIFT_SAMPLES, names.FEATURE_MISSING_RATIO, names.FEATURE_OUT_OF_RANGE_RATIO)
        lines += [f'{metric.name}{{{labels},window="24h"}} 0' for metric in quality]
        lines.append(f"{names.DRIFT_STATUS.name}{{{labels}}} 0")
        bare = labels.replace(',role="input"', "")
        lines += [
            f'{names.SCHEMA_VIOLATIONS.name}{{{bare},reason="{reason}"}} 0'
            for reason in ("missing_column", "wrong_type")
        ]
    for model in range(MODELS):
        labels = f'model="m{model}",version="1"'
        lines += [f"{metric.name}{{{labels}}} {scrapes * 10}" for metric in (names.REQUESTS, names.PREDICTIONS)]
        lines.append(f'{names.REFERENCE_INFO.name}{{{labels},reference="r1",mode="file"}} 1')
        lines.append(f"{names.REFERENCE_SAMPLES.name}{{{labels}}} 20000")
        lines += [f'{names.DRIFT_EVIDENCE_THRESHOLD.name}{{{labels},window="{w}"}} 6' for w in ("1h", "6h", "24h")]
        lines += [
            f'{names.REQUEST_DURATION.name}_bucket{{{labels},le="{le}"}} {scrapes}' for le in (*range(1, 16), "+Inf")
        ]
    return "\n".join([*lines, ""])


class Exporter(http.server.BaseHTTPRequestHandler):
    """Ten exporters at once, told apart by the path."""

    scrapes: dict[str, int] = {}  # noqa: RUF012 - the one server's state

    def do_GET(self):
        """Answer a scrape."""
        self.scrapes[self.path] = self.scrapes.get(self.path, 0) + 1
        body = page(self.scrapes[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def history(now: int) -> Iterator[str]:
    """Yield the recorded hour and day as OpenMetrics."""
    fleet = [f'namespace="shop",{labels},reference="r1",bin="{name}"' for labels in column_labels() for name in BINS]
    for name, window, step, reach in ((series.VALUE_RATE, "5m", 60, 3600), (series.VALUE_HOURLY, "1h", 240, 86_400)):
        yield f"# TYPE {name} gauge\n"
        for labels in fleet:
            for when in range(now - reach, now, step):
                yield f'{name}{{{labels},window="{window}"}} 1.5 {when}\n'
    yield "# EOF\n"


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(port: int) -> dict:
    targets = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"namespace": "shop", "pod": f"p{pod}", "__metrics_path__": f"/{pod}"},
        }
        for pod in range(PODS)
    ]
    return {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": f"{SCRAPE_SECONDS}s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "driftgauge", "static_configs": targets}],
    }


def ask(url: str, path: str, *, post: bool = False) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(f"{url}{path}", b"" if post else None), timeout=60) as answer:
        return answer.read()


def busy(process: psutil.Process, seconds: float) -> float:
    """Return the processor time that a process takes in a second."""
    before, start = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (time.monotonic() - start)


def observed(url: str, process: psutil.Process, directory: Path) -> tuple[float, list[dict]]:
    """Return the processor time of the rules in a second, with and without them, and the groups with their own clocks."""
    time.sleep(WARM_SECONDS)
    with_rules = busy(process, RUN_SECONDS)
    groups = json.loads(ask(url, "/api/v1/rules"))["data"]["groups"]
    (directory / "rules.yaml").write_text("groups: []\n", "utf-8")
    ask(url, "/-/reload", post=True)
    time.sleep(5)
    return with_rules - busy(process, RUN_SECONDS / 2), groups


def run(directory: Path) -> tuple[float, list[dict]]:
    """Fill in the past and let Prometheus work; return its processor time for the rules and what it says of them."""
    (directory / "past.om").write_text("".join(history(int(time.time()))), "utf-8")
    blocks = ("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "past.om", "tsdb")
    subprocess.run(blocks, cwd=directory, check=True, capture_output=True)
    (directory / "past.om").unlink()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (directory / "rules.yaml").write_text(rules_text(settings()), "utf-8")
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration(server.server_port)), "utf-8")
    url = f"127.0.0.1:{free_port()}"
    command = (
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=tsdb",
        f"--web.listen-address={url}",
        "--web.enable-lifecycle",
    )
    with (directory / "log").open("wb") as log:
        prometheus = subprocess.Popen((*command, "--log.level=warn"), cwd=directory, stdout=log, stderr=log)
    try:
        return observed(f"http://{url}", psutil.Process(prometheus.pid), directory)
    finally:
        prometheus.terminate()
        prometheus.wait(30)
        server.shutdown()


def main() -> int:
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        print("prometheus is not installed: nothing measured")
        return 0
    committed = load()
    with tempfile.TemporaryDirectory() as directory:
        processor, groups = run(Path(directory))
    # The clock of a busy machine runs too long; its shares say how the processor time is divided.
    clocks = {group["name"]: group["evaluationTime"] / group["interval"] for group in groups}
    production = {15: committed.intervals.fast, 30: committed.intervals.status}
    print(f"{MODELS} models x {FEATURES} features x {PODS} pods; x {SCALE} is extrapolated")
    total = 0.0
    for group in groups:
        every = production[int(group["interval"])]
        took = processor * clocks[group["name"]] / sum(clocks.values()) * group["interval"]
        total += took * SCALE / committed.seconds(every)
        failing = [rule["name"] for rule in group["rules"] if rule["health"] == "err"]
        print(f"{group['name']:24} {took:7.3f} s  x {SCALE} = {took * SCALE:6.1f} s every {every}", *failing)
    print(f"in all {total:.0%} of one core")
    slow = sorted((rule for group in groups for rule in group["rules"]), key=lambda rule: -rule["evaluationTime"])
    for rule in slow[:8]:
        print(f"  {rule['evaluationTime']:7.3f} s  {rule['name']} {rule.get('labels', {}).get('window', '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
