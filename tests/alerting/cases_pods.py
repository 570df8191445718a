"""Cases of the alerts on what single pods say: their own status, and changes against their own past."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.cases_drift import SAME, column, model
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]


def _status(*values: str) -> dict[str, str]:
    return {
        series(
            names.DRIFT_STATUS.name,
            {**POD, "pod": pod, "model": "fraud", "version": "1"},
            feature="amount",
            role="input",
        ): value
        for pod, value in zip("abcd", values, strict=False)
    }


_PAGE = f"driftgauge-feature?{PLACE_LINK}&var-feature=amount"
_PLACE = {**PLACE, "feature": "amount", "role": "input"}
_MOST = Fires(
    "warning",
    _PLACE,
    "66.67% of the pods of shop/fraud version 1 that can judge input amount say that it has drifted. There is no score of the "
    "whole fleet.",
    _PAGE,
)
_POD = Fires(
    "info",
    {**_PLACE, "pod": "a"},
    "Pod a of shop/fraud version 1 says that input amount has drifted (status 2). The fleet's score decides, not this.",
    _PAGE,
)

PODS = (
    Case(
        "DriftgaugeDriftInMostPods",
        "two of three that can judge",
        _status("2x30", "2x30", "0x30", "-1x30"),
        ("14m",),
        {"15m": (_MOST,)},
    ),
    Case("DriftgaugeDriftInMostPods", "one of three", _status("2x30", "0x30", "1x30"), ("15m", "30m")),
    Case(
        "DriftgaugeDriftInMostPods",
        "the fleet has a score",
        _status("2x40", "2x40") | model() | column(SAME),
        ("16m", "24m"),
    ),
    Case("DriftgaugePodDrift", "a missed scrape does not reset it", _status("2x9 _ 2x20"), ("14m",), {"15m": (_POD,)}),
    Case("DriftgaugePodDrift", "a pod warns", _status("1x30"), ("15m", "30m")),
)


def _change(distances: tuple[float, ...], rows: int = 1000, evidence: float = 9) -> dict[str, str]:
    labels = {"feature": "amount", "role": "input", "window": "1h", "mode": "same_hour_7d"}
    result = {}
    for pod, size in zip("abc", distances, strict=False):
        place = {**POD, "pod": pod, "model": "fraud", "version": "1"}
        for metric, value in (
            (names.CHANGE_DEBIASED, size),
            (names.CHANGE_EVIDENCE, evidence),
            (names.CHANGE_SAMPLES, rows),
        ):
            result[series(metric.name, place, **labels)] = f"{value}x30"
        result[series(names.DRIFT_EVIDENCE_THRESHOLD.name, place, window="1h")] = "6x30"
    return result


_CHANGED = Fires(
    "warning",
    {**_PLACE, "window": "1h", "mode": "same_hour_7d"},
    "50% of the pods of shop/fraud version 1 say that input amount over 1h differs from its own past (same_hour_7d).",
    _PAGE,
)

CHANGE = (
    Case("DriftgaugeSuddenChange", "half of the pods", _change((0.3, 0.0)), ("14m",), {"15m": (_CHANGED,)}),
    Case("DriftgaugeSuddenChange", "one of three", _change((0.3, 0.0, 0.0)), ("15m", "30m")),
    Case("DriftgaugeSuddenChange", "too few rows", _change((0.3, 0.3), rows=50), ("15m", "30m")),
    Case("DriftgaugeSuddenChange", "not sure enough", _change((0.3, 0.3), evidence=3), ("15m", "30m")),
)

CASES = (*PODS, *CHANGE)
