"""Cases of the data quality and of the references."""

from __future__ import annotations

from driftgauge import names
from driftgauge.names import Metric
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

COLUMN = {"feature": "amount", "role": "input"}
FEATURE_PAGE = f"driftgauge-feature?{PLACE_LINK}&var-feature=amount"
MODEL_PAGE = f"driftgauge-model?{PLACE_LINK}"
_OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}


def _share(metric: Metric, share: str, rows: str = "1000x60", other: tuple[str, str] | None = None) -> dict[str, str]:
    result = {
        series(metric.name, **COLUMN, window="24h"): share,
        series(names.DRIFT_SAMPLES.name, **COLUMN, window="24h"): rows,
    }
    if other:
        result[series(metric.name, _OTHER, **COLUMN, window="24h")] = other[0]
        result[series(names.DRIFT_SAMPLES.name, _OTHER, **COLUMN, window="24h")] = other[1]
    return result


def _with_reference(share: str) -> dict[str, str]:
    return {series(names.FEATURE_REFERENCE_MISSING_RATIO.name, **COLUMN): share}


def _fires(text: str) -> Fires:
    return Fires("warning", {**PLACE, **COLUMN, "window": "24h"}, text, FEATURE_PAGE)


def _missing(share: str) -> Fires:
    return _fires(
        f"{share} more of the values of input amount of shop/fraud version 1 than in the reference are missing over 24h."
    )


def _stuck(status: str, ratio: str = "0.27x60", pod: dict[str, str] | None = None) -> dict[str, str]:
    return {
        series(names.DRIFT_STUCK_STATUS.name, pod, **COLUMN): status,
        series(names.DRIFT_STUCK_RATIO.name, pod, **COLUMN): ratio,
    }


_STAYS = Fires(
    "warning",
    {**PLACE, **COLUMN},
    "One value of input amount of shop/fraud version 1 holds 27% of the rows more than in the reference, in at least 80% of the last "
    "72 hours, by the pod where it holds most.",
    FEATURE_PAGE,
)
_STUCK = "DriftgaugeValueStuck"


_WORDS = {
    "DriftgaugeUnseenCategories": (names.FEATURE_UNSEEN_RATIO, "are categories that the reference did not have"),
    "DriftgaugeOutOfRange": (names.FEATURE_OUT_OF_RANGE_RATIO, "are outside the range of the reference"),
}


def _simple(alert: str) -> tuple[Case, ...]:
    metric, what = _WORDS[alert]
    fires = _fires(f"5% of the values of input amount of shop/fraud version 1 over 24h {what}.")
    return (
        Case(alert, "one in twenty", _share(metric, "0.05x60"), ("29m",), {"30m": (fires,)}),
        Case(alert, "one in a hundred is no ticket", _share(metric, "0.01x60"), ("60m",)),
        Case(alert, "too few rows", _share(metric, "0.05x60", "400x60"), ("60m",)),
        Case(
            alert, "a missed scrape does not reset it", _share(metric, "0.05x9 _ 0.05x60"), ("29m",), {"30m": (fires,)}
        ),
    )


MISSING = (
    Case(
        "DriftgaugeMissingValues",
        "more than in the reference",
        _share(names.FEATURE_MISSING_RATIO, "0.05x60") | _with_reference("0.01x60"),
        ("29m",),
        {"30m": (_missing("4%"),)},
    ),
    Case(
        "DriftgaugeMissingValues",
        "nothing was missing in the reference",
        _share(names.FEATURE_MISSING_RATIO, "0.05x60") | _with_reference("0x60"),
        ("29m",),
        {"30m": (_missing("5%"),)},
    ),
    Case(
        "DriftgaugeMissingValues",
        "the share of the reference is not known",
        _share(names.FEATURE_MISSING_RATIO, "0.05x60"),
        ("30m", "60m"),
    ),
    Case(
        "DriftgaugeMissingValues",
        "as many as in the reference",
        _share(names.FEATURE_MISSING_RATIO, "0.05x60") | _with_reference("0.05x60"),
        ("30m", "60m"),
    ),
    Case(
        "DriftgaugeMissingValues",
        "a small pod does not speak for the fleet",
        _share(names.FEATURE_MISSING_RATIO, "0.05x60", other=("0x60", "9000x60")),
        ("30m", "60m"),
    ),
    Case("DriftgaugeMissingValues", "too few rows", _share(names.FEATURE_MISSING_RATIO, "0.05x60", "400x60"), ("60m",)),
)


def _schema(violations: str, rows: str) -> dict[str, str]:
    labels = {"feature": "amount", "reason": "wrong_type"}
    return {series(names.SCHEMA_VIOLATIONS.name, **labels): violations, series(names.PREDICTIONS.name): rows}


SCHEMA = (
    Case(
        "DriftgaugeSchemaViolations",
        "one row in twenty",
        _schema("0+30x60", "0+600x60"),
        ("15m",),
        {
            "16m": (
                Fires(
                    "warning",
                    {**PLACE, "feature": "amount", "reason": "wrong_type"},
                    "wrong_type of column amount of shop/fraud version 1 in 5% of the rows.",
                    FEATURE_PAGE,
                ),
            )
        },
    ),
    Case("DriftgaugeSchemaViolations", "a few odd rows", _schema("0+1x60", "0+600x60"), ("60m",)),
    Case("DriftgaugeSchemaViolations", "no traffic", _schema("30x60", "600x60"), ("60m",)),
    Case("DriftgaugeSchemaViolations", "a restart", _schema("0+1x20 1+1x40", "0+600x20 600+600x40"), ("30m", "60m")),
)


def _confidence(now: str, rows: str = "1000x60", usual: str = "0.9x60") -> dict[str, str]:
    column = {"feature": "confidence.top1", "role": "output"}
    return {
        series(names.CONFIDENCE_TOP1_RATIO.name, window="24h"): now,
        series(names.CONFIDENCE_REFERENCE_RATIO.name): usual,
        series(names.DRIFT_SAMPLES.name, **column, window="24h"): rows,
        series(names.DRIFT_SAMPLES.name, **COLUMN, window="24h"): "9x60",
    }


_LESS_SURE = Fires(
    "warning",
    {**PLACE, "window": "24h"},
    "The mean of the largest class probability of shop/fraud version 1 over 24h is 15% lower than in the reference.",
    MODEL_PAGE,
)
CONFIDENCE = (
    Case("DriftgaugeLowConfidence", "less sure", _confidence("0.75x60"), ("29m",), {"30m": (_LESS_SURE,)}),
    Case("DriftgaugeLowConfidence", "a little less sure", _confidence("0.85x60"), ("60m",)),
    Case("DriftgaugeLowConfidence", "surer", _confidence("0.99x60"), ("60m",)),
    Case("DriftgaugeLowConfidence", "too few rows", _confidence("0.75x60", "400x60"), ("60m",)),
    Case(
        "DriftgaugeLowConfidence",
        "a missed scrape does not reset it",
        _confidence("0.75x9 _ 0.75x60"),
        ("29m",),
        {"30m": (_LESS_SURE,)},
    ),
)


def _model(severity: str, text: str, **labels: str) -> Fires:
    return Fires(severity, {**PLACE, **labels}, text, MODEL_PAGE)


_INFO, _CREATED = names.REFERENCE_INFO.name, names.REFERENCE_CREATED.name
_LEARNED = {"reference": "r1", "mode": "learned"}
_FILE = {"reference": "r1", "mode": "file"}


def _learned_at(created: str, since: str) -> dict[str, str]:
    return {
        series(names.REQUESTS.name): "0+600x1600",
        series(_CREATED): f"_x{since} {created}x200",
        series(_INFO, **_LEARNED): f"_x{since} 1x200",
    }


REFERENCE = (
    Case(
        "DriftgaugeReferenceMissing",
        "a profile that cannot be read",
        {series(names.REQUESTS.name): "0x30"},
        ("14m",),
        {"15m": (_model("warning", "1 pods of shop/fraud version 1 have no reference and are learning none."),)},
    ),
    Case(
        "DriftgaugeReferenceMissing",
        "it has one, and a missed scrape",
        {series(names.REQUESTS.name): "0x30", series(_INFO, **_FILE): "1x10 _ 1x30"},
        ("15m", "30m"),
    ),
    Case(
        "DriftgaugeReferenceMissing",
        "it is learning one",
        {series(names.REQUESTS.name): "0x30", series(names.LEARNING_ROWS.name): "0+1x30"},
        ("15m", "30m"),
    ),
    Case(
        "DriftgaugeLearningTooLong",
        "a day was not enough",
        {series(names.LEARNING_ROWS.name): "500x1500", series(names.LEARNING_WANTED_ROWS.name): "10000x1500"},
        ("1439m",),
        {
            "1440m": (
                _model(
                    "warning",
                    "Pod a has learned 5% of the rows that it wants for a reference of shop/fraud version 1.",
                    pod="a",
                ),
            )
        },
    ),
    Case(
        "DriftgaugeLearningTooLong",
        "learned in half a day",
        {series(names.LEARNING_ROWS.name): "0+10x720", series(names.LEARNING_WANTED_ROWS.name): "10000x720"},
        ("719m", "1445m"),
    ),
    Case(
        "DriftgaugeLearnedAgain",
        "a version in use for a day learns anew",
        _learned_at("90000", "1500"),
        ("1504m",),
        {
            "1505m": (
                _model(
                    "warning",
                    "1 pods of shop/fraud version 1 have learned a new reference within the last hour, though the version has "
                    "been in use for more than a day.",
                ),
            )
        },
    ),
    Case(
        "DriftgaugeLearnedAgain", "a new version learns for the first time", _learned_at("3600", "60"), ("70m", "90m")
    ),
    Case(
        "DriftgaugeReferencesMixed",
        "half of the pods have another profile",
        {series(_INFO, **_FILE): "1x130", series(_INFO, _OTHER, **(_FILE | {"reference": "r2"})): "1x130"},
        ("119m",),
        {"120m": (_model("warning", "2 different references are in use for shop/fraud version 1."),)},
    ),
    Case(
        "DriftgaugeReferencesMixed",
        "a rollout of an hour",
        {series(_INFO, **_FILE): "1x60", series(_INFO, _OTHER, **(_FILE | {"reference": "r2"})): "1x130"},
        ("61m", "125m"),
    ),
    Case(
        "DriftgaugeReferenceMismatch",
        "a profile of another version",
        {series(names.REFERENCE_MISMATCH.name): "1x40"},
        ("14m",),
        {
            "15m": (
                _model(
                    "warning",
                    "1 pods of shop/fraud version 1 use a profile that says it was built for another model or version.",
                ),
            )
        },
    ),
    Case(
        "DriftgaugeReferenceMismatch",
        "the profile follows the model",
        {series(names.REFERENCE_MISMATCH.name): "1x10 0x30"},
        ("14m", "30m"),
    ),
)

STUCK = (
    Case(_STUCK, "one column", _stuck("2x60"), ("14m",), {"15m": (_STAYS,)}),
    Case(
        _STUCK,
        "in one pod of two, across a missed scrape",
        _stuck("1x9 _ 1x60", "0.27x9 _ 0.27x60") | _stuck("0x60", "0.01x60", _OTHER),
        ("14m",),
        {"15m": (_STAYS,)},
    ),
    Case(_STUCK, "the reference cannot calibrate it", _stuck("-1x60"), ("15m", "60m")),
    Case(_STUCK, "it is well", _stuck("0x60", "0.01x60"), ("15m", "60m")),
)

CASES = (
    *MISSING,
    *_simple("DriftgaugeUnseenCategories"),
    *_simple("DriftgaugeOutOfRange"),
    *STUCK,
    *SCHEMA,
    *CONFIDENCE,
    *REFERENCE,
)
