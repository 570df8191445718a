"""Report: what a sender says of itself beside the rows: a client process, its sample, its drops.

A batch carries at most one. Reasons are bounded sets, because they become labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["DROPS", "Report"]

#: why clients drop rows and labels (docs/client.md); other words count as `other`
DROPS = ("buffer_full", "unsent", "refused", "unanswered", "too_large", "invalid", "closed", "other")


@dataclass(frozen=True, slots=True)
class Report:
    """What a client process tells with a body.

    Attributes:
        process: what tells processes apart; "" when the sender does not say.
        sample_rate: share of its calls whose rows it sends, 0 to 1; None when it does not say.
        in_flight: requests that it works on now; None when it does not say.
        dropped: rows that will not arrive, by reason, since its last body.
        dropped_labels: labels that will not arrive, by reason, since its last body.
        ended: whether this is its last body.
    """

    process: str = ""
    sample_rate: float | None = None
    in_flight: int | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    dropped_labels: Mapping[str, int] = field(default_factory=dict)
    ended: bool = False
