"""Tensor budgets: how many pictures and sequences a model's decoders may reduce, whichever way they come.

Guarantee: over any stretch of seconds no more than `tensor_rows_per_second` times as many pictures' worth are begun, one second's
worth and one inference more. Where inferences come in no fixed order, those that are reduced are a uniform sample. Thread-safe. Memory: a
bucket a model, `MOST_MODELS` at most, a few for names that are no model's, and one for all the others together.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import numpy as np

from driftgauge.config import ModelSettings
from driftgauge.serve.logs import LOGGER
from driftgauge.tensors import TensorReducer

__all__ = ["Bucket", "TensorBudget", "TensorBudgets", "holds_deep"]

#: models with budgets of their own, those of them that are not known (yet), and tensors that are said once to be left out
MOST_MODELS, MOST_STRANGERS, MOST_NOTES = 100, 10, 100
#: a shape of three axes or more in the JSON before binary tensors, of which so many bytes are looked at
_DEEP = re.compile(rb'"shape"\s*:\s*\[\s*\d+\s*,\s*\d+\s*,')
_HEAD = 8 * 1024
#: seconds by which admissions are moved at random, at most
_JITTER = 0.25


def holds_deep(body: bytes | memoryview) -> bool:
    """Tell whether a body seems to hold tensors of rank 3 or more, which take longer than their bytes tell."""
    return _DEEP.search(body, 0, _HEAD) is not None


class Bucket:
    """Tokens that come at a rate, at most those of a second; what is taken may be more than there is, and is paid back before more is.

    Args:
        clock: seconds that never go back.

    >>> now = [0.0]
    >>> bucket = Bucket(lambda: now[0])
    >>> [bucket.take(8, rate=10) for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._level, self._at = float("inf"), clock()
        self._least = 0.0
        self._random = np.random.default_rng(0)

    def take(self, cost: float, *, rate: float) -> bool:
        """Take *cost* if there is anything at *rate* a second, and tell."""
        with self._lock:
            now = self._clock()
            self._level = min(self._level + (now - self._at) * rate, rate)
            self._at = now
            if self._level <= self._least * rate:
                return False
            self._level -= cost
            # Callers that take turns would else always be admitted, or never.
            self._least = self._random.random() * _JITTER
            return True


class TensorBudget:
    """The budget of a model, and what of its tensors has been said to be left out.

    Args:
        model: its name.
        bucket: of its own, or of all that have none.
    """

    def __init__(self, model: str, bucket: Bucket) -> None:
        self._model = model
        self._bucket = bucket
        self._noted: set[str] = set()
        self.rate = 0

    def admit(self, cost: float) -> bool:
        """Tell whether there is anything left, and take *cost*."""
        return self._bucket.take(cost, rate=self.rate)

    def note(self, tensor: str, why: str) -> None:
        """Say once that a tensor is left out; after that its counter does."""
        if tensor not in self._noted and len(self._noted) < MOST_NOTES:
            self._noted.add(tensor)
            LOGGER.warning("tensor left out", extra={"model": self._model, "error": why})


class TensorBudgets:
    """The budgets of all models.

    Args:
        known: tells whether there is a model of a name and version; anybody can make up others.
        clock: seconds that never go back.
    """

    def __init__(self, known: Callable[[tuple[str, str]], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._known = known
        self._clock = clock
        self._lock = threading.Lock()
        self._others = TensorBudget("", Bucket(clock))
        self._budgets: dict[tuple[str, str], TensorBudget] = {}

    def of(self, name: str, version: str, settings: ModelSettings) -> TensorReducer:
        """Return what reduces the tensors of one inference of a model."""
        budget = self._budgets.get((name, version)) or self._budget(name, version)
        budget.rate = settings.tensor_rows_per_second
        return TensorReducer(settings.tensors, budget)

    def _budget(self, name: str, version: str) -> TensorBudget:
        if not name:
            return self._others
        with self._lock:
            known = {key: budget for key, budget in self._budgets.items() if self._known(key)}
            if self._known((name, version)):
                if len(self._budgets) >= MOST_MODELS:
                    self._budgets = known
            elif len(self._budgets) - len(known) >= MOST_STRANGERS:
                return self._others
            if len(self._budgets) >= MOST_MODELS:
                return self._others
            return self._budgets.setdefault((name, version), TensorBudget(name, Bucket(self._clock)))
