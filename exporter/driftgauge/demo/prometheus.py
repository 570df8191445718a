"""Prometheus beside the demo, where its binary is installed: on loopback, its data in the demo's temporary directory."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from driftgauge import names
from driftgauge.demo.model import MODEL
from driftgauge.demo.processes import StartError, free_port, running

__all__ = ["binary", "prometheus", "query_url"]

#: the largest status over the windows that judge; two steps of it are the whole story of the demo
QUERY = f'max by (feature) ({names.DRIFT_STATUS.name}{{model="{MODEL}"}})'

_CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: driftgauge
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


def binary() -> str:
    """Return the path of Prometheus.

    Raises:
        StartError: it is not installed.
    """
    found = shutil.which("prometheus")
    if found is None:
        raise StartError("--with-prometheus: no `prometheus` on the PATH; see https://prometheus.io/download")
    return found


def query_url(url: str) -> str:
    """Return the page of Prometheus at *url* that shows every column's status over time."""
    asked = urlencode({"g0.expr": QUERY, "g0.tab": "0", "g0.range_input": "5m"}, quote_via=quote)
    return f"{url}/graph?{asked}"


@asynccontextmanager
async def prometheus(directory: Path, metrics_port: int) -> AsyncIterator[str]:
    """Run Prometheus against the exporter; yield its URL."""
    config = directory / "prometheus.yml"
    config.write_text(_CONFIG.format(port=metrics_port), "utf-8")
    port = free_port()
    command = (
        binary(),
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    )
    url = f"http://127.0.0.1:{port}"
    async with running(command, f"{url}/-/ready", directory / "prometheus.log"):
        yield url
