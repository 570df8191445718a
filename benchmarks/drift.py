"""Drift: what an evaluation costs by columns, every tick and when an hour ends, with windows of the past full.

Target: score, floor and evidence of 100 columns in four windows in 4 ms. Beside the scores, an evaluation moves statuses,
compares further measures, and once an hour takes the scatter of past traffic in: 95 quarters of an hour, 167 hours.
"""

from __future__ import annotations

import numpy as np
from support import bodies
from support.plot import lines
from support.references import reference
from support.report import interleaved, show, spread
from support.server import MODEL

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.drift import jensen_shannon
from driftgauge.model import Model
from driftgauge.profile import Reference

WIDTHS = (10, 100, 1_000)
ROUNDS = 7
WINDOWS = 4
HOURS, ROWS = 30, 40
DAY = 86_400.0


def main() -> None:
    rng = np.random.default_rng(1)
    rows, curves = [], {}
    for width in WIDTHS:
        known = reference(rng, width, rows=4_000)
        model, now = _filled(rng, known, width)
        hourly, sums = model.collect(now), model.collect(now)
        assert hourly is not None
        assert sums is not None
        counts = np.stack([profile.histogram.counts for profile in sums.profiles[:WINDOWS]])
        model.evaluate(hourly)
        calls = max(1, 300 // width)
        works = {
            f"score, floor and evidence, {WINDOWS} windows": lambda c=counts, k=known: jensen_shannon(
                k.profile.histogram.counts, c
            ),
            f"sums of {len(sums.windows)} windows": lambda m=model, n=now: m.collect(n),
            f"whole evaluation, {len(sums.windows)} windows": lambda m=model, s=sums: m.evaluate(s),
            "the same when an hour ends": lambda m=model, s=hourly: m.evaluate(s),
        }
        for name, times in interleaved(works, rounds=ROUNDS, calls=calls).items():
            rows.append((name, f"{width:,}", f"{1e3 * min(times):.2f}", *spread([1e3 * t for t in times], ".2f")))
            curves.setdefault(name, []).append((width, 1e3 * min(times)))
    show(
        "Evaluation, numeric columns of 20 bins, CPU ms",
        ("what", "columns", "best", "median", "rounds"),
        rows,
        [
            f"wanted: score, floor and evidence of 100 columns in {WINDOWS} windows in 4 ms",
            f"{ROUNDS} rounds, the four works in turn; {HOURS} hours of traffic every quarter of an hour",
        ],
    )
    lines("evaluation", curves, x="columns", y="CPU ms")


def _filled(rng: np.random.Generator, known: Reference, width: int) -> tuple[Model, float]:
    """Return a model on the event clock that has seen enough of each quarter of an hour, and the time."""
    settings = ModelSettings(
        name=MODEL, reference=ReferenceSettings(path="profile.json"), clock="event", tick_seconds=1e6
    )
    model, now = Model(MODEL, "0", settings, known), 1_767_225_600.0
    tables = [bodies.table(rng, ROWS, width) for _ in range(8)]
    for quarter in range(HOURS * 4):
        now += 900.0
        values = tables[quarter % 8]
        columns = dict(zip(bodies.names(width), values.T, strict=True))
        model.observe(Batch(ROWS, inputs=columns, timestamps=np.full(ROWS, now)), now)
    model.flush(now)
    return model, now


if __name__ == "__main__":
    main()
