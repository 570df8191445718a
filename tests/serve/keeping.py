"""An engine whose models are kept in a folder, and rows for it."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch, Categories, Requests
from driftgauge.config import StateSettings
from driftgauge.model import Model
from driftgauge.serve.engine import Engine
from driftgauge.serve.keeper import Keeper
from driftgauge.serve.settings import parse
from tests.serve.harness import MONDAY

LEARNING = "defaults: {reference: {learn_rows: 1000}, count_windows: [500], seasonality: none}"
DAY = 86_400.0


class Running:
    """An engine with a keeper and a clock that the test sets."""

    def __init__(self, folder, text=LEARNING, *, now=MONDAY, references=None) -> None:
        self.now = now
        self.engine = Engine(parse(text, {}), references or {}, clock=lambda: self.now)
        self.keeper = Keeper(self.engine, StateSettings(directory=str(folder)))
        self.keeper.restore()

    def observe(self, rows=2_000, *, seed=1, shift=0.0, name="fraud", version="0"):
        self.engine.registry.find(name, version).observe(batch(rows, seed, shift), self.now)

    def restarted(self, folder, text=LEARNING, *, after=0.0, references=None):
        """Keep everything, end, and start another one."""
        self.keeper.keep()
        self.end()
        return Running(folder, text, now=self.now + after, references=references)

    def end(self):
        self.keeper._folder.close()

    @property
    def told(self):
        return self.engine.health.checkpoints

    def model(self, name="fraud", version="0") -> Model:
        return self.engine.registry.known(name, version)


def batch(rows, seed=1, shift=0.0):
    rng = np.random.default_rng(seed)
    return Batch(
        rows,
        inputs={
            "age": rng.normal(40 + shift, 10, rows),
            "plan": Categories(rng.integers(0, 2, rows, np.int32), ("a", "b")),
        },
        outputs={"prediction": rng.random(rows)},
        requests=Requests(1, np.array([0.01])),
    )
