"""Wide models and many models, within limits that were raised for them; and what their checkpoints cost."""

from __future__ import annotations

import time

import numpy as np
import psutil
import pytest

from driftgauge.batch import Batch
from driftgauge.serve.engine import Engine
from driftgauge.serve.settings import parse
from driftgauge.serve.state_file import decode, encode
from tests.serve.harness import MONDAY, Exporter, of_model

HOUR = 3_600.0
WIDE = (
    "limits: {columns: %d, series: 1000000, models: %d}\n"
    "defaults: {reference: {learn_rows: 500}, seasonality: none, drift: {measures: []}}"
)


def wide(rows, columns, seed=0):
    chance = np.random.default_rng(seed)
    return Batch(rows, inputs={f"x{number}": chance.normal(number, 1 + number % 7, rows) for number in range(columns)})


def resident():
    return psutil.Process().memory_info().rss / 1e6


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_thousand_features_are_watched(figure):
    """Learned, evaluated, rendered and kept; nothing is cut, and no evaluation fails."""
    with Exporter(WIDE % (5_000, 20)) as exporter:
        before, model = resident(), exporter.engine.registry.find("fraud", "0")
        for step in range(4):
            model.observe(wide(500, 5_000, step), exporter.now)
            exporter.now += 60
        began = time.perf_counter()
        exporter.tick()
        evaluated = time.perf_counter() - began
        began = time.perf_counter()
        scrape = exporter.scrape()
        rendered = time.perf_counter() - began
        scores = [name for name in scrape if name.startswith("driftgauge_drift_debiased") and 'window="1h"' in name]
        assert len(scores) >= 5_000
        assert sum(value for name, value in scrape.items() if name.startswith("driftgauge_series_suppressed")) == 0
        assert scrape["driftgauge_collect_errors_total"] == 0
        state = encode(model.freeze(exporter.now))
        figure(
            f"evaluation {evaluated:.2f} s, scrape {rendered:.2f} s of {len(scrape)} series, "
            f"memory +{resident() - before:.0f} MB, checkpoint {len(state) / 1e6:.1f} MB"
        )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixty_four_models_are_watched(figure):
    """Each counts on its own, and the limit holds for the sixty-fifth."""
    with Exporter(WIDE % (500, 64)) as exporter:
        before = resident()
        for step in range(3):
            for number in range(64):
                model = exporter.engine.registry.find(f"m{number}", "0")
                model.observe(wide(500 + number, 20, step), exporter.now)
            exporter.now += 60
        assert exporter.post([{"features": {"x0": 1.0}}], "/v1/models/m64/observations").json["reason"] == "model_limit"
        began = time.perf_counter()
        exporter.tick()
        evaluated = time.perf_counter() - began
        scrape = exporter.scrape()
        for number in range(64):
            assert of_model(scrape, "predictions_total", f"m{number}") == 3 * (500 + number)
        assert scrape["driftgauge_collect_errors_total"] == 0
        figure(f"evaluation {evaluated:.2f} s, {len(scrape)} series, memory +{resident() - before:.0f} MB")


@pytest.mark.parametrize(
    "columns", [10, pytest.param(100, marks=pytest.mark.slow), pytest.param(1_000, marks=pytest.mark.slow)]
)
@pytest.mark.timeout(900)
def test_a_checkpoint_of_full_windows_comes_back_and_its_cost_is_told(columns, figure):
    """Two weeks of full slots: what it takes under the lock, to pack, on disk, and to come back."""
    text = WIDE % (columns, 20)
    engine = Engine(parse(text, {}), {}, clock=lambda: MONDAY)
    model, hours = engine.registry.find("fraud", "0"), 14 * 24
    for hour in range(hours):
        for part in range(1 if hour < hours - 24 else 4 if hour < hours - 1 else 60):
            share = part / (1 if hour < hours - 24 else 4 if hour < hours - 1 else 60)
            rows = 500 if hour == 0 else 50
            model.observe(wide(rows, columns, hour % 50), MONDAY + (hour + share) * HOUR)
    now = MONDAY + hours * HOUR
    began = time.perf_counter()
    state = model.freeze(now)
    frozen = time.perf_counter() - began
    data = encode(state)
    packed = time.perf_counter() - began - frozen
    other = Engine(parse(text, {}), {}, clock=lambda: now)
    began = time.perf_counter()
    assert other.thaw(("fraud", "0"), decode(data))
    thawed = time.perf_counter() - began
    again = other.registry.known("fraud").collect(now)
    assert [profile.rows.tolist() for profile in again.profiles] == [
        profile.rows.tolist() for profile in model.collect(now).profiles
    ]
    figure(
        f"{columns} columns: {len(data) / 1e6:.2f} MB, {frozen * 1e3:.0f} ms under the lock, "
        f"{packed * 1e3:.0f} ms to pack, {thawed * 1e3:.0f} ms to come back"
    )
