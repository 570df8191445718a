"""Health: what a model's own outputs say of it beside scores of columns, added to an evaluation.

A pure function of the evaluation and the sums that it was made of.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.config import ModelSettings
from driftgauge.model.evaluation import Evaluation
from driftgauge.model.performance import PerformanceJudge
from driftgauge.model.sums import WindowSums
from driftgauge.profile import Reference

__all__ = ["Health"]


class Health:
    """Judges the windows that were counted as a reference was.

    Args:
        reference: what is compared with.
        settings: of the model.
    """

    def __init__(self, reference: Reference, settings: ModelSettings) -> None:
        self._least = settings.drift.least_samples
        self._performance = PerformanceJudge.of(reference)

    def evaluate(self, evaluation: Evaluation, sums: WindowSums) -> Evaluation:
        """Return *evaluation* with the estimates of the performance."""
        if self._performance is None:
            return evaluation
        scores = evaluation.scores
        performance = self._performance.judge(
            evaluation.reference.profile,
            sums.profiles,
            scores,
            drifts=self._drifts(evaluation),
            allowed=scores.samples[:, self._performance.column] >= self._least,
            dispersion=evaluation.dispersion,
        )
        return replace(evaluation, performance=performance)

    def _drifts(self, evaluation: Evaluation) -> NDArray[np.bool_]:
        """Return which columns drift in which window, [windows, columns], without memory of earlier evaluations."""
        scores = evaluation.scores
        sure = scores.evidence >= evaluation.evidence_threshold[:, None]
        with np.errstate(invalid="ignore"):
            return np.asarray(sure & (scores.debiased >= evaluation.alert) & (scores.samples >= self._least))
