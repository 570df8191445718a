"""What a batch scored, with where its thresholds come from: for people in notes, for programs in a document."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from driftgauge.cli.profile_counting import Counted
from driftgauge.cli.profile_report import document
from driftgauge.config import DriftSettings
from driftgauge.drift import JensenShannon
from driftgauge.model.batch_job import calibrated_window
from driftgauge.model.evaluation import Evaluation, ModelView
from driftgauge.profile import Reference, Window
from driftgauge.reference.compare import Comparison, compared

__all__ = ["Scored"]

#: raised thresholds that a note names before it says how many more there are
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch and its evaluation.

    Attributes:
        reference: what it was compared with.
        current: what was counted, with all that a person should know of it.
        view: what the metrics are made of.
        evaluation: of the view.
        window: the length whose calibration raised the thresholds; None where none did.
        comparison: the evaluation column by column, worst first.
    """

    reference: Reference
    current: Counted
    view: ModelView
    evaluation: Evaluation
    window: Window | None
    comparison: Comparison

    @classmethod
    def of(cls, reference: Reference, current: Counted, view: ModelView) -> Scored:
        """Put together what belongs together."""
        evaluation = view.evaluation
        assert evaluation is not None
        window = calibrated_window(reference, current.batch)
        notes = _notes(evaluation, current, view.settings.drift, window)
        columns = compared(reference.profile, current.profile, _only(evaluation.scores), evaluation.status)
        comparison = Comparison(columns, int(current.profile.rows[0]), (), ())
        current = replace(current, notes=(*current.notes, *notes))
        return cls(reference, current, view, evaluation, window, comparison)

    def document(self) -> Mapping[str, Any]:
        """Return all of it for programs."""
        drift, batch = self.view.settings.drift, self.current.batch
        rule = {
            "warn": drift.warn,
            "alert": drift.alert,
            "evidence": drift.evidence,
            "least_samples": drift.least_samples,
            "calibrated_window": None if self.window is None else self.window.name,
            "span_seconds": None if batch.time_range is None else batch.seconds,
        }
        judged = {
            (column.role, column.name): {
                "warn": _reachable(self.evaluation.warn[0, place]),
                "alert": _reachable(self.evaluation.alert[0, place]),
                "undecided": self.evaluation.undecided[place] or None,
            }
            for place, column in enumerate(self.evaluation.columns)
        }
        found = document(self.reference, self.current, self.comparison, rule)
        columns = [{**record, **judged[record["role"], record["name"]]} for record in found["columns"]]
        return {**found, "columns": columns}


def _only(scores: JensenShannon) -> JensenShannon:
    """Return the scores of the only window."""
    return JensenShannon(
        scores.score[0], scores.noise_floor[0], scores.debiased[0], scores.evidence[0], scores.samples[0]
    )


def _notes(evaluation: Evaluation, current: Counted, drift: DriftSettings, window: Window | None) -> Iterator[str]:
    """Say where the thresholds come from, and which columns have others than the configured ones."""
    configured = f"{drift.warn:g} and {drift.alert:g}"
    if window is None:
        why = "the reference is not calibrated" if current.batch.time_range else "the rows have no event times"
        yield f"thresholds {configured} as given: {why}"
        return
    yield (
        f"thresholds {configured}, raised to what {window.name} chunks of the reference reach; "
        f"the batch spans {_duration(current.batch.seconds)}"
    )
    alert = evaluation.alert[0]
    raised = [
        f"{column.name!r} from {threshold:.2f}"
        for column, threshold in zip(evaluation.columns, alert.tolist(), strict=True)
        if drift.alert < threshold < math.inf
    ]
    if raised:
        more = f" and {len(raised) - _LISTED} more" if len(raised) > _LISTED else ""
        yield f"these alert later: {', '.join(raised[:_LISTED])}{more}"
    hopeless = [
        repr(column.name)
        for column, why in zip(evaluation.columns, evaluation.undecided, strict=True)
        if why == "too_variable"
    ]
    if hopeless:
        yield f"too variable to be judged over {window.name}: {', '.join(hopeless)}"


def _duration(seconds: float) -> str:
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {name}"
    return f"{seconds:.0f} seconds"


def _reachable(threshold: float) -> float | None:
    return float(threshold) if math.isfinite(threshold) else None
