"""Scrape: evaluating and rendering 100 features in six windows, about 10,000 series.

Targets: a scrape over HTTP under 50 ms; an evaluation is a few ms every 15 s. For comparison the same families are written
by the Prometheus client library, and its text is checked to hold the same series.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support import bodies
from support.references import reference
from support.report import cpu_seconds, show
from support.server import MODEL, Server

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.expose import ExporterView, Exposition, negotiate
from driftgauge.model import Model
from driftgauge.profile import dumps

FEATURES = 100
ROWS = 5_000
SCRAPES = 30
GZIP = {"Accept-Encoding": "gzip"}


def main() -> None:
    rng = np.random.default_rng(1)
    known = reference(rng, FEATURES)
    values = bodies.table(rng, ROWS, FEATURES)
    settings = ModelSettings(name=MODEL, reference=ReferenceSettings(path="profile.json"))
    model = Model(MODEL, "0", settings, known)
    model.observe(Batch(ROWS, inputs=dict(zip(bodies.names(FEATURES), values.T, strict=True))), 0.0)
    hourly = model.collect(0.0)
    sums = model.collect(0.0)
    assert hourly is not None
    assert sums is not None
    model.evaluate(hourly)
    view, exposition, wanted, own = model.view(0.0), Exposition(), negotiate(""), _exporter()
    text = exposition.render([view], own, wanted)
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    theirs = _registry(text.decode())
    rendered = cpu_seconds(lambda: exposition.render([view], own, wanted), calls=5)
    generated = cpu_seconds(lambda: generate_latest(theirs))
    assert sum(not line.startswith(b"#") for line in generate_latest(theirs).splitlines()) == series
    rows = [
        ("sum six windows", _ms(cpu_seconds(lambda: model.collect(0.0), calls=5)), ""),
        ("evaluate six windows", _ms(cpu_seconds(lambda: model.evaluate(sums), calls=5)), "once every tick_seconds"),
        ("the same when an hour ends", _ms(cpu_seconds(lambda: model.evaluate(hourly), calls=5)), "with the past"),
        ("render", _ms(rendered), ""),
        ("prometheus_client.generate_latest", _ms(generated), f"{generated / rendered:.0f} times render"),
        *_served(rng, dumps(known)),
    ]
    show(
        f"One scrape of {FEATURES} features, {series:,} series, {len(text) / 1e6:.2f} MB",
        ("what", "CPU ms", "note"),
        rows,
        ["target: under 50 ms through HTTP"],
    )


def _served(rng: np.random.Generator, profile: str) -> list[tuple[str, str, str]]:
    """Return what scrapes cost a real server."""
    with Server({}, profile) as server:
        server.send(*bodies.binary(bodies.table(rng, ROWS, FEATURES)))
        while b"driftgauge_drift_debiased" not in server.get("/metrics"):
            time.sleep(0.2)
            server.send(*bodies.binary(bodies.table(rng, ROWS, FEATURES)))
        return [_scraped(server, "HTTP, plain", {}), _scraped(server, "HTTP, gzip, as Prometheus asks", GZIP)]


def _scraped(server: Server, name: str, headers: dict[str, str]) -> tuple[str, str, str]:
    used, walls, size = server.cpu_seconds, [], 0
    for _ in range(SCRAPES):
        started = time.perf_counter()
        size = len(server.get("/metrics", headers))
        walls.append(time.perf_counter() - started)
    cpu = (server.cpu_seconds - used) / SCRAPES
    return name, _ms(cpu), f"{_ms(float(np.median(walls)))} ms wall clock in the median, {size / 1e3:,.0f} kB"


def _registry(text: str) -> CollectorRegistry:
    """Return a registry that collects the same families."""
    families = list(text_string_to_metric_families(text))

    class Collector:
        collect: Callable[[], list] = staticmethod(lambda: families)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return registry


def _exporter() -> ExporterView:
    return ExporterView(version="0")


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


if __name__ == "__main__":
    main()
