"""Settings of drift: from which size on, and how sure, a column warns or alerts, and what is published beside."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driftgauge.setting import at_least, setting

__all__ = ["MEASURES", "DriftSettings"]

MEASURES = ("psi", "kl_bits", "ks", "wasserstein_sigma", "chi2", "mean_shift_sigma")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """When drift is drift. Sources of the numbers: statistics.md 0 and 3."""

    warn: float = setting(0.1, "Debiased Jensen-Shannon distance from which on a column warns.")
    alert: float = setting(0.2, "Debiased Jensen-Shannon distance from which on a column alerts.")
    least_samples: int = setting(100, "Samples below which a window cannot judge.")
    evidence: float | None = setting(
        None, "Evidence (-log10 p) a status needs; automatic from the budget when not set."
    )
    false_episodes_per_week: float = setting(0.5, "Accepted false alarms a week, per model and pod.")
    log_e: bool = setting(
        default=False,
        help_text="Whether to publish driftgauge_drift_log_e, evidence that stays valid however often one looks.",
    )
    stuck_warn: float = setting(
        0.1, "Share of the rows beyond the reference's from which on one value that stays for three days warns."
    )
    stuck_alert: float = setting(0.15, "Share from which on it alerts; 1 in both: never.")
    catch_all: float = setting(0.4, "Distance at which the 1 h window alerts while it does not judge otherwise.")
    fleet_bins: int = setting(10, "Bins of a column in the fleet's counters; adjacent bins are merged; 0: none.")
    measures: tuple[str, ...] = setting(MEASURES, "Further measures to publish, on the status window.")

    def __post_init__(self) -> None:
        at_least(0, least_samples=self.least_samples, fleet_bins=self.fleet_bins)
        if not 0 < self.warn <= self.alert <= 1:
            raise ValueError(f"expected 0 < warn <= alert <= 1, got warn {self.warn} and alert {self.alert}")
        if not 0 < self.stuck_warn <= self.stuck_alert <= 1:
            raise ValueError(
                f"expected 0 < stuck_warn <= stuck_alert <= 1, got stuck_warn {self.stuck_warn} and stuck_alert {self.stuck_alert}"
            )
        if not 0 < self.catch_all <= 1:
            raise ValueError(f"catch_all: expected a distance in (0, 1], got {self.catch_all}")
        if not 0 < self.false_episodes_per_week < math.inf:
            raise ValueError(f"false_episodes_per_week: expected a number > 0, got {self.false_episodes_per_week}")
        if self.evidence is not None and not 0 <= self.evidence <= 300:
            raise ValueError(f"evidence: expected 0 to 300, got {self.evidence}")
        unknown = set(self.measures) - set(MEASURES)
        if unknown:
            raise ValueError(f"measures: unknown {sorted(unknown)}, expected some of {list(MEASURES)}")
