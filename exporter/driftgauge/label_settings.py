"""Settings of labels: how long predictions wait for them, how they are read, and when a model does worse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from driftgauge.setting import at_least, setting

__all__ = ["LabelSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """Labels. Sources of the numbers: statistics.md 6."""

    enabled: bool = setting(default=True, help_text="Join labels with predictions; off: labels are refused.")
    task: Literal["auto", "classification", "regression"] = setting(
        "auto", "What the model does; auto: as the reference counts the prediction, else as the values look."
    )
    ttl_seconds: float = setting(604_800.0, "How long a prediction waits for its label.")
    early_seconds: float = setting(3_600.0, "How long a label waits for its prediction.")
    bytes: int = setting(32 * 2**20, "Memory of what waits, per model; the oldest give way. About 70 bytes an id.")
    classes: tuple[str, ...] = setting((), "The classes in the order of the probabilities, where they are not 0, 1, 2.")
    most_classes: int = setting(20, "Classes with counts of their own; the others are added up.")
    positive: str = setting("", "The only class whose precision, recall and F1 are published; empty: every one.")
    least_samples: int = setting(300, "Labelled predictions in a window below which nothing is judged.")
    accuracy_drop: float = setting(0.05, "Drop of the accuracy below the reference's that is worth an alert.")
    error_increase: float = setting(0.25, "Rise of the mean absolute error over the reference's, as a share of it.")
    calibration_error: float = setting(0.05, "Calibration error above its floor that is worth an alert.")
    evidence: float = setting(4.0, "Evidence (-log10 p) that a drop needs.")
    least_coverage: float | None = setting(
        None, "Share of the predictions of a window that should have a label; for an alert when it is less."
    )

    @property
    def counting(self) -> tuple[object, ...]:
        """What it depends on what is counted, and kept."""
        return self.enabled, self.task, self.bytes, self.classes, self.most_classes

    def __post_init__(self) -> None:
        at_least(2**16, bytes=self.bytes)
        at_least(1, most_classes=self.most_classes, least_samples=self.least_samples)
        at_least(0, evidence=self.evidence, error_increase=self.error_increase)
        if self.most_classes > 100:
            raise ValueError(f"most_classes: expected at most 100, got {self.most_classes}")
        for name in ("ttl_seconds", "early_seconds"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}: expected a number > 0, got {getattr(self, name)}")
        for name in ("accuracy_drop", "calibration_error", "least_coverage"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise ValueError(f"{name}: expected a share in (0, 1], got {value}")
