"""Weeks of mixed traffic in minutes, on a clock that the test sets: memory stays where it is once the windows are full."""

from __future__ import annotations

import gc
import json

import numpy as np
import psutil
import pytest

from driftgauge.serve.keeper import Keeper
from driftgauge.serve.memory import trim
from tests.serve.harness import MONDAY, Exporter, packed

DAY, HOUR = 86_400.0, 3_600.0
CONFIG = """
state: {directory: %s}
defaults:
  reference: {learn_rows: 300}
  count_windows: [500]
  segments: {fields: [country]}
  labels: {bytes: 1000000}
"""
PATH = "/v1/models/%s/%s"


def bodies(step):
    """Yield paths and bodies of an hour: rows of three models, labels, and what senders do wrong."""
    chance = np.random.default_rng(step)
    first = step * 40
    rows = [
        {
            "id": f"r{first + number}",
            "features": {"age": float(chance.normal(40, 9)), "country": "abcde"[int(chance.integers(5))]},
            "prediction": int(chance.integers(2)),
            "latency_s": 0.01,
        }
        for number in range(40)
    ]
    yield PATH % ("fraud", "observations"), json.dumps(rows).encode()
    yield PATH % ("risk", "observations"), packed(rows)
    lines = b"\n".join(json.dumps({**row, "features": {**row["features"], f"new{step}": 1}}).encode() for row in rows)
    yield PATH % ("churn", "observations"), lines
    labels = [{"id": f"r{first - 40 + number}", "label": 1} for number in range(50)]
    yield PATH % ("fraud", "labels"), json.dumps(labels).encode()
    yield PATH % ("fraud", "observations"), b'[{"features": '
    yield PATH % ("fraud", "observations"), json.dumps([{"features": {"age": f"old {step}"}}]).encode()
    if step % 24 == 7:
        failed = [{"status": 500, "error": f"E{step}"}] * 5
        yield PATH % ("fraud", "observations"), json.dumps(failed).encode()


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_memory_is_flat_over_a_week_of_mixed_traffic(tmp_path, figure):
    """After two weeks, in which the windows fill, a third one adds less than 2 MB."""
    process, found, ndjson = psutil.Process(), [], {"Content_Type": "application/x-ndjson"}
    with Exporter(CONFIG % (tmp_path / "state")) as exporter:
        keeper = Keeper(exporter.engine, exporter.engine.settings.state)
        keeper.restore()
        for step in range(22 * 24):
            exporter.now = MONDAY + step * HOUR
            for path, body in bodies(step):
                exporter.post(body, path, **(ndjson if "churn" in path else {}))
            exporter.tick()
            if step % 4 == 0:
                exporter.scrape()
                keeper.keep()
            if step % 24 == 23:
                gc.collect()
                trim()
                found.append(process.memory_info().rss / 1e6)
                if step % 120 == 119:
                    figure(f"{found[-1]:.1f} MB after {len(found)} days")
        scrape = exporter.scrape()
        assert scrape["driftgauge_collect_errors_total"] == 0
        assert scrape['driftgauge_predictions_total{model="fraud",version="0"}'] >= 40 * 22 * 24
        keeper._folder.close()
    week = found[15:]
    slope = float(np.polyfit(np.arange(len(week)), week, 1)[0]) * 7
    figure(f"{found[0]:.1f} MB after a day, {week[0]:.1f} after two weeks, then {slope:+.2f} MB a week")
    assert slope < 2.0
