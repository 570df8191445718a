"""The view of a model whose confidence has fallen and whose errors are still being learned, as one detector sees them."""

from __future__ import annotations

import math
from dataclasses import replace

from driftgauge.model import LevelChange, LevelView, ModelView
from tests.expose.examples import view

__all__ = ["levelled"]


def levelled() -> ModelView:
    """Return a view with a change, a series in its warm-up, and a latency that has never changed."""
    of = view(name="levelled")
    assert of.evaluation is not None
    change = LevelChange(1_789_999_200, 1_789_998_000, 0.91, 0.84)
    levels = (
        LevelView("confidence", "adwin", {"up": 0, "down": 1}, math.nan, 0, warming=True, last=change),
        LevelView("error_rate", "adwin", {"up": 0, "down": 0}, 0.0125, 40, warming=True, last=None),
        LevelView("latency", "page_hinkley", {"up": 0, "down": 0}, 0.05, 700, warming=False, last=None),
    )
    return replace(of, evaluation=replace(of.evaluation, levels=levels))
