"""Cases of the segments."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

_LABELS = {"feature": "amount", "role": "input", "segment": "country=de", "against": "past"}
_OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}


def _segment(status: str, distance: str = "0.31x60", pod: dict[str, str] | None = None) -> dict[str, str]:
    return {
        series(names.SEGMENT_STATUS.name, pod, **_LABELS): status,
        series(names.SEGMENT_DEBIASED.name, pod, **_LABELS, window="24h"): distance,
    }


_FIRES = Fires(
    "warning",
    {**PLACE, **_LABELS},
    "input amount of segment country=de of shop/fraud version 1 is at a debiased Jensen-Shannon distance of 0.310 (0 same, 1 "
    "disjoint) from its past over 24h.",
    f"driftgauge-model?{PLACE_LINK}",
)

CASES = (
    Case("DriftgaugeSegmentDrift", "a country drifts", _segment("1x60"), ("14m",), {"15m": (_FIRES,)}),
    Case(
        "DriftgaugeSegmentDrift",
        "in one pod of two, across a missed scrape",
        _segment("2x9 _ 2x60", "0.31x9 _ 0.31x60") | _segment("0x60", "0.02x60", _OTHER),
        ("14m",),
        {"15m": (_FIRES,)},
    ),
    Case("DriftgaugeSegmentDrift", "it cannot be judged", _segment("-1x60"), ("15m", "60m")),
    Case("DriftgaugeSegmentDrift", "it is well", _segment("0x60"), ("15m", "60m")),
    Case("DriftgaugeSegmentDrift", "for ten minutes", _segment("1x9 0x60"), ("9m", "16m", "60m")),
)
