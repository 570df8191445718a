"""One value that stays: a part of the rows has it hour after hour, as from a sensor that stands still, whatever the distance says.

The test is the exporter's own (`drift.stuck`): most hours of the last three days, beyond what calm spells of the reference reach, and
beyond chance. A file that is compared has no hours, and `values.py` looks there for one value in place of many.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge.diagnosis.cause import MECHANISM, Cause, Sight, percent
from driftgauge.drift import WARN
from driftgauge.model import StuckScores, stuck_value
from driftgauge.profile import INPUT

__all__ = ["ONE_FOR_MANY", "stays"]

#: causes that say the same of a column, less exactly
ONE_FOR_MANY = frozenset({"one_value", "mix_shift"})

_CHECK = (
    "Group the newest rows that have this value by sender (device, host, client, segment) and see which of them sends nothing else, and when its source was "
    "last read: a frozen sensor, a job that failed, a cache, a last value carried forward, a default."
)
_CHECK_OUTPUT = (
    "Group the newest rows with this answer by version, pod and client, and see whether it is an answer from a cache or a fallback; then whether an input of "
    "the model stays as well."
)


def stays(sight: Sight) -> Iterator[Cause]:
    """Yield a cause for each column that is in warning or alert for a value that stays."""
    stuck = sight.evaluation.stuck
    if stuck is None:
        return
    for number in np.flatnonzero(stuck.status >= WARN).tolist():
        yield _cause(sight, stuck, number)


def _cause(sight: Sight, stuck: StuckScores, number: int) -> Cause:
    column, found = sight.columns[number], stuck.found
    value = stuck_value(sight.reference, stuck, number)
    named = f"{value:g}" if isinstance(value, float) else repr(value)
    ratio, evidence = float(found.ratio[number]), float(found.evidence[number])
    alone = "" if stuck.scored[number] >= WARN else " The distance alone does not show it."
    return Cause(
        "stuck_value",
        "A value that stays",
        f"{column.name}: {named} holds {percent(ratio)} of the rows more than in the reference, in at least four of five of the {int(found.hours[number])} hours "
        f"of the last three days that have rows (evidence {evidence:.1f}, {stuck.evidence_threshold:.1f} needed).{alone}",
        _CHECK if column.role == INPUT else _CHECK_OUTPUT,
        (sight.key(number),),
        {
            "value": value,
            "ratio": ratio,
            "warn_ratio": float(stuck.warn[number]),
            "evidence": evidence,
            "evidence_threshold": float(stuck.evidence_threshold),
            "hours": int(found.hours[number]),
        },
        MECHANISM,
        max(ratio, float(sight.debiased[number])),
    )
