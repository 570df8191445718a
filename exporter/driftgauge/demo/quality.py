"""Quality: how often the model was right by its labels, and how often that was to be expected without them, as the days went by.

Fed with the answers of the exporter's API like `Findings`. Memory: three numbers an evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Day", "Quality"]

#: half the flights of a quiet day: fewer say more of the hour than of the model
LEAST_LABELS = 300


class Day(NamedTuple):
    """The day until a time: shares of predictions that were right, and that were expected to be."""

    time: float
    right: float
    expected: float | None


@dataclass(slots=True)
class Quality:
    """Accuracies over the status window, those of the reference, and how many labels came.

    Attributes:
        reference: accuracies on the reference, by labels and as they would be expected; None until they are known.
        days: oldest first.
    """

    reference: tuple[float, float | None] | None = None
    days: list[Day] = field(default_factory=list)

    def see(self, answer: Mapping[str, Any]) -> None:
        """Take one answer of `/api/v1/models/{model}/versions/{version}` in that has an evaluation; without labels it says nothing."""
        labels, evaluation = answer.get("labels"), answer["evaluation"]
        if not labels or not labels["reference"]:
            return
        window, expected = evaluation["status_window"], evaluation["performance"]
        self.reference = labels["reference"]["accuracy"], expected and expected["reference"]
        realised = labels["windows"][window]
        if realised["samples"] >= LEAST_LABELS:
            found = expected and expected["windows"][window]["value"]
            self.days.append(Day(evaluation["time"], realised["accuracy"], found))

    @property
    def worst(self) -> Day | None:
        """The day on which the model was right least often; None without labels."""
        return min(self.days, key=lambda day: day.right, default=None)
