"""Outcomes in a profile's JSON: `"outcomes": {"task", "classes", "center", "names", "sketches": {NAME: {ARRAY: [...]}}}`.

A profile without labelled data has no such part, as those of older versions. About 4 KB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import ProfileError
from driftgauge.profile.outcomes import CLASSIFICATION, REGRESSION, Outcomes, OutcomeSpec

__all__ = ["outcome_record", "read_outcomes"]

Record = Mapping[str, Any]

_MOST_CLASSES = 100


def outcome_record(outcomes: Outcomes) -> Record:
    """Return the JSON of *outcomes*."""
    return {
        "task": outcomes.spec.task,
        "classes": outcomes.spec.classes,
        "center": outcomes.spec.center,
        "names": list(outcomes.names),
        "sketches": {
            name: {array: values.ravel().tolist() for array, values in sketch.arrays.items()}
            for name, sketch in outcomes.sketches.items()
        },
    }


def read_outcomes(record: Record | None) -> Outcomes | None:
    """Read what `outcome_record` wrote; None where there is nothing.

    Raises:
        ProfileError: it contradicts itself.
    """
    if record is None:
        return None
    task, classes, center, names = (record[name] for name in ("task", "classes", "center", "names"))
    if task not in {CLASSIFICATION, REGRESSION}:
        raise ProfileError(f"outcomes: task {task!r}, expected {CLASSIFICATION} or {REGRESSION}")
    if type(classes) is not int or not 1 <= classes <= _MOST_CLASSES or len(names) > classes:
        raise ProfileError(
            f"outcomes: {len(names)} names for {classes!r} classes, of which there are 1 to {_MOST_CLASSES}"
        )
    if not math.isfinite(center):
        raise ProfileError(f"outcomes: center {center!r}, expected a number")
    spec = OutcomeSpec(task, classes, float(center))
    sketches = {
        name: one.holding(
            {array: _array(record["sketches"][name][array], like) for array, like in one.zero().arrays.items()}
        )
        for name, one in spec.specs.items()
    }
    return Outcomes(spec, tuple(map(str, names)), sketches)


def _array(values: Any, like: NDArray[Any]) -> NDArray[Any]:
    found = np.array(values, dtype=np.float64)
    if found.shape != (like.size,) or not np.isfinite(found).all():
        raise ProfileError(f"outcomes: expected {like.size} numbers, got {found.shape}")
    if like.dtype == np.int64 and ((found < 0) | (found % 1 != 0)).any():
        raise ProfileError("outcomes: counts must be whole numbers >= 0")
    return found.astype(like.dtype).reshape(like.shape)
