"""Clocks that jump: evaluations go on, no window holds what it should not, and nothing is counted twice.

What a clock that is back after a restart does is in tests/serve/test_keeper.py, what it does to labels in
tests/model/test_label_state.py.
"""

from __future__ import annotations

import pytest

from tests.serve.harness import MONDAY, Exporter, of_model

HOUR, DAY = 3_600.0, 86_400.0
CONFIG = "defaults: {reference: {learn_rows: 100}, seasonality: none}"
ROW = {"features": {"age": 41}, "prediction": 1, "latency_s": 0.01}
ROWS = [{**ROW, "features": {"age": 30 + number}} for number in range(20)]


def rows_in(exporter, window):
    model = exporter.get("/api/v1/models/fraud/versions/0").json
    return next(
        column["windows"][window]["samples"] for column in model["evaluation"]["columns"] if column["feature"] == "age"
    )


def learned():
    exporter = Exporter(CONFIG)
    exporter.__enter__()
    exporter.post(ROWS * 5)
    exporter.tick()
    return exporter


@pytest.mark.parametrize(
    ("jump", "left"),
    [
        (0.5, True),
        (-0.5, True),
        (60.0, True),
        (-60.0, True),
        (-599.0, False),
        (2 * HOUR, False),
        (-2 * HOUR, False),
        (5 * DAY, False),
        (-5 * DAY, False),
        (400 * DAY, False),
        (-400 * DAY, False),
    ],
    ids=lambda value: f"{value:g}" if isinstance(value, float) else "",
)
def test_a_jump_of_the_clock_loses_at_most_what_it_jumped_over(jump, left):
    """Steps of NTP, across the borders of slots too, leave the short windows whole; after a long one they begin anew."""
    exporter = learned()
    with_everything = 0
    try:
        for _ in range(4):
            exporter.now += 31.0
            exporter.post(ROWS)
            with_everything += len(ROWS)
        exporter.now += jump
        for step in range(4):
            exporter.now += 31.0
            exporter.post(ROWS)
            exporter.tick()
            least = len(ROWS) * (step + 1)
        scrape = exporter.scrape()
        found = rows_in(exporter, "15m")
        assert least <= found <= least + with_everything
        assert found == least + with_everything or not left
        assert of_model(scrape, "predictions_total") == 100 + least + with_everything
        assert scrape["driftgauge_collect_errors_total"] == 0
        assert exporter.engine.registry.models[0].view(exporter.now).evaluation.time >= exporter.now - 60
    finally:
        exporter.__exit__()


def test_a_clock_that_swings_stays_consistent():
    """Two clocks that quarrel, minutes apart, every few seconds: totals are exact and windows never hold more than came."""
    exporter = learned()
    try:
        sent = 0
        for step in range(120):
            exporter.now = MONDAY + step * 12 + (90.0 if step % 2 else -90.0)
            exporter.post(ROWS)
            sent += len(ROWS)
            if step % 10 == 9:
                exporter.tick()
                assert rows_in(exporter, "14d") <= sent
        scrape = exporter.scrape()
        assert of_model(scrape, "predictions_total") == 100 + sent
        assert scrape["driftgauge_collect_errors_total"] == 0
        assert rows_in(exporter, "1h") > sent / 2
    finally:
        exporter.__exit__()
