"""Health: what is known of a model beside the scores of its columns, added to an evaluation.

Owns the memory of the statuses that belong to no column, nothing else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.config import ModelSettings
from driftgauge.drift import OK
from driftgauge.model.anomalies import anomaly_scores
from driftgauge.model.anytime import AnytimeEvidence
from driftgauge.model.embeddings import EmbeddingChange, EmbeddingJudge
from driftgauge.model.evaluation import Evaluation
from driftgauge.model.performance import PerformanceJudge
from driftgauge.model.stuck import StuckJudge
from driftgauge.model.sums import WindowSums
from driftgauge.model.tokens import TokenJudge
from driftgauge.profile import DAY_SECONDS, WINDOWS, Reference
from driftgauge.state import State

__all__ = ["Health"]

#: share of a day that rows which span it may lose (`judgement`)
_STILL_A_DAY = 0.8


class Health:
    """Judges the windows that were counted as a reference was.

    Args:
        reference: what is compared with.
        settings: of the model.
    """

    def __init__(self, reference: Reference, settings: ModelSettings) -> None:
        self._least = settings.drift.least_samples
        self._stuck = StuckJudge(reference, settings)
        self._performance = PerformanceJudge.of(reference)
        #: None where it is not wanted
        self.anytime = AnytimeEvidence(reference, settings.drift.warn) if settings.drift.log_e else None
        self._embeddings = EmbeddingJudge(reference, len(WINDOWS) + len(settings.count_windows))
        self._tokens = TokenJudge(reference, settings, len(WINDOWS) + len(settings.count_windows))
        self._changes: tuple[EmbeddingChange, ...] = ()
        self._timeless = settings.seasonality == "none"

    def evaluate(self, evaluation: Evaluation, sums: WindowSums) -> Evaluation:
        """Return *evaluation* with stuck values, anomalies, the scores of embeddings and tokens, and the estimates of the performance."""
        evaluation = self._stuck.judge(evaluation, sums.trailing)
        found = anomaly_scores(evaluation.reference.profile, sums.profiles, evaluation.dispersion)
        evaluation = replace(evaluation, anomalies=found)
        if self.anytime is not None:
            self.anytime.take(sums.minutes)
            evaluation = replace(evaluation, log_e=self.anytime.log_e)
        judges = evaluation.judges & self._whole_days(sums)
        if sums.embeddings:
            moved = self._embeddings.judge(
                sums.embeddings, judges, evaluation.evidence_threshold, evaluation.dispersion
            )
            if sums.embedding_changes is not None:  # an hour has ended
                self._changes = tuple(map(self._embeddings.change, sums.embedding_changes))
            evaluation = replace(evaluation, embeddings=moved, embedding_changes=self._changes)
        if sums.tokens:
            said = self._tokens.judge(
                sums.tokens, judges, evaluation.evidence_threshold, evaluation.dispersion, evaluation.time
            )
            evaluation = replace(evaluation, tokens=said)
        if self._performance is None:
            return evaluation
        scores = evaluation.scores
        performance = self._performance.judge(
            evaluation.reference.profile,
            sums.profiles,
            scores,
            drifts=self._drifts(evaluation),
            allowed=(scores.samples[:, self._performance.column] >= self._least) & _still(evaluation),
            dispersion=evaluation.dispersion,
        )
        return replace(evaluation, performance=performance)

    def _whole_days(self, sums: WindowSums) -> NDArray[np.bool_]:
        """Return which windows may judge mean embeddings and tokens, [windows, 1].

        Columns are judged in short windows where the reference knows the hours of the day, or where its own hours stay calm in them. Its mean
        embedding and its tokens are those of whole days, however calm the columns: beside them an hour would measure the clock, and so would a longer window of which only hours have been observed.
        """
        seen = np.array(
            [1.0 if window.rows else share for window, share in zip(sums.windows, sums.coverage, strict=True)]
        )
        return np.asarray(seen * sums.spans >= _STILL_A_DAY * DAY_SECONDS)[:, None] | self._timeless

    def _drifts(self, evaluation: Evaluation) -> NDArray[np.bool_]:
        """Return which columns drift in which window, [windows, columns], without memory of earlier evaluations."""
        scores = evaluation.scores
        sure = scores.evidence >= evaluation.evidence_threshold[:, None]
        with np.errstate(invalid="ignore"):
            return np.asarray(sure & (scores.debiased >= evaluation.alert) & (scores.samples >= self._least))

    def freeze(self) -> State:
        """Return a copy of the statuses, and of the running evidence."""
        parts = {
            "embeddings": self._embeddings.freeze(),
            "stuck": self._stuck.freeze(),
            "tokens": self._tokens.freeze(),
        }
        if self.anytime is not None:
            parts["anytime"] = self.anytime.freeze()
        return State(parts=parts)

    def thaw(self, state: State) -> None:
        """Take them back; running evidence that was not wanted before begins anew.

        Raises:
            StateError: they are of other embeddings, texts, columns or windows.
        """
        self._embeddings.thaw(state.part("embeddings"))
        if "stuck" in state.parts:  # those of older versions have none
            self._stuck.thaw(state.part("stuck"))
        if "tokens" in state.parts:
            self._tokens.thaw(state.part("tokens"))
        if self.anytime is not None and "anytime" in state.parts:
            self.anytime.thaw(state.part("anytime"))


def _still(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Return the windows in which no embedding has moved, [windows]; where none is judged, none has."""
    if evaluation.embeddings is None:
        return np.ones(len(evaluation.windows), dtype=bool)
    return np.asarray((evaluation.embeddings.status <= OK).all(axis=1))
