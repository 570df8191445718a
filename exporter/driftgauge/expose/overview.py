"""A model at a glance for the JSON API: everything of `describe_model` but whole histograms, which get small pictures instead.

Size: about 1 KB a column, so that a page may ask for it every few seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.diagnosis import diagnose
from driftgauge.drift import UNDECIDED
from driftgauge.expose.api import STATUSES, describe_score, describe_without_columns
from driftgauge.expose.bins import nameless
from driftgauge.expose.diagnosis_api import describe_diagnosis
from driftgauge.expose.stuck import describe_stuck
from driftgauge.model import Evaluation, ModelView
from driftgauge.profile import Profile

__all__ = ["describe_overview"]

Json = dict[str, Any]

#: bars of a small picture
_BARS = 20
#: a change of the debiased distance that is worth a word
_STEP = 0.02
#: evidence that the higher of the two is more than chance: one in a hundred
_SURE = 2.0


def describe_overview(view: ModelView) -> Json:
    """Answer `GET /api/v1/models/{model}/versions/{version}/overview`."""
    result = {**describe_without_columns(view), "diagnosis": describe_diagnosis(diagnose(view))}
    if view.evaluation is not None:
        result["evaluation"]["columns"] = [
            _column(view.evaluation, number) for number in range(len(view.evaluation.columns))
        ]
    return result


def _column(evaluation: Evaluation, number: int) -> Json:
    column = evaluation.columns[number]
    return {
        "feature": column.name,
        "role": column.role,
        "kind": column.kind,
        "nameless": nameless(evaluation.reference.profile, number),
        "status": STATUSES[int(evaluation.status[number])],
        "undecided": evaluation.undecided[number] or None,
        "trend": _trend(evaluation, number),
        "stuck": describe_stuck(evaluation, number),
        "windows": {
            window.name: describe_score(evaluation, place, number) for place, window in enumerate(evaluation.windows)
        },
        "picture": {
            "reference": _bars(evaluation.reference.profile, number),
            "current": _bars(evaluation.current, number),
        },
        "facts": {
            name: None if np.isnan(values[number]) else round(float(values[number]), 6)
            for name, values in evaluation.facts.items()
        },
    }


def _trend(evaluation: Evaluation, number: int) -> str | None:
    """Tell whether the newest window that can tell lies above or below the status window; None where none can."""
    names = [window.name for window in evaluation.windows]
    status = names.index(evaluation.status_window.name)
    scores = evaluation.scores
    for place in range(status):
        enough = scores.samples[place, number] >= 100 and evaluation.window_status[place, number] != UNDECIDED
        if enough and not np.isnan(scores.debiased[status, number]):
            step = float(scores.debiased[place, number] - scores.debiased[status, number])
            # What chance may well have done has no direction.
            if scores.evidence[place if step > 0 else status, number] < _SURE:
                return "steady"
            return "rising" if step > _STEP else "falling" if step < -_STEP else "steady"
    return None


def _bars(profile: Profile, number: int) -> list[float]:
    """Return shares of neighbouring bins, at most `_BARS` and the missing values last."""
    numeric = len(profile.spec.schema.numeric)
    if number < numeric:
        own = len(profile.spec.histogram.edges[number]) + 1
        counts = profile.histogram.counts[number]
    else:
        own = len(profile.spec.categories.names[number - numeric]) + 1  # and the others
        counts = profile.categories.counts[number - numeric]
        counts = np.concatenate([counts[: own - 1], counts[-2:]])
    inner = _merged(counts[:own].astype(np.float64))
    bars = np.append(inner, counts[-1])
    return [round(float(share), 4) for share in bars / max(float(bars.sum()), 1.0)]


def _merged(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(counts) <= _BARS:
        return counts
    starts = np.linspace(0, len(counts), _BARS, endpoint=False).astype(np.int64)
    merged: NDArray[np.float64] = np.add.reduceat(counts, starts)
    return merged
