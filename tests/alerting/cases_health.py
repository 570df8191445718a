"""Cases of what the model itself says."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

_OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}
_PAGE = f"driftgauge-model?{PLACE_LINK}"


def _limits(value: float) -> dict[str, str]:
    return {
        series(names.ACCURACY_DROP_THRESHOLD.name): "0.05x60",
        series(names.ERROR_INCREASE_THRESHOLD.name): "0.25x60",
        series(names.LABEL_EVIDENCE_THRESHOLD.name): "4x60",
        series(names.ESTIMATED_ACCURACY_REFERENCE_RATIO.name): f"{value}x60",
        series(names.ESTIMATED_ERROR_REFERENCE.name): f"{value}x60",
    }


def _accuracy(
    value: str, evidence: str = "9x60", valid: str = "1x60", pod: dict[str, str] | None = None, window: str = "24h"
) -> dict[str, str]:
    return _limits(0.9) | {
        series(names.ESTIMATED_ACCURACY_RATIO.name, pod, window=window): value,
        series(names.ESTIMATED_ACCURACY_EVIDENCE.name, pod, window=window): evidence,
        series(names.ESTIMATED_ACCURACY_VALID.name, pod, window=window): valid,
    }


def _error(value: str, evidence: str = "9x60", valid: str = "1x60") -> dict[str, str]:
    return _limits(2) | {
        series(names.ESTIMATED_ERROR.name, window="24h"): value,
        series(names.ESTIMATED_ERROR_EVIDENCE.name, window="24h"): evidence,
        series(names.ESTIMATED_ERROR_VALID.name, window="24h"): valid,
    }


_DROP = "DriftgaugeEstimatedAccuracyDrop"
_GROWN = "DriftgaugeEstimatedErrorGrown"


def _fires(text: str) -> Fires:
    return Fires("warning", {**PLACE, "window": "24h"}, text, _PAGE)


_LOWER = _fires(
    "The accuracy to be expected of shop/fraud version 1 over 24h, without labels, is 10% lower than in the reference, if only the "
    "mix of inputs has changed."
)
_HIGHER = _fires(
    "The mean absolute error to be expected of shop/fraud version 1 over 24h, without labels, is 50% higher than in the reference, if "
    "only the mix of predictions has changed."
)

_MOVED = "DriftgaugeEmbeddingDrift"


def _embedding(status: str, distance: str = "0.12x60", pod: dict[str, str] | None = None) -> dict[str, str]:
    return {
        series(names.EMBEDDING_STATUS.name, pod, feature="review", window="24h"): status,
        series(names.EMBEDDING_RELATIVE.name, pod, feature="review", window="24h"): distance,
    }


_AWAY = Fires(
    "warning",
    {**PLACE, "feature": "review", "window": "24h"},
    "The mean of embedding review of shop/fraud version 1 over 24h has moved by 0.120 standard deviations of its features (0.05 warns, "
    "0.1 alerts).",
    _PAGE,
)

_WORDS = "DriftgaugeTokenDrift"


def _tokens(status: str, distance: str = "0.31x60", pod: dict[str, str] | None = None) -> dict[str, str]:
    return {
        series(names.TOKEN_STATUS.name, pod, feature="review", window="24h"): status,
        series(names.TOKEN_DEBIASED.name, pod, feature="review", window="24h"): distance,
    }


_OTHER_WORDS = Fires(
    "warning",
    {**PLACE, "feature": "review", "window": "24h"},
    "The tokens of review of shop/fraud version 1 over 24h are 0.31 away from those of the reference (Jensen-Shannon distance without what "
    "chance gives), or fewer than half of the most frequent ones are shared.",
    _PAGE,
)

_WORSE = "DriftgaugeLevelWorse"


def _changes(
    name: str, direction: str, counts: str, pod: dict[str, str] | None = None, detector: str = "adwin"
) -> dict[str, str]:
    where = {"series": name, "detector": detector}
    return {
        series(names.LEVEL_CHANGES.name, pod, **where, direction=direction): counts,
        series(names.LEVEL_SLOTS.name, pod, **where): "500x240",
    }


def _moved(name: str, share: str = "100%") -> Fires:
    return Fires(
        "warning",
        {**PLACE, "series": name},
        f"Detectors in {share} of the pods of shop/fraud version 1 have found within two hours that the level of {name} has changed for "
        "the worse.",
        _PAGE,
    )


_LATER = "0x9 1x240"

_ODD = "DriftgaugeAnomalies"


def _anomalies(
    ratio: str,
    samples: str = "10000x60",
    evidence: str = "40x60",
    pod: dict[str, str] | None = None,
    window: str = "24h",
) -> dict[str, str]:
    return {
        series(names.ANOMALY_REFERENCE_RATIO.name): "0.01x60",
        series(names.DRIFT_EVIDENCE_THRESHOLD.name, window=window): "6x60",
        series(names.ANOMALY_RATIO.name, pod, window=window): ratio,
        series(names.ANOMALY_SAMPLES.name, pod, window=window): samples,
        series(names.ANOMALY_EVIDENCE.name, pod, window=window): evidence,
    }


_MANY = Fires(
    "warning",
    {**PLACE, "window": "24h"},
    "8% of the rows of shop/fraud version 1 over 24h score beyond what 1% of the reference's rows did.",
    _PAGE,
)

CASES = (
    Case(
        _WORSE,
        "slower",
        _changes("latency", "up", _LATER),
        ("14m",),
        {"15m": (_moved("latency"),), "2h": (_moved("latency"),)},
    ),
    Case(_WORSE, "less sure", _changes("confidence", "down", _LATER), ("14m",), {"15m": (_moved("confidence"),)}),
    Case(_WORSE, "faster", _changes("latency", "down", _LATER), ("15m", "60m")),
    Case(_WORSE, "surer", _changes("confidence", "up", _LATER), ("15m", "60m")),
    Case(_WORSE, "no change", _changes("loss", "up", "3x240"), ("15m", "60m")),
    Case(_WORSE, "it is over hours later", _changes("loss", "up", _LATER), ("14m", "4h"), {"15m": (_moved("loss"),)}),
    Case(
        _WORSE,
        "by one detector of two, in one pod of two",
        _changes("loss", "up", _LATER)
        | _changes("loss", "up", "0x240", detector="kswin")
        | _changes("loss", "up", "0x240", _OTHER),
        ("14m",),
        {"15m": (_moved("loss", "50%"),)},
    ),
    Case(
        _WORSE,
        "in one pod of three",
        _changes("loss", "up", _LATER)
        | _changes("loss", "up", "0x240", _OTHER)
        | _changes("loss", "up", "0x240", _OTHER | {"pod": "c"}),
        ("15m", "60m"),
    ),
    Case(_ODD, "many anomalies", _anomalies("0.08x60"), ("29m",), {"30m": (_MANY,)}),
    Case(
        _ODD,
        "pods count by their rows, across a missed scrape",
        _anomalies("0.09x9 _ 0.09x60", "10000x9 _ 10000x60", "40x9 _ 40x60")
        | _anomalies("0.05x60", "3333.4x60", pod=_OTHER),
        ("29m",),
        {"30m": (_MANY,)},
    ),
    Case(_ODD, "a season", _anomalies("0.03x60"), ("30m", "60m")),
    Case(_ODD, "too few rows to be sure", _anomalies("0.08x60", "50x60", "2x60"), ("30m", "60m")),
    Case(_ODD, "an hour's window is not judged", _anomalies("0.5x60", window="1h"), ("30m", "60m")),
    Case(_MOVED, "one embedding", _embedding("2x60"), ("14m",), {"15m": (_AWAY,)}),
    Case(
        _MOVED,
        "in one pod of two, across a missed scrape",
        _embedding("1x9 _ 1x60", "0.12x9 _ 0.12x60") | _embedding("0x60", "0.01x60", _OTHER),
        ("14m",),
        {"15m": (_AWAY,)},
    ),
    Case(_MOVED, "it cannot be judged", _embedding("-1x60"), ("15m", "60m")),
    Case(_MOVED, "it is well", _embedding("0x60"), ("15m", "60m")),
    Case(_WORDS, "other words", _tokens("2x60"), ("14m",), {"15m": (_OTHER_WORDS,)}),
    Case(
        _WORDS,
        "in one pod of two, across a missed scrape",
        _tokens("1x9 _ 1x60", "0.31x9 _ 0.31x60") | _tokens("0x60", "0.01x60", _OTHER),
        ("14m",),
        {"15m": (_OTHER_WORDS,)},
    ),
    Case(_WORDS, "it cannot be judged", _tokens("-1x60"), ("15m", "60m")),
    Case(_WORDS, "the words are those of the reference", _tokens("0x60"), ("15m", "60m")),
    Case(_DROP, "harder rows", _accuracy("0.8x60"), ("29m",), {"30m": (_LOWER,)}),
    Case(
        _DROP,
        "across a missed scrape",
        _accuracy("0.8x9 _ 0.8x60", "9x9 _ 9x60", "1x9 _ 1x60"),
        ("29m",),
        {"30m": (_LOWER,)},
    ),
    Case(
        _DROP,
        "another pod's estimate is not valid and does not count",
        _accuracy("0.8x60") | _accuracy("0.95x60", valid="0x60", pod=_OTHER),
        ("29m",),
        {"30m": (_LOWER,)},
    ),
    Case(_DROP, "not valid", _accuracy("0.5x60", valid="0x60"), ("30m", "60m")),
    Case(_DROP, "a small drop", _accuracy("0.87x60"), ("30m", "60m")),
    Case(_DROP, "too little evidence", _accuracy("0.8x60", "3x60"), ("30m", "60m")),
    Case(_DROP, "an hour's window is not judged", _accuracy("0.5x60", window="1h"), ("30m", "60m")),
    Case(_GROWN, "larger predictions", _error("3x60"), ("29m",), {"30m": (_HIGHER,)}),
    Case(_GROWN, "not valid", _error("3x60", valid="0x60"), ("30m", "60m")),
    Case(_GROWN, "a little larger", _error("2.2x60"), ("30m", "60m")),
)
