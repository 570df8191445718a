"""The status rule: how big, how sure, and slow to let go.

    alert  <=>  samples >= least and debiased >= threshold and evidence >= its threshold

A state once entered is left only when the score has fallen below 0.8 of its threshold, or the evidence by 2, for three
evaluations in a row, so a score that wobbles about a threshold makes one episode, not many (statistics.md 1.6).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.state import State

__all__ = ["ALERT", "OK", "UNDECIDED", "WARN", "Hysteresis", "Rule", "judge"]

Status = NDArray[np.int8]

UNDECIDED, OK, WARN, ALERT = -1, 0, 1, 2

_LEAVE_SHARE = 0.8
_LEAVE_EVIDENCE = 2.0
_LEAVE_EVALUATIONS = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds, each a number or an array that broadcasts to the scores.

    `Rule(least_samples=0, evidence=0)` on the plug-in score reproduces naive thresholds.
    """

    warn: Floats | float = 0.1
    alert: Floats | float = 0.2
    evidence: Floats | float = 6.0
    least_samples: Floats | int = 100


def judge(rule: Rule, debiased: Floats, evidence: Floats, samples: Floats | Counts) -> Status:
    """Return the status of each score without memory; -1 where there are too few samples to tell."""
    sure = evidence >= rule.evidence
    status = np.where(sure & (debiased >= rule.alert), ALERT, np.where(sure & (debiased >= rule.warn), WARN, OK))
    known = ~np.isnan(debiased) & (np.asarray(samples) >= rule.least_samples) & (np.asarray(samples) > 0)
    return np.where(known, status, UNDECIDED).astype(np.int8)


@dataclass(slots=True)
class Hysteresis:
    """The memory of the rule: the status of every score, and for how many evaluations it has been about to leave it.

    Falling to undecided is immediate once fewer than 0.8 of the least samples are left (what cannot be judged must not stay in
    alert), and so is rising.
    """

    shape: tuple[int, ...]
    status: Status = field(init=False)
    _leaving: NDArray[np.int8] = field(init=False)

    def __post_init__(self) -> None:
        self.status = np.full(self.shape, UNDECIDED, dtype=np.int8)
        self._leaving = np.zeros(self.shape, dtype=np.int8)

    def update(self, rule: Rule, debiased: Floats, evidence: Floats, samples: Floats | Counts) -> Status:
        """Take one evaluation in and return the new status."""
        now = judge(rule, debiased, evidence, samples)
        held = np.where(self.status == ALERT, rule.alert, rule.warn)
        below = (debiased < _LEAVE_SHARE * held) | (evidence < np.asarray(rule.evidence) - _LEAVE_EVIDENCE)
        falling = (now < self.status) & (now != UNDECIDED)
        self._leaving = np.where(falling & below, self._leaving + 1, 0).astype(np.int8)
        stay = falling & (self._leaving < _LEAVE_EVALUATIONS)
        # A row count that wobbles about the least must not make episodes of one drift.
        enough = np.asarray(samples) >= np.maximum(_LEAVE_SHARE * np.asarray(rule.least_samples), 1)
        stay |= (now == UNDECIDED) & (self.status > OK) & enough & ~np.isnan(debiased)
        self.status = np.where(stay, self.status, now).astype(np.int8)
        self._leaving[~stay] = 0
        return self.status

    def freeze(self) -> State:
        """Return a copy of the memory."""
        return State(arrays={"status": self.status.copy(), "leaving": self._leaving.copy()})

    def thaw(self, state: State) -> None:
        """Remember what *state* says.

        Raises:
            StateError: it is of other scores; nothing has changed.
        """
        status, leaving = (state.array(name, np.int8, self.shape) for name in ("status", "leaving"))
        self.status, self._leaving = status.copy(), leaving.copy()
