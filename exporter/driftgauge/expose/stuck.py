"""Whether one value stays in a column: its series, and its words in the JSON API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from driftgauge import names
from driftgauge.drift import WARN
from driftgauge.expose.block import Block, Scope, evaluation
from driftgauge.expose.shape import Shape
from driftgauge.expose.values import STATUSES, finite
from driftgauge.model import Evaluation, ModelView, StuckScores, stuck_value

__all__ = ["describe_stuck", "stuck_blocks", "what_stays"]


def stuck_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of the columns, and that of the evidence asked for."""
    if not shape.stuck:
        return
    yield scope.columns(names.DRIFT_STUCK_RATIO, lambda view: _scores(view).found.ratio, "columns")
    yield scope.columns(names.DRIFT_STUCK_EVIDENCE, lambda view: _scores(view).found.evidence, "columns")
    for severity, read in (("warning", _warn), ("critical", _alert)):
        yield scope.columns(names.DRIFT_STUCK_THRESHOLD_RATIO, read, "columns", (severity,))
    yield scope.columns(names.DRIFT_STUCK_STATUS, _status, "columns")
    yield scope.single(names.DRIFT_STUCK_EVIDENCE_THRESHOLD, lambda view: _scores(view).evidence_threshold)


def describe_stuck(found: Evaluation, number: int) -> dict[str, Any] | None:
    """Tell what is known of a stuck value of a column; None where no hour has ended yet, or the column has no such values."""
    stuck = found.stuck
    if stuck is None or np.isnan(stuck.found.ratio[number]):
        return None
    return {
        "value": stuck_value(found.reference.profile, stuck, number),
        "ratio": finite(stuck.found.ratio[number]),
        "evidence": finite(stuck.found.evidence[number]),
        "evidence_threshold": finite(stuck.evidence_threshold),
        "hours": int(stuck.found.hours[number]),
        "warn": finite(stuck.warn[number]),
        "alert": finite(stuck.alert[number]),
        "calibrated": bool(np.isfinite(stuck.alert[number])),
        "status": STATUSES[int(stuck.status[number])],
        "words": what_stays(found, stuck, number) if stuck.status[number] >= WARN else None,
    }


def what_stays(found: Evaluation, stuck: StuckScores, number: int) -> str:
    """Say which value of a column stays, and how much of it there is."""
    value, ratio = stuck_value(found.reference.profile, stuck, number), float(stuck.found.ratio[number])
    named = f"{value:g}" if isinstance(value, float) else str(value)
    return f"the value {named} holds {100 * ratio:.3g} % of the rows more than in the reference, in at least 80 % of the last 72 hours"


def _scores(view: ModelView) -> StuckScores:
    found = evaluation(view).stuck
    assert found is not None
    return found


def _warn(view: ModelView) -> ArrayLike:
    return _known(view, _scores(view).warn)


def _alert(view: ModelView) -> ArrayLike:
    return _known(view, _scores(view).alert)


def _status(view: ModelView) -> ArrayLike:
    return _known(view, _scores(view).status)


def _known(view: ModelView, values: ArrayLike) -> ArrayLike:
    """Leave out what is infinite, and columns without values that could be stuck."""
    values = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(values) & ~np.isnan(_scores(view).found.ratio), values, np.nan)
