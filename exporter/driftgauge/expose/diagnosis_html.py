"""The diagnosis in a report: answers, how predictions turned out, and likely causes with what to check next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from driftgauge.drift.words import over
from driftgauge.expose.html_parts import grid

__all__ = ["causes_html", "findings", "realised_html"]

Json = Mapping[str, Any]

_QUESTIONS = {
    "data_drift": "Data drift",
    "prediction_drift": "Prediction drift",
    "data_quality": "Data quality",
    "concept_drift": "Concept drift",
}
_NONE = "\u2013"
_ANSWERS = {"yes": "✖ yes", "no": "✓ no", "unknown": "? not known"}
#: in the same words as the page's
_ORDER = '<p class="soft">Each has passed a test of its own; what was done to values first, then what is wrong with them, then what was different around them.</p>'
#: figures of realised quality: name, in words, whether a share
_FIGURES = (
    ("accuracy", "Accuracy", True),
    ("macro_f1", "Macro F1", False),
    ("calibration_error", "Calibration error", True),
    ("brier_score", "Brier score", False),
    ("mean_absolute_error", "Mean absolute error", False),
    ("root_mean_squared_error", "Root mean squared error", False),
    ("mean_error", "Bias", False),
    ("r2", "R²", False),
)
#: where it says how likely chance makes the first of them so much worse
_SURE = ("drop_chance", "rise_chance")


def findings(diagnosis: Json) -> Iterator[tuple[str, str]]:
    """Yield each question with its answer and why."""
    for one in diagnosis["findings"]:
        yield _QUESTIONS[one["question"]], f"{_ANSWERS[one['answer']]}. {one['said']}"


def causes_html(diagnosis: Json) -> str:
    """Return the causes as a numbered list."""
    if not diagnosis["causes"]:
        return "<p>No test for a cause has passed.</p>"
    more = f"<p>And {diagnosis['more_causes']} more.</p>" if diagnosis["more_causes"] else ""
    return f"{_ORDER}<ol>{''.join(map(_cause, diagnosis['causes']))}</ol>{more}"


def _cause(cause: Json) -> str:
    return f'<li><b>{escape(cause["title"])}</b><br>{escape(cause["said"])}<br><span class="soft">Check: {escape(cause["check"])}</span></li>'


def realised_html(labels: Json | None) -> str:
    """Return how labelled predictions turned out; nothing without labels."""
    windows = {} if labels is None else {name: one for name, one in labels["windows"].items() if one.get("samples")}
    if labels is None or not windows:
        return ""
    usual = labels["reference"] or {}
    figures = [
        (name, label, share)
        for name, label, share in _FIGURES
        if any(one.get(name) is not None for one in windows.values())
    ]
    sure = next((name for name in _SURE if any(one.get(name) for one in windows.values())), None)
    rows = [
        (
            over(window),
            f"{one['samples']:.0f}",
            *(_form(one.get(name), share) for name, _, share in figures),
            *([one.get(sure) or _NONE] if sure else []),
        )
        for window, one in windows.items()
    ]
    if usual:
        known = (_form(usual.get(name), share) for name, _, share in figures)
        rows.insert(0, ("reference", _NONE, *known, *([_NONE] if sure else [])))
    head = ("Window", "Labels", *(label for _, label, _ in figures), *(["Worse than the reference"] if sure else []))
    return f"<h2>How predictions turned out</h2>{grid(head, rows)}"


def _form(value: float | None, share: bool) -> str:  # noqa: FBT001 - a property of the figure
    return _NONE if value is None else f"{100 * value:.3g} %" if share else f"{value:.4g}"
