"""One column for the JSON API: its distribution beside the reference's, slot by slot, bin by bin, hour by hour."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.expose.api import describe_score
from driftgauge.expose.bins import histograms, nameless
from driftgauge.expose.stuck import describe_stuck
from driftgauge.expose.values import STATUSES, finite, finite_all
from driftgauge.model import ColumnHistory, Evaluation

__all__ = ["describe_column"]

Json = dict[str, Any]


def describe_column(evaluation: Evaluation, history: ColumnHistory) -> Json:
    """Answer `GET /api/v1/models/{model}/versions/{version}/columns/{role}/{feature}`."""
    number, reference = history.number, evaluation.reference
    column = evaluation.columns[number]
    bins = histograms(reference.profile, history.profile, number)
    cells = len(bins["reference"]["counts"])
    return {
        "feature": column.name,
        "role": column.role,
        "kind": column.kind,
        "nameless": nameless(evaluation.reference.profile, number),
        "time": evaluation.time,
        "window": history.window.name,
        "status_window": evaluation.status_window.name,
        "time_windows": [window.name for window in evaluation.windows if not window.rows],
        "status": STATUSES[int(evaluation.status[number])],
        "undecided": evaluation.undecided[number] or None,
        "stuck": describe_stuck(evaluation, number),
        "windows": {
            window.name: describe_score(evaluation, place, number) for place, window in enumerate(evaluation.windows)
        },
        "measures": {name: finite(values[number]) for name, values in evaluation.measures.items()},
        "facts": {name: finite(values[number]) for name, values in evaluation.facts.items()},
        "histogram": bins,
        "carried": {
            "bins": finite_all(history.carried[:cells]),
            **({"other": finite(history.carried[-2])} if "categories" in bins else {}),
            "missing": finite(history.carried[-1]),
            "rest": finite(float(np.sum(history.carried[cells:]))),
        },
        "history": {
            "times": finite_all(history.times),
            "debiased": finite_all(history.scores.debiased),
            "noise_floor": finite_all(history.scores.noise_floor),
            "samples": finite_all(history.scores.samples),
        },
        "hours": {
            "current": history.hours.tolist(),
            "reference": None if history.reference_hours is None else history.reference_hours.tolist(),
        },
    }
