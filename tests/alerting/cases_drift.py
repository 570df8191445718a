"""Cases of the drift alerts.

Expected distances are worked out here from their definition, with a million rows a minute and as many in the reference, so
that the noise is below the third decimal.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import jensenshannon

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, Case, Fires, series

__all__ = ["CASES", "SAME", "column", "model"]

REFERENCE = (0.25, 0.25, 0.25, 0.25)
#: shares of the bins
SAME, SLIGHT, FAR = REFERENCE, (0.4, 0.3, 0.15, 0.15), (0.7, 0.1, 0.1, 0.1)
ROWS = 1_000_000
MINUTES = 40
BINS = ("00", "01", "02", "missing")


def distance(shares: tuple[float, ...], others: tuple[float, ...] = REFERENCE) -> str:
    """Return the Jensen-Shannon distance as an alert writes it."""
    return f"{float(jensenshannon(np.array(shares), np.array(others), base=2)):.3f}"


def model(minutes: int = MINUTES, evidence: float = 6, reference: str = "r1", **labels: str) -> dict[str, str]:
    """Return what a model has besides its columns."""
    info = {"reference": reference, "mode": "file"}
    return {
        series(names.REQUESTS.name, **labels): f"0+600x{minutes}",
        series(names.REFERENCE_INFO.name, **labels, **info): f"1x{minutes}",
        series(names.REFERENCE_SAMPLES.name, **labels): f"{ROWS}x{minutes}",
        **{
            series(names.DRIFT_EVIDENCE_THRESHOLD.name, **labels, window=window): f"{evidence}x{minutes}"
            for window in ("1h", "6h", "24h")
        },
    }


def column(
    shares: tuple[float, ...], feature: str = "amount", rows: float = ROWS, values: str = "0+{}x40", **labels: str
) -> dict[str, str]:
    """Return the bins of a column and its thresholds; *values* has a place for the values a minute in a bin."""
    own = {"role": "input", "reference": "r1"} | labels
    place = {key: value for key, value in own.items() if key != "reference"}
    result = {}
    for label, share, before in zip(BINS, shares, REFERENCE, strict=True):
        result[series(names.FEATURE_VALUES.name, **own, feature=feature, bin=label)] = values.replace(
            "{}", f"{share * rows:.0f}"
        )
        result[series(names.FEATURE_REFERENCE_RATIO.name, **own, feature=feature, bin=label)] = f"{before}x2500"
    for severity, size in (("warning", 0.1), ("critical", 0.2)):
        result[series(names.DRIFT_THRESHOLD.name, **place, feature=feature, window="24h", severity=severity)] = (
            f"{size}x2500"
        )
    return result


def guard(size: float, feature: str = "amount") -> dict[str, str]:
    """Return the threshold of the last hour."""
    labels = {"feature": feature, "role": "input", "window": "1h", "severity": "critical"}
    return {series(names.DRIFT_THRESHOLD.name, **labels): f"{size}x2500"}


def _drifted(severity: str, shares: tuple[float, ...], role: str = "input", **more: str) -> Fires:
    labels = {**PLACE, "feature": "amount", "role": role, "reference": "r1", "window": "24h"} | more
    word = {"input": "Feature", "output": "Output"}[role]
    text = (
        f"{word} amount of shop/fraud version 1 is at a debiased Jensen-Shannon distance of {distance(shares)} (0 same, "
        f"1 disjoint) from reference {labels['reference']} over {labels['window']}, all pods together."
    )
    return Fires(severity, labels, text, f"driftgauge-feature?{PLACE_LINK}&var-feature=amount")


_BOTH = (_drifted("critical", FAR), _drifted("warning", FAR))

FEATURE = (
    Case("DriftgaugeFeatureDrift", "far from the reference: pages", model() | column(FAR), ("15m",), {"16m": _BOTH}),
    Case(
        "DriftgaugeFeatureDrift",
        "a little off: a ticket",
        model() | column(SLIGHT),
        ("15m",),
        {"16m": (_drifted("warning", SLIGHT),)},
    ),
    Case("DriftgaugeFeatureDrift", "as the reference", model() | column(SAME), ("16m", "24m")),
    Case("DriftgaugeFeatureDrift", "no traffic is no drift", model() | column(FAR, values="{}x40"), ("16m", "24m")),
    Case("DriftgaugeFeatureDrift", "too few values to judge", model() | column(FAR, rows=10), ("16m", "24m")),
    Case("DriftgaugeFeatureDrift", "not sure enough", model(evidence=301) | column(FAR), ("16m", "24m")),
    Case(
        "DriftgaugeFeatureDrift",
        "missed scrapes do not reset it",
        model() | column(FAR, values="0 {} _ {} {}+{}x36"),
        ("15m",),
        {"16m": _BOTH},
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "a restart neither starts nor ends it",
        model() | column(FAR, values="0+{}x9 {}+{}x30"),
        ("15m",),
        {"16m": _BOTH},
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "a restart without drift",
        model() | column(SAME, values="0+{}x9 {}+{}x30"),
        ("16m", "24m"),
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "the last hour pages where the shift is beyond any daily cycle",
        model() | column((1, 0, 0, 0)) | guard(0.4),
        ("15m",),
        {
            "16m": tuple(
                _drifted(severity, (1, 0, 0, 0), window=window)
                for severity in ("critical", "warning")
                for window in ("1h", "24h")
            )
        },
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "the last hour does not page for less, whatever a pod's own threshold is",
        model() | column(FAR) | guard(0.2),
        ("15m",),
        {"16m": _BOTH},
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "two references in a rollout do not mix",
        model() | column(FAR) | model(pod="b", reference="r2") | column(SAME, pod="b", reference="r2"),
        ("15m",),
        {"16m": _BOTH},
    ),
    Case(
        "DriftgaugeFeatureDrift",
        "wide scatter takes the evidence away",
        model(evidence=20)
        | column(SLIGHT, rows=400)
        | {series(names.DRIFT_DISPERSION.name, feature="amount", role="input", window="24h"): "50x40"},
        ("40m",),
    ),
)
PREDICTION = (
    Case(
        "DriftgaugePredictionDrift",
        "far from the reference: pages",
        model() | column(FAR, role="output"),
        ("15m",),
        {"16m": (_drifted("critical", FAR, "output"), _drifted("warning", FAR, "output"))},
    ),
    Case("DriftgaugePredictionDrift", "an input is no prediction", model() | column(FAR), ("16m", "24m")),
    Case(
        "DriftgaugePredictionDrift", "no traffic", model() | column(FAR, role="output", values="{}x40"), ("16m", "24m")
    ),
)


def _columns(*shares: tuple[float, ...]) -> dict[str, str]:
    result = model()
    for number, share in enumerate(shares):
        result |= column(share, feature=f"f{number}")
    return result


def _many(severity: str, share: str) -> Fires:
    text = f"{share} of the judged features of shop/fraud version 1 have drifted over 24h."
    return Fires(severity, PLACE, text, f"driftgauge-model?{PLACE_LINK}")


MANY = (
    Case(
        "DriftgaugeManyFeaturesDrifted",
        "three of four: pages",
        _columns(FAR, FAR, SLIGHT, SAME),
        ("15m",),
        {"16m": (_many("critical", "75%"), _many("warning", "75%"))},
    ),
    Case(
        "DriftgaugeManyFeaturesDrifted",
        "three of eight: a ticket",
        _columns(FAR, FAR, SLIGHT, SAME, SAME, SAME, SAME, SAME),
        ("15m",),
        {"16m": (_many("warning", "37.5%"),)},
    ),
    Case("DriftgaugeManyFeaturesDrifted", "two are not many", _columns(FAR, FAR, SAME, SAME), ("16m", "24m")),
)


def _versions(canary: tuple[float, ...], **more: str) -> dict[str, str]:
    second = {"version": "2", "pod": "b"} | more
    reference = second.get("reference", "r1")
    return (
        model()
        | column(SAME)
        | model(version="2", pod="b", reference=reference)
        | column(canary, rows=ROWS / 10, **second)
    )


def _canary(shares: tuple[float, ...]) -> Fires:
    labels = PLACE | {
        "version": "2",
        "baseline": "1",
        "feature": "amount",
        "role": "input",
        "reference": "r1",
        "window": "6h",
    }
    text = (
        f"input amount of shop/fraud version 2 is at a debiased Jensen-Shannon distance of {distance(shares)} (0 same, "
        "1 disjoint) from version 1 over the time of the last 6h in which both ran."
    )
    link = "driftgauge-model?var-namespace=shop&var-model=fraud&var-version=2"
    return Fires("warning", labels, text, link)


CANARY = (
    Case("DriftgaugeCanaryDiffers", "a canary sees other inputs", _versions(FAR), ("10m",), {"11m": (_canary(FAR),)}),
    Case("DriftgaugeCanaryDiffers", "a canary sees the same inputs", _versions(SAME), ("11m", "24m")),
    Case(
        "DriftgaugeCanaryDiffers",
        "another reference cannot be compared",
        _versions(FAR, reference="r2"),
        ("11m", "24m"),
    ),
    Case("DriftgaugeCanaryDiffers", "an old version without traffic", _versions(FAR, values="{}x40"), ("11m", "24m")),
    Case(
        "DriftgaugeCanaryDiffers",
        "what the stable version saw before is not held against the canary",
        model(120)
        | column((1, 0, 0, 0), values="0+{}x60 60000000x60")
        | column(SAME, values="0x60 0+{}x60", pod="c")
        | model(120, version="2", pod="b")
        | column(SAME, version="2", pod="b", values="_x66 0+{}x50", rows=ROWS / 10),
        ("80m", "115m"),
    ),
)

CASES = (*FEATURE, *PREDICTION, *MANY, *CANARY)
