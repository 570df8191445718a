"""The read-only JSON API: views as plain values that any JSON encoder takes; what is undefined is null."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from driftgauge.drift.profiles import scores
from driftgauge.drift.words import by_chance
from driftgauge.expose.anomalies_api import describe_anomalies
from driftgauge.expose.bins import histograms
from driftgauge.expose.embeddings_api import describe_embedding_changes, describe_embeddings
from driftgauge.expose.label_api import describe_labels
from driftgauge.expose.levels_api import describe_levels
from driftgauge.expose.panels import describe_confidence, describe_generations, describe_latency, worst_columns
from driftgauge.expose.performance_api import describe_performance
from driftgauge.expose.raised import raised
from driftgauge.expose.segment_records import describe_segments
from driftgauge.expose.stuck import describe_stuck
from driftgauge.expose.tokens_api import describe_tokens
from driftgauge.expose.values import STATUSES, finite, finite_all
from driftgauge.model import QUANTILES, Evaluation, ModelView
from driftgauge.profile import Reference

__all__ = ["STATUSES", "describe_model", "describe_score", "describe_without_columns", "list_models"]

Json = dict[str, Any]


def list_models(views: Iterable[ModelView], time: float) -> Json:
    """Answer `GET /api/v1/models` at *time*, seconds since 1970 on the exporter's clock."""
    ordered = sorted(views, key=lambda view: (view.name, view.version))
    return {"time": time, "models": [_overview(view) for view in ordered]}


def describe_model(view: ModelView) -> Json:
    """Answer `GET /api/v1/models/{model}/versions/{version}`."""
    result = describe_without_columns(view)
    if view.evaluation is not None:
        columns = range(len(view.evaluation.columns))
        result["evaluation"]["columns"] = [_column(view.evaluation, number) for number in columns]
    return result


def describe_without_columns(view: ModelView) -> Json:
    """Tell everything of a model but its columns."""
    counters = view.counters
    latency = view.settings.latency
    return {
        **_overview(view),
        "failures": dict(sorted(counters.failures.items())),
        "late": dict(sorted(counters.late.items())),
        "violations": [
            {"feature": feature, "reason": reason, "count": count}
            for (feature, reason), count in sorted(counters.violations.items())
        ],
        "clients": None if counters.clients is None else asdict(counters.clients),
        "labels": None if view.labels is None else describe_labels(view.labels),
        "previous_reference": None if view.previous is None else _previous(view.previous, view.evaluation),
        "latency_histogram": describe_latency(counters),
        "generations": describe_generations(counters.generations),
        "latency_thresholds": {"warn_seconds": latency.warn_seconds, "alert_seconds": latency.alert_seconds},
        "evaluation": None if view.evaluation is None else _evaluation(view.evaluation),
    }


def _overview(view: ModelView) -> Json:
    counters, evaluation = view.counters, view.evaluation
    rows, wanted = view.learned_rows
    return {
        "name": view.name,
        "version": view.version,
        "state": view.state,
        "status": "undecided" if evaluation is None else STATUSES[evaluation.verdict],
        "requests": counters.requests,
        "failed_requests": sum(counters.failures.values()),
        "predictions": counters.predictions,
        "last_observation": counters.last_observation,
        "evaluated": None if evaluation is None else evaluation.time,
        "latency_seconds": None if evaluation is None else _latency(evaluation),
        "learning": {"rows": rows, "wanted_rows": wanted} if view.state == "learning" else None,
        "reference": None if view.reference is None else _reference(view.reference, view.mode),
        "worst_column": None if evaluation is None else _worst_column(evaluation),
        "worst_columns": [] if evaluation is None else worst_columns(evaluation),
        "alerts": raised(view),
    }


def _reference(reference: Reference, mode: str) -> Json:
    provenance = reference.provenance
    return {
        "digest": reference.digest,
        "mode": mode,
        "rows": reference.rows,
        "name": provenance.name,
        "created": finite(provenance.created),
        "model": provenance.model,
        "version": provenance.version,
        "time_range": None if provenance.time_range is None else [finite(time) for time in provenance.time_range],
        "notes": list(provenance.notes),
    }


def _previous(previous: Reference, evaluation: Evaluation | None) -> Json:
    """Tell what the reference before the accepted one was, and how far the status window is from it."""
    about = previous.provenance
    result = {"digest": previous.digest, "rows": previous.rows, "name": about.name, "created": finite(about.created)}
    if evaluation is None:
        return {**result, "window": None, "columns": []}
    against = scores(previous.profile, evaluation.current)
    columns = [
        {
            "feature": column.name,
            "role": column.role,
            "debiased": finite(against.debiased[number]),
            "evidence": finite(against.evidence[number]),
        }
        for number, column in enumerate(evaluation.columns)
    ]
    return {**result, "window": evaluation.status_window.name, "columns": columns}


def _latency(evaluation: Evaluation) -> Json | None:
    """Return the quantiles of the newest window with any, and its name."""
    for window, quantiles in zip(evaluation.windows, evaluation.latency, strict=True):
        if not np.isnan(quantiles).any():
            return {"window": window.name, **{str(q): finite(v) for q, v in zip(QUANTILES, quantiles, strict=True)}}
    return None


def _worst_column(evaluation: Evaluation) -> Json | None:
    """Return the column of the highest status, and among those of the largest debiased distance in the status window."""
    debiased = evaluation.scores.debiased[evaluation.windows.index(evaluation.status_window)]
    if not len(debiased) or np.isnan(debiased).all():
        return None
    number = int(np.lexsort((np.nan_to_num(debiased, nan=-1.0), evaluation.status))[-1])
    column = evaluation.columns[number]
    return {
        "feature": column.name,
        "role": column.role,
        "status": STATUSES[int(evaluation.status[number])],
        "window": evaluation.status_window.name,
        "debiased": finite(debiased[number]),
    }


def _evaluation(evaluation: Evaluation) -> Json:
    return {
        "time": evaluation.time,
        "status_window": evaluation.status_window.name,
        "windows": _windows(evaluation),
        "classes": _classes(evaluation),
        "confidence": describe_confidence(evaluation),
        "segments": None if evaluation.segments is None else describe_segments(evaluation.segments),
        "anomalies": None if evaluation.anomalies is None else describe_anomalies(evaluation),
        "embeddings": None if evaluation.embeddings is None else describe_embeddings(evaluation),
        "tokens": None if evaluation.tokens is None else describe_tokens(evaluation),
        "embedding_changes": None if evaluation.embeddings is None else describe_embedding_changes(evaluation),
        "performance": None if evaluation.performance is None else describe_performance(evaluation),
        "level_changes": describe_levels(evaluation),
    }


def _windows(evaluation: Evaluation) -> list[Json]:
    return [
        {
            "name": window.name,
            "seconds": window.seconds,
            "coverage": finite(evaluation.coverage[number]),
            "judging": bool(evaluation.judging[number]),
            "evidence_threshold": finite(evaluation.evidence_threshold[number]),
            "latency_seconds": {
                str(level): finite(value) for level, value in zip(QUANTILES, evaluation.latency[number], strict=True)
            },
        }
        for number, window in enumerate(evaluation.windows)
    ]


def _column(evaluation: Evaluation, number: int) -> Json:
    column = evaluation.columns[number]
    return {
        "feature": column.name,
        "role": column.role,
        "kind": column.kind,
        "status": STATUSES[int(evaluation.status[number])],
        "undecided": evaluation.undecided[number] or None,
        "windows": {
            window.name: describe_score(evaluation, place, number) for place, window in enumerate(evaluation.windows)
        },
        "changes": {
            change.mode: {
                "window": change.window.name,
                "debiased": finite(change.scores.debiased[number]),
                "evidence": finite(change.scores.evidence[number]),
                "samples": finite(change.scores.samples[number]),
            }
            for change in evaluation.changes
        },
        "log_e": None if evaluation.log_e is None else finite(evaluation.log_e[number]),
        "stuck": describe_stuck(evaluation, number),
        "measures": {name: finite(values[number]) for name, values in evaluation.measures.items()},
        "facts": {name: finite(values[number]) for name, values in evaluation.facts.items()},
        "histogram": histograms(evaluation.reference.profile, evaluation.current, number),
    }


def describe_score(evaluation: Evaluation, window: int, column: int) -> Json:
    """Tell what is known of a column in a window, both by their places."""
    scores, place = evaluation.scores, (window, column)
    return {
        "js_distance": finite(scores.score[place]),
        "noise_floor": finite(scores.noise_floor[place]),
        "debiased": finite(scores.debiased[place]),
        "evidence": finite(scores.evidence[place]),
        "chance": by_chance(float(scores.evidence[place])),
        "samples": finite(scores.samples[place]),
        "warn": finite(evaluation.warn[place]),
        "alert": finite(evaluation.alert[place]),
        "dispersion": finite(evaluation.dispersion[place]),
        "judges": bool(evaluation.judges[place]),
        "status": STATUSES[int(evaluation.window_status[place])],
    }


def _classes(evaluation: Evaluation) -> list[Json]:
    return [
        {
            "feature": shares.column.name,
            "classes": list(shares.classes),
            "ratios": finite_all(shares.ratios),
            "rate_ratios": finite_all(shares.rates.ratio),
            "rate_ratio_evidence": finite_all(shares.rates.evidence),
            "rate_ratio_chances": [by_chance(evidence) for evidence in shares.rates.evidence.tolist()],
        }
        for shares in evaluation.classes
    ]
