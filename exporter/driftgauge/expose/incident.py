"""A report for a ticket: what drifted, since when, how sure that is, and what was running. Plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from driftgauge.diagnosis import Diagnosis, diagnose
from driftgauge.drift import WARN
from driftgauge.expose.api import describe_without_columns
from driftgauge.expose.column import describe_column
from driftgauge.expose.diagnosis_api import describe_diagnosis
from driftgauge.expose.panels import deciding
from driftgauge.model import ColumnHistory, Evaluation, ModelView

__all__ = ["describe_incident", "drifted"]

Json = dict[str, Any]

#: columns that a report draws; the others are named
_MOST = 12
#: share of its threshold below which a status is left (`drift/status.py`)
_HELD = 0.8


def drifted(evaluation: Evaluation) -> list[int]:
    """Return the columns in warning or alert that a report draws, the worst first."""
    place = evaluation.windows.index(evaluation.status_window)
    order = np.lexsort((np.nan_to_num(evaluation.scores.debiased[place], nan=-1.0), evaluation.status))[::-1]
    return [number for number in order.tolist() if evaluation.status[number] >= WARN][:_MOST]


def describe_incident(
    view: ModelView,
    histories: Iterable[ColumnHistory],
    time: float,
    version: str,
    *,
    diagnosis: Diagnosis | None = None,
    source: Json | None = None,
) -> Json:
    """Return the report of a model at *time*; *histories* are of the columns that `drifted` names.

    Args:
        view: the model.
        histories: each over the status window.
        time: seconds since 1970.
        version: of driftgauge.
        diagnosis: made by who knows more than the view; else of the view.
        source: name, rows, time range and notes of the file that was compared; None for traffic.
    """
    evaluation, known = view.evaluation, tuple(histories)
    columns = [] if evaluation is None else [_column(evaluation, history) for history in known]
    status = None if evaluation is None else evaluation.status
    found = diagnose(view) if diagnosis is None else diagnosis
    return {
        "driftgauge": version,
        "time": time,
        "source": source,
        "model": describe_without_columns(view),
        "drifted": 0 if status is None else int(np.count_nonzero(status >= WARN)),
        "columns": columns,
        "diagnosis": describe_diagnosis(found),
    }


def _column(evaluation: Evaluation, history: ColumnHistory) -> Json:
    place = deciding(evaluation, history.number)
    window, told = evaluation.windows[place].name, describe_column(evaluation, history)
    score = told["windows"][window]
    return {
        **told,
        "decided_by": window,
        "since": _since(
            told["history"], score["alert"] if told["status"] == "alert" else score["warn"], evaluation.begun
        ),
        "chance": score["chance"],
    }


def _since(history: Mapping[str, Any], threshold: float | None, begun: float | None) -> float | None:
    """Return the begin of the slots at the end that hold the status, as its hysteresis does; None where the last one does not.

    The first slot begins before the first row: it is never earlier than *begun*.
    """
    begin = None
    for time, debiased in zip(reversed(history["times"]), reversed(history["debiased"]), strict=True):
        if threshold is None or debiased is None or debiased < _HELD * threshold:
            break
        begin = time
    return begin if begin is None or begun is None else max(begin, begun)
