"""One model that is tracked in the process: rows that wait, the reference, blocks of counts, latencies.

Rows are counted a hundred at a time; nothing of them is kept then. Memory: at most `BLOCKS` blocks of `BLOCK_ROWS` rows
as profiles, and three numbers for each of the last `LATENCIES` predictions.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Column, column_of
from driftgauge.derive import with_score_columns
from driftgauge.profile import Profile, Reference
from driftgauge.reference import Learner

__all__ = ["BLOCKS", "BLOCK_ROWS", "LATENCIES", "Tracked"]

BLOCKS, BLOCK_ROWS, LATENCIES = 100, 100, 10_000
#: names of metadata at most; further ones are left out
MOST_COLUMNS = 200


class Tracked:
    """The state of one model.

    Args:
        reference_size: predictions to learn from.
        reference: what to compare with; None: learn it.
        clock: seconds that only grow, for the throughput.
    """

    def __init__(
        self, reference_size: int, reference: Reference | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.reference = reference
        self.total = 0
        self.latencies: deque[float] = deque(maxlen=LATENCIES)
        self.times: deque[float] = deque(maxlen=LATENCIES)
        self.failed: deque[bool] = deque(maxlen=LATENCIES)
        self._clock = clock
        self._learner = Learner(reference_size, limit=MOST_COLUMNS)
        self._rows: list[tuple[Any, Mapping[str, Any], Any]] = []
        self._blocks: deque[Profile] = deque(maxlen=BLOCKS)

    def track(
        self, prediction: Any, latency: float | None, metadata: Mapping[str, Any], proba: Any, *, error: bool
    ) -> None:
        """Take one prediction in."""
        self.total += 1
        self.times.append(self._clock())
        self.failed.append(error)
        if latency is not None:
            self.latencies.append(float(latency))
        self._rows.append(
            (prediction, dict(metadata) | ({} if latency is None else {"latency": float(latency)}), proba)
        )
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def window(self, rows: int) -> Profile:
        """Return the counts of the last *rows* predictions, rounded up to whole blocks; there must be a reference."""
        assert self.reference is not None
        spec = self.reference.profile.spec
        waiting = spec.of(_batch(self._rows)) if self._rows else spec.zero()
        chosen, have = [waiting], len(self._rows)
        for block in reversed(self._blocks):
            if have >= rows:
                break
            chosen.append(block)
            have += int(block.rows[0])
        return reduce(Profile.merge, chosen)

    def _flush(self) -> None:
        batch, self._rows = _batch(self._rows), []
        if self.reference is not None:
            self._blocks.append(self.reference.profile.spec.of(batch))
            return
        self._learner.observe(batch)
        if self._learner.ready:
            self.reference = self._learner.finish(time.time())


def _batch(rows: list[tuple[Any, Mapping[str, Any], Any]]) -> Batch:
    """Return rows as columns; those without a prediction failed."""
    names = list(dict.fromkeys(name for _, metadata, _ in rows for name in metadata))[:MOST_COLUMNS]
    inputs: dict[str, Column] = {
        str(name): column_of([_plain(metadata.get(name)) for _, metadata, _ in rows])[0] for name in names
    }
    predictions = [_plain(prediction) for prediction, _, _ in rows]
    outputs: dict[str, Column] = {}
    if any(prediction is not None for prediction in predictions):
        outputs["prediction"] = column_of(predictions)[0]
    failed = np.array([prediction is None for prediction in predictions], dtype=bool) if outputs else None
    return with_score_columns(
        Batch(len(rows), inputs=inputs, outputs=outputs, probabilities=_probabilities(rows), failed=failed)
    )


def _probabilities(rows: list[tuple[Any, Mapping[str, Any], Any]]) -> Any:
    given = [None if proba is None else np.asarray(proba, dtype=np.float64).reshape(-1) for _, _, proba in rows]
    width = next((len(proba) for proba in given if proba is not None), 0)
    if width < 2:
        return None
    blank = np.full(width, np.nan)
    return np.stack([blank if proba is None or len(proba) != width else proba for proba in given])


def _plain(value: Any) -> Any:
    """Return NumPy's scalars as Python's; what no column can hold is counted as missing by `column_of`."""
    return value.item() if isinstance(value, np.generic) else value
