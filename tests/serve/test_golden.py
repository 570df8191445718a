"""One body in, the exact lines of the model out.

`python -m tests.serve.test_golden` writes golden.prom anew; look at the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

from tests.serve.harness import Exporter

GOLDEN = Path(__file__).parent / "golden.prom"
PLANS = ("basic", "plus", "pro")


def rows(count, *, shift=0):
    """Make observations that are a function of their number."""
    return [
        {
            "features": {"age": 20 + i * 7 % 50 + shift, "plan": PLANS[i % 3]},
            "prediction": int(i % 10 == 0),
            "latency_s": 0.001 * (i % 30),
        }
        for i in range(count)
    ]


def scrape():
    """Learn from one body, observe another, and return the model's lines of a scrape."""
    with Exporter("defaults: {reference: {learn_rows: 1000, bins: 5}, drift: {fleet_bins: 3}}") as exporter:
        assert exporter.post(rows(1_000)).status == 202
        exporter.tick()
        exporter.now += 60
        odd = [{"features": {"age": "old", "colour": "red"}, "prediction": 0, "ts": 0}, {"features": {"age": 3}}]
        assert exporter.post([*rows(300, shift=10), *odd]).status == 202
        exporter.now += 15
        exporter.tick()
        lines = exporter.get("/metrics").body.decode().splitlines(keepends=True)
    return "".join(line for line in lines if '{model="fraud",' in line)


def test_golden_lines():
    assert scrape() == GOLDEN.read_text()


if __name__ == "__main__":
    GOLDEN.write_text(scrape())
