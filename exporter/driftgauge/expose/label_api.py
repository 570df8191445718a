"""Labels in the JSON API: their accounts, how predictions turned out in each window, and the reliability diagram."""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import finite, finite_all
from driftgauge.model import LabelView
from driftgauge.profile import CLASSIFICATION

__all__ = ["describe_labels"]

Json = dict[str, Any]

_CLASS_FIGURES = ("precision", "recall", "f1", "support")


def describe_labels(view: LabelView) -> Json:
    """Return what labels say; figures that are undefined are null."""
    counters, settings = view.counters, view.settings
    classifies = view.spec is not None and view.spec.task == CLASSIFICATION
    return {
        "task": None if view.spec is None else view.spec.task,
        "received": counters.received,
        "matched": counters.matched,
        "unmatched": dict(sorted(counters.unmatched.items())),
        "duplicates": counters.duplicates,
        "waiting": counters.waiting,
        "predictions": {
            "with_id": counters.predictions,
            "waiting": counters.unlabelled,
            "forgotten": dict(sorted(counters.forgotten.items())),
        },
        "thresholds": {
            "accuracy_drop": settings.accuracy_drop,
            "error_increase": settings.error_increase,
            "calibration_error": settings.calibration_error,
            "evidence": settings.evidence,
            "least_samples": settings.least_samples,
        },
        "reference": {
            name.removeprefix("reference_"): finite(values[0])
            for name, values in view.figures.items()
            if name.startswith("reference_")
        }
        or None,
        "classes": list(view.classes) if classifies else None,
        "windows": {window.name: _window(view, place, classifies) for place, window in enumerate(view.windows)},
    }


def _window(view: LabelView, place: int, classifies: bool) -> Json:  # noqa: FBT001 - a fact of the view
    figures: Json = {
        name: finite(values[place]) for name, values in view.figures.items() if not name.startswith("reference_")
    }
    for name in ("drop", "rise"):
        if f"{name}_evidence" in figures:
            figures[f"{name}_chance"] = by_chance(figures[f"{name}_evidence"])
    if not classifies:
        return figures
    by_class = {name: view.of_classes(name)[place] for name in _CLASS_FIGURES}
    counts = view.sketches[place]["confusion"].counts
    bins = view.sketches[place]["reliability"].equal_width
    with np.errstate(invalid="ignore"):
        confidence, accuracy = bins.confidence / bins.counts, bins.correct / bins.counts
    return {
        **figures,
        "classes": {name: finite_all(values) for name, values in by_class.items()},
        "confusion": counts[: len(view.classes), : len(view.classes)].tolist(),
        "reliability": {
            "counts": bins.counts.tolist(),
            "confidence": finite_all(confidence),
            "accuracy": finite_all(accuracy),
        },
    }
