"""Cases of what labels say."""

from __future__ import annotations

from driftgauge import names
from driftgauge.names import Metric
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

MODEL_PAGE = f"driftgauge-model?{PLACE_LINK}"
OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}


def _of(metric: Metric, values: str, labels: dict[str, str] | None = None, **more: str) -> dict[str, str]:
    return {series(metric.name, labels, **more): values}


def _limits() -> dict[str, str]:
    """Return the thresholds that the exporter publishes."""
    given = {
        names.ACCURACY_DROP_THRESHOLD: "0.05",
        names.ERROR_INCREASE_THRESHOLD: "0.25",
        names.CALIBRATION_ERROR_THRESHOLD: "0.05",
        names.LABEL_EVIDENCE_THRESHOLD: "4",
        names.LABEL_SAMPLES_THRESHOLD: "300",
    }
    return {series(metric.name): f"{value}x90" for metric, value in given.items()}


def _fires(text: str, **labels: str) -> Fires:
    return Fires("warning", {**PLACE, **labels}, text, MODEL_PAGE)


def _accuracy(
    values: str, samples: str = "1000x90", other: tuple[str, str] | None = None, window: str = "24h"
) -> dict[str, str]:
    result = (
        _limits()
        | _of(names.REFERENCE_ACCURACY_RATIO, "0.9x90")
        | _of(names.REFERENCE_LABELLED_SAMPLES, "5000x90")
        | _of(names.ACCURACY_RATIO, values, window=window)
        | _of(names.LABELLED_SAMPLES, samples, window=window)
    )
    if other:
        result |= _of(names.ACCURACY_RATIO, other[0], OTHER, window=window)
        result |= _of(names.LABELLED_SAMPLES, other[1], OTHER, window=window)
    return result


def _drop(share: str, window: str = "24h") -> Fires:
    text = f"The accuracy of shop/fraud version 1 over {window} is {share} lower than in the reference."
    return _fires(text, window=window)


def _errors(values: str, evidence: str = "9x90", samples: str = "1000x90") -> dict[str, str]:
    return (
        _limits()
        | _of(names.REFERENCE_MEAN_ABSOLUTE_ERROR, "10x90")
        | _of(names.MEAN_ABSOLUTE_ERROR, values, window="7d")
        | _of(names.MEAN_ABSOLUTE_ERROR_EVIDENCE, evidence, window="7d")
        | _of(names.LABELLED_SAMPLES, samples, window="7d")
    )


def _calibration(error: str, samples: str = "1000x90") -> dict[str, str]:
    return (
        _limits()
        | _of(names.CALIBRATION_ERROR, error, window="24h")
        | _of(names.CALIBRATION_ERROR_FLOOR, "0.02x90", window="24h")
        | _of(names.CALIBRATION_SAMPLES, samples, window="24h")
    )


_GROWN = _fires(
    "The mean absolute error of shop/fraud version 1 over 7d is 50% higher than in the reference.", window="7d"
)
_WORSE = _fires(
    "The calibration error of shop/fraud version 1 over 24h is 8% above what chance explains.", window="24h"
)
_GONE = _fires(
    "No label of shop/fraud version 1 has met a prediction within a day; there were some in the three days before."
)
#: a label a minute for a day, then none; predictions go on
_ONE_DAY = "0+1x1440 1440x3000"


def _gone(matched: str, predicted: str = "0+5x4440") -> dict[str, str]:
    return _of(names.LABELS_MATCHED, matched) | _of(names.LABEL_PREDICTIONS, predicted)


def _unmatched(lost: str, received: str = "0+1x90") -> dict[str, str]:
    return _of(names.LABELS_UNMATCHED, lost, reason="expired") | _of(names.LABELS, received)


def _coverage(values: str, threshold: str | None = "0.5x500") -> dict[str, str]:
    found = _of(names.LABEL_COVERAGE_RATIO, values, window="7d")
    return found if threshold is None else found | _of(names.LABEL_COVERAGE_THRESHOLD, threshold)


CASES = (
    Case("DriftgaugeAccuracyDrop", "a tenth lower", _accuracy("0.8x90"), ("29m",), {"30m": (_drop("10%"),)}),
    Case("DriftgaugeAccuracyDrop", "a little lower is no ticket", _accuracy("0.87x90"), ("60m",)),
    Case("DriftgaugeAccuracyDrop", "better", _accuracy("0.99x90"), ("60m",)),
    Case("DriftgaugeAccuracyDrop", "too few labels", _accuracy("0.8x90", "200x90"), ("60m",)),
    Case("DriftgaugeAccuracyDrop", "enough labels, too little evidence", _accuracy("0.845x90", "310x90"), ("60m",)),
    Case(
        "DriftgaugeAccuracyDrop",
        "the pods together",
        _accuracy("0.7x90", "1000x90", ("0.9x90", "1000x90")),
        ("29m",),
        {"30m": (_drop("10%"),)},
    ),
    Case("DriftgaugeAccuracyDrop", "one small pod", _accuracy("0.5x90", "50x90", ("0.9x90", "3000x90")), ("60m",)),
    Case("DriftgaugeAccuracyDrop", "a week", _accuracy("0.8x90", window="7d"), (), {"30m": (_drop("10%", "7d"),)}),
    Case("DriftgaugeAccuracyDrop", "an hour is not judged", _accuracy("0.5x90", window="1h"), ("60m",)),
    Case("DriftgaugeErrorsGrown", "half as much again", _errors("15x90"), ("29m",), {"30m": (_GROWN,)}),
    Case("DriftgaugeErrorsGrown", "a little more", _errors("12x90"), ("60m",)),
    Case("DriftgaugeErrorsGrown", "no evidence", _errors("15x90", "2x90"), ("60m",)),
    Case("DriftgaugeErrorsGrown", "too few labels", _errors("15x90", samples="200x90"), ("60m",)),
    Case("DriftgaugeMiscalibrated", "ten percent", _calibration("0.1x90"), ("29m",), {"30m": (_WORSE,)}),
    Case("DriftgaugeMiscalibrated", "what chance explains", _calibration("0.06x90"), ("60m",)),
    Case("DriftgaugeMiscalibrated", "too few labels", _calibration("0.1x90", "200x90"), ("60m",)),
    Case("DriftgaugeLabelsGone", "none for a day", _gone(_ONE_DAY), ("2870m",), {"2930m": (_GONE,)}),
    Case("DriftgaugeLabelsGone", "they come", _gone("0+1x4440"), ("2930m",)),
    Case("DriftgaugeLabelsGone", "nothing is predicted either", _gone(_ONE_DAY, "0+5x1440 7200x3000"), ("2930m",)),
    Case("DriftgaugeLabelsGone", "there never were any", _gone("0x4440"), ("2930m",)),
    Case(
        "DriftgaugeLabelsUnmatched",
        "half of them",
        _unmatched("0+5x90", "0+10x90"),
        ("30m",),
        {
            "60m": (
                _fires(
                    "50% of the labels of shop/fraud version 1 within a day found no prediction: expired.",
                    reason="expired",
                ),
            )
        },
    ),
    Case("DriftgaugeLabelsUnmatched", "a few", _unmatched("0+1x90", "0+20x90"), ("80m",)),
    Case("DriftgaugeLabelsUnmatched", "too few labels to say", _unmatched("0+1x90", "0+1x90"), ("80m",)),
    Case(
        "DriftgaugeLabelCoverage",
        "a third is labelled",
        _coverage("0.3x500"),
        ("350m",),
        {"360m": (_fires("30% of the predictions of shop/fraud version 1 over 7d have a label.", window="7d"),)},
    ),
    Case("DriftgaugeLabelCoverage", "enough are labelled", _coverage("0.6x500"), ("400m",)),
    Case("DriftgaugeLabelCoverage", "nobody asks for it", _coverage("0.3x500", None), ("400m",)),
)
