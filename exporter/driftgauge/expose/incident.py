"""A report for a ticket: what drifted, since when, how sure that is, and what was running. Plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from driftgauge.drift import WARN
from driftgauge.expose.api import describe_without_columns
from driftgauge.expose.column import describe_column
from driftgauge.expose.panels import deciding
from driftgauge.model import ColumnHistory, Evaluation, ModelView

__all__ = ["chance", "describe_incident", "drifted"]

Json = dict[str, Any]

#: columns that a report draws; the others are named
_MOST = 12
#: share of its threshold below which a status is left (`drift/status.py`)
_HELD = 0.8
_SIZES = ((12, "trillion"), (9, "billion"), (6, "million"))


def drifted(evaluation: Evaluation) -> list[int]:
    """Return the columns in warning or alert that a report draws, the worst first."""
    place = evaluation.windows.index(evaluation.status_window)
    order = np.lexsort((np.nan_to_num(evaluation.scores.debiased[place], nan=-1.0), evaluation.status))[::-1]
    return [number for number in order.tolist() if evaluation.status[number] >= WARN][:_MOST]


def describe_incident(view: ModelView, histories: Iterable[ColumnHistory], time: float, version: str) -> Json:
    """Return the report of a model at *time*; *histories* are of the columns that `drifted` names.

    Args:
        view: the model.
        histories: each over the status window.
        time: seconds since 1970.
        version: of driftgauge.
    """
    evaluation = view.evaluation
    columns = [] if evaluation is None else [_column(evaluation, history) for history in histories]
    status = None if evaluation is None else evaluation.status
    return {
        "driftgauge": version,
        "time": time,
        "model": describe_without_columns(view),
        "drifted": 0 if status is None else int(np.count_nonzero(status >= WARN)),
        "columns": columns,
    }


def _column(evaluation: Evaluation, history: ColumnHistory) -> Json:
    place = deciding(evaluation, history.number)
    window, told = evaluation.windows[place].name, describe_column(evaluation, history)
    score = told["windows"][window]
    return {
        **told,
        "decided_by": window,
        "since": _since(told["history"], score["alert"] if told["status"] == "alert" else score["warn"]),
        "chance": chance(score["evidence"]),
    }


def _since(history: Mapping[str, Any], threshold: float | None) -> float | None:
    """Return the begin of the slots at the end that hold the status, as its hysteresis does; None where the last one does not."""
    begin = None
    for time, debiased in zip(reversed(history["times"]), reversed(history["debiased"]), strict=True):
        if threshold is None or debiased is None or debiased < _HELD * threshold:
            break
        begin = time
    return begin


def chance(evidence: float | None) -> str:
    """Say evidence (minus the decimal logarithm of a chance) in words: `1 in 10 million by chance`."""
    if evidence is None:
        return "not known"
    if evidence < 0.5:
        return "as chance has it"
    if evidence >= 15:
        return "not by chance"
    for power, word in _SIZES:
        if evidence >= power:
            return f"1 in {_leading(evidence - power)} {word} by chance"
    return f"1 in {_leading(evidence)} by chance"


def _leading(power: float) -> str:
    """Return ten to the *power* with one digit that is not 0."""
    whole = math.floor(10**power + 1e-9)
    step = 10 ** (len(str(whole)) - 1)
    return f"{whole // step * step:,}".replace(",", " ")
