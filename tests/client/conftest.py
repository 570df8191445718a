from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgauge import Monitor
from tests.client.exporters import FakeExporter, RealExporter, running


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short: a Unix socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="dg-") as name:
        yield Path(name)


@pytest.fixture
def exporter(folder: Path) -> Iterator[FakeExporter]:
    with running(FakeExporter(folder / "s")) as exporter:
        yield exporter


@pytest.fixture
def real_exporter(folder: Path) -> Iterator[RealExporter]:
    with running(RealExporter(folder)) as exporter:
        yield exporter


@pytest.fixture
def make() -> Iterator[Callable[..., Monitor]]:
    """Make monitors that are closed at the end of the test."""
    monitors: list[Monitor] = []

    def made(exporter: Any, model: str = "flights", **options: Any) -> Monitor:
        endpoint = exporter if isinstance(exporter, str) else exporter.endpoint
        monitors.append(
            Monitor(model, **({"flush_seconds": 0.02, "timeout_seconds": 0.5} | options), endpoint=endpoint)
        )
        return monitors[-1]

    yield made
    for monitor in monitors:
        monitor.close(0.2)


@pytest.fixture
def monitor(make: Callable[..., Monitor], exporter: FakeExporter) -> Monitor:
    return make(exporter)
