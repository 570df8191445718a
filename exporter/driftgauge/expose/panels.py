"""What a page shows of a model beside its columns: worst columns, distribution of latency, language model, confidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.derive.confidence import ENTROPY, TOP1, TOP5
from driftgauge.drift import WARN
from driftgauge.drift.words import by_chance
from driftgauge.expose.values import STATUSES, finite
from driftgauge.model import (
    FIRST_TOKEN_BUCKETS,
    LATENCY_BUCKETS,
    OUTPUT_TOKEN_BUCKETS,
    Counters,
    Durations,
    Evaluation,
    GenerationCounts,
)

__all__ = ["deciding", "describe_confidence", "describe_generations", "describe_latency", "worst_columns"]

Json = dict[str, Any]


def worst_columns(evaluation: Evaluation, most: int = 3) -> list[Json]:
    """Return the columns of the highest status, and among those of the largest debiased distance in the status window.

    Each is told in the window that its status rests on.
    """
    place = evaluation.windows.index(evaluation.status_window)
    debiased = evaluation.scores.debiased[place]
    order = np.lexsort((np.nan_to_num(debiased, nan=-1.0), evaluation.status))[::-1]
    return [
        _worst(evaluation, deciding(evaluation, number), number)
        for number in order[:most].tolist()
        if not np.isnan(debiased[number])
    ]


def deciding(evaluation: Evaluation, number: int) -> int:
    """Return the window that a column's status rests on: of those that say it, the one where the column is furthest away."""
    said = (evaluation.window_status[:, number] == evaluation.status[number]) & evaluation.judges[:, number]
    if evaluation.status[number] < WARN or not said.any():
        return evaluation.windows.index(evaluation.status_window)
    return int(np.argmax(np.where(said, np.nan_to_num(evaluation.scores.debiased[:, number]), -1.0)))


def _worst(evaluation: Evaluation, place: int, number: int) -> Json:
    column, scores = evaluation.columns[number], evaluation.scores
    return {
        "feature": column.name,
        "role": column.role,
        "status": STATUSES[int(evaluation.status[number])],
        "undecided": evaluation.undecided[number] or None,
        "window": evaluation.windows[place].name,
        "debiased": finite(scores.debiased[place, number]),
        "noise_floor": finite(scores.noise_floor[place, number]),
        "evidence": finite(scores.evidence[place, number]),
        "chance": by_chance(float(scores.evidence[place, number])),
        "samples": finite(scores.samples[place, number]),
        "alert": finite(evaluation.alert[place, number]),
    }


def describe_latency(counters: Counters) -> Json | None:
    """Return the durations of requests since registration; None without any."""
    return _durations(LATENCY_BUCKETS, Durations(counters.latency_counts, counters.latency_sum))


def describe_generations(counts: GenerationCounts | None) -> Json | None:
    """Return what a language model has generated since registration; None for other models."""
    if counts is None:
        return None
    return {
        "tokens": dict(counts.tokens),
        "finish_reasons": dict(counts.finish_reasons),
        "kinds": dict(counts.kinds),
        "first_token_seconds": _durations(FIRST_TOKEN_BUCKETS, counts.first_token),
        "output_token_seconds": _durations(OUTPUT_TOKEN_BUCKETS, counts.output_token),
    }


def describe_confidence(evaluation: Evaluation) -> Json | None:
    """Return the means of a classifier's confidence in the status window and in the reference; None where there are none."""
    profile = evaluation.reference.profile
    places = {
        column.name: number
        for number, column in enumerate(evaluation.columns[: len(profile.spec.schema.numeric)])
        if column.role == "output"
    }
    return {
        name.partition(".")[2]: {
            "mean": finite(evaluation.facts["mean"][places[name]]),
            "reference": finite(profile.histogram.mean[places[name]]),
        }
        for name in (TOP1, TOP5, ENTROPY)
        if name in places
    } or None


def _durations(bounds: tuple[float, ...], durations: Durations) -> Json | None:
    """Return counts per bucket (the last one is beyond the bounds) and their sum."""
    if not durations.counts.any():
        return None
    return {"bounds": list(bounds), "counts": durations.counts.tolist(), "sum": finite(durations.total)}
