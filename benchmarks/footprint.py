"""Footprint: what the exporter costs before it does anything: start, imports, resident memory by columns and models.

Targets: ready in 0.5 s with 10 models of 100 features, 100 MB idle, under 180 MB with 1,000 features and full windows, and
none of scipy, pandas, scikit-learn, pyarrow, river imported. Start is from the command to the first 200 of `/-/ready`; its
CPU time is the process's until then. Imports are Python's own account (`-X importtime`): a package with all that it brings.
Full windows: two weeks replayed on the event clock as in memory.py, ten models one after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
from support import bodies
from support.references import reference
from support.report import show, spread
from support.server import BYTECODE, Server

from driftgauge.profile import dumps

STARTS = 5
SHAPES = ((0, 0), (1, 10), (1, 100), (10, 100), (1, 1_000))
DAY = 86_400.0
HEAVY = ("scipy", "pandas", "sklearn", "pyarrow", "river", "torch", "matplotlib")
PARTS = ("numpy", "asyncio", "aiohttp", "msgspec", "yaml", "prometheus_client", "ssl", "dataclasses", "driftgauge")
_PROGRAM = f"""
import driftgauge.cli.main, driftgauge.serve.service, sys
print(",".join(name for name in {HEAVY!r} if name in sys.modules))
"""


def main() -> None:
    rng = np.random.default_rng(1)
    profiles = {width: dumps(reference(rng, width, rows=4_000)) for width in (10, 100, 1_000)}
    _start(profiles[100])
    _imports()
    _memory(rng, profiles)


def _start(profile: str) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    with Server.of_models(0, None):
        pass  # the first start compiles the modules
    for _ in range(STARTS):
        for name, models in (("no model", 0), ("1 model of 100 features", 1), ("10 models of 100 features", 10)):
            with Server.of_models(models, profile if models else None) as server:
                found.setdefault(name, []).append((server.start_seconds, server.cpu_seconds))
    rows = []
    for name, times in found.items():
        wall, cpu = zip(*times, strict=True)
        rows.append((name, f"{min(cpu):.2f}", *spread(cpu, ".2f"), f"{min(wall):.2f}", *spread(wall, ".2f")))
    show(
        "Start of `driftgauge serve`, seconds until it is ready",
        ("configuration", "CPU, best", "median", "rounds", "clock, best", "median", "rounds"),
        rows,
        [f"wanted: 0.5 s with 10 models of 100 features; {STARTS} starts of each, in turn"],
    )


def _imports() -> None:
    command = [sys.executable, "-X", "importtime", "-X", f"pycache_prefix={BYTECODE}", "-c", _PROGRAM]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    runs = [
        subprocess.run(command, env=environ, capture_output=True, text=True, check=True) for _ in range(STARTS + 1)
    ][1:]
    costs: dict[str, list[float]] = {}
    for run in runs:
        for name, cost in _own(run.stderr).items():
            costs.setdefault(name, []).append(cost)
    rows = [
        (name, f"{min(times):.0f}", *spread(times, ".0f"))
        for name, times in sorted(costs.items(), key=lambda item: -min(item[1]))
    ]
    heavy = runs[0].stdout.strip() or "none"
    show(
        "Imports of `driftgauge serve`, milliseconds of the modules of each package",
        ("package", "best", "median", "rounds"),
        rows,
        [f"of {', '.join(HEAVY)}: {heavy} imported; the clock's time with the account switched on"],
    )


def _own(account: str) -> dict[str, float]:
    """Sum the time that modules took themselves, in ms, by their package."""
    found: dict[str, float] = {}
    for line in account.splitlines():
        own, _, name = (part.strip() for part in line.removeprefix("import time:").split("|"))
        if own.isdigit():
            package = name.partition(".")[0]
            package = package if package in PARTS else "others"
            found[package] = found.get(package, 0.0) + int(own) / 1e3
    return found


def _memory(rng: np.random.Generator, profiles: dict[int, str]) -> None:
    rows = []
    for models, width in SHAPES:
        with Server.of_models(models, profiles.get(width), clock="event", tick_seconds=7 * DAY) as server:
            server.get("/metrics")
            idle = server.rss
            for number in range(models):
                _fill(server, rng, width, f"bench-{number}")
            for _ in range(3 * bool(models)):
                server.get("/metrics")
            full = server.rss
        per_column = 1e3 * (full - idle) / max(1, models * width)
        rows.append((f"{models}", f"{width:,}", f"{idle:.0f}", f"{full:.0f}", f"{per_column:.0f}" if models else ""))
    show(
        "Resident memory in MB, numeric features, two weeks of windows full",
        ("models", "features each", "idle", "full", "kB a column"),
        rows,
        ["wanted: 100 MB idle, under 180 MB with 1,000 features"],
    )


def _fill(server: Server, rng: np.random.Generator, width: int, model: str) -> None:
    """Let every slot of every tier hold something: hours, the last day every 5 minutes, the last hour every minute."""
    now, rows = time.time() // DAY * DAY, 40
    hours = np.arange(now - 14 * DAY + 3_600, now - DAY, 3_600.0)
    steps = np.concatenate([hours, np.arange(now - DAY, now - 3_600, 300.0), np.arange(now - 3_600, now, 60.0)])
    tables = [bodies.table(rng, rows, width) for _ in range(4)]
    for number, moment in enumerate(steps):
        server.send(*bodies.binary(tables[number % 4], np.full(rows, moment)), model=model)


if __name__ == "__main__":
    main()
