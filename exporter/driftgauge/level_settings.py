"""Settings of level changes: which series of the model as a whole are watched, by which detectors, and how easily these speak up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from driftgauge.setting import at_least, setting

__all__ = ["LevelChangeSettings"]

DETECTORS = ("adwin", "page_hinkley", "kswin")
SERIES = ("loss", "confidence", "latency", "error_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChangeSettings:
    """Detectors of changes of level, of river (extra `river`). Their defaults and figures: docs/model-health.md."""

    detectors: tuple[str, ...] = setting(
        (), "Which of adwin, page_hinkley and kswin watch; none when empty. They need the extra `river`."
    )
    series: tuple[str, ...] = setting(
        SERIES, "What is watched, where there is any: loss (of labelled predictions), confidence, latency, error_rate."
    )
    slot_seconds: Literal[60, 300, 900, 3600] = setting(60, "Length of the slots; each gives one value a series.")
    least_rows: int = setting(
        30, "Rows that a value needs; slots with fewer are added to the next ones until they have them."
    )
    warmup_slots: int = setting(
        120,
        "Values that tell level, spread and memory of a series, at first and after a change; none is found meanwhile.",
    )
    adwin_delta: float = setting(0.002, "ADWIN: bound on the share of false changes; less is slower.")
    page_hinkley_allowance: float = setting(0.25, "Page-Hinkley: standard deviations of a value that are no change.")
    page_hinkley_threshold: float = setting(
        30.0,
        "Page-Hinkley: sum of deviations beyond the allowance that is a change, in standard deviations of a value.",
    )
    kswin_alpha: float = setting(1e-5, "KSWIN: p-value of the Kolmogorov-Smirnov test that is a change.")

    def __post_init__(self) -> None:
        at_least(1, least_rows=self.least_rows)
        at_least(30, warmup_slots=self.warmup_slots)
        at_least(0, page_hinkley_allowance=self.page_hinkley_allowance)
        for name, known in (("detectors", DETECTORS), ("series", SERIES)):
            given = getattr(self, name)
            unknown = [one for one in given if one not in known]
            if unknown or len(set(given)) < len(given):
                raise ValueError(f"{name}: expected distinct ones of {list(known)}, got {list(given)}")
        if self.warmup_slots > 1_000:
            raise ValueError(f"warmup_slots: expected at most 1000, got {self.warmup_slots}")
        for name in ("adwin_delta", "kswin_alpha"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name}: expected a number in (0, 1), got {getattr(self, name)}")
        if not 0 < self.page_hinkley_threshold < math.inf:
            raise ValueError(f"page_hinkley_threshold: expected a number > 0, got {self.page_hinkley_threshold}")
