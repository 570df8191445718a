"""Cases of the service alerts."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

REQUESTS, FAILURES, BUCKET = names.REQUESTS.name, names.REQUEST_FAILURES.name, f"{names.REQUEST_DURATION.name}_bucket"
MODEL_PAGE = f"driftgauge-model?{PLACE_LINK}"


def _errors(severity: str, share: str) -> Fires:
    text = f"{share} of the requests to shop/fraud version 1 failed in the last hour, and it goes on."
    return Fires(severity, {**PLACE, "window": "1h"}, text, MODEL_PAGE)


def _failing(requests: str, failures: str) -> dict[str, str]:
    return {series(REQUESTS): requests, series(FAILURES, reason="error"): failures}


def _slow(fast: str, total: str, severity: str, threshold: str = "0.1x80") -> dict[str, str]:
    return {
        series(REQUESTS): total,
        series(BUCKET, le="0.1"): fast,
        series(BUCKET, le="0.5"): total,
        series(BUCKET, le="+Inf"): total,
        series(names.LATENCY_THRESHOLD.name, severity=severity): threshold,
    }


def _latency(severity: str, percent: int, windows: tuple[str, str], burn: str, value: str) -> Fires:
    long, short = windows
    text = (
        f"{percent} % of the requests to shop/fraud version 1 took longer than the objective's threshold over {long} and "
        f"over {short}: the budget of 5 % burns {burn} times too fast. The fastest of them took {value}."
    )
    return Fires(severity, {**PLACE, "long": long, "short": short}, text, MODEL_PAGE)


_PAGES = (
    _latency("critical", 72, ("1h", "5m"), "14.4", "212ms"),
    _latency("critical", 30, ("6h", "30m"), "6", "380ms"),
)
_TICKETS = (
    _latency("warning", 15, ("24h", "2h"), "3", "200ms"),
    _latency("warning", 5, ("3d", "6h"), "1", "400ms"),
)
# the first four minutes of a rate over five are short: (2 + 4 + 6 + 8 + 56 x 10) / 60 = 9.667
_GONE = Fires(
    "critical",
    {"namespace": "shop", "model": "fraud"},
    "shop/fraud, all versions together, has less than 5 % of its usual 9.667 requests per second (the day's average).",
    "driftgauge-model?var-namespace=shop&var-model=fraud",
)
_SILENT = Fires(
    "warning",
    {**PLACE, "pod": "b"},
    "Pod b has reported no request of shop/fraud version 1 in the last 30 minutes.",
    "driftgauge-exporter?var-namespace=shop&var-pod=b",
)
_OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}

ERRORS = (
    Case(
        "DriftgaugeErrorRatio",
        "a tenth of the requests fails: pages after two minutes",
        _failing("0+600x20", "0+60x20"),
        ("2m",),
        {"3m": (_errors("critical", "10%"), _errors("warning", "10%"))},
    ),
    Case(
        "DriftgaugeErrorRatio",
        "one in fifty fails: a ticket",
        _failing("0+600x20", "0+12x20"),
        ("2m",),
        {"3m": (_errors("warning", "2%"),)},
    ),
    Case(
        "DriftgaugeErrorRatio",
        "a missed scrape does not reset it",
        _failing("0+600x1 _ 1800+600x18", "0+60x1 _ 180+60x18"),
        ("2m",),
        {"3m": (_errors("critical", "10%"), _errors("warning", "10%"))},
    ),
    Case(
        "DriftgaugeErrorRatio",
        "a restarted exporter does not look like failures",
        _failing("0+600x20 600+600x20", "0+0x40"),
        ("21m", "25m", "40m"),
    ),
    Case("DriftgaugeErrorRatio", "too few requests say nothing", _failing("0+1x60", "0+1x60"), ("30m", "59m")),
    Case("DriftgaugeErrorRatio", "no traffic, no errors", _failing("600x60", "300x60"), ("30m", "59m")),
    Case("DriftgaugeErrorRatio", "errors that are over end it", _failing("0+600x60", "0+60x20 1200x40"), ("50m",)),
)
LATENCY = (
    Case(
        "DriftgaugeLatency",
        "everything is slow: pages after two minutes",
        _slow("0x80", "0+600x80", "critical"),
        ("2m",),
        {"3m": _PAGES},
    ),
    Case(
        "DriftgaugeLatency",
        "a fifth is slow: a ticket",
        _slow("0+480x80", "0+600x80", "warning"),
        ("2m",),
        {"3m": _TICKETS},
    ),
    Case("DriftgaugeLatency", "within the budget", _slow("0+576x80", "0+600x80", "warning"), ("3m", "80m")),
    Case(
        "DriftgaugeLatency",
        "without an objective there is nothing to miss",
        _slow("0x80", "0+600x80", "critical", "_x80"),
        ("60m",),
    ),
    Case("DriftgaugeLatency", "too few requests say nothing", _slow("0x80", "0+1x80", "critical"), ("60m",)),
    Case("DriftgaugeLatency", "no traffic", _slow("0x80", "600x80", "critical"), ("60m",)),
    Case(
        "DriftgaugeLatency",
        "missed scrapes do not reset it",
        _slow("0 0 _ 0x80", "0 600 _ 1800+600x80", "critical", "0.1 0.1 _ 0.1x80"),
        ("2m",),
        {"3m": _PAGES},
    ),
)
TRAFFIC = (
    Case(
        "DriftgaugeTrafficGone",
        "requests stop: pages after a quarter of an hour",
        {series(REQUESTS): "0+600x60 36000x60"},
        ("60m", "74m"),
        {"75m": (_GONE,)},
    ),
    Case(
        "DriftgaugeTrafficGone",
        "all pods vanish: pages too",
        {series(REQUESTS): "0+600x60"},
        ("60m", "74m"),
        {"75m": (_GONE,)},
    ),
    Case(
        "DriftgaugeTrafficGone",
        "an hour as quiet as the day before is no loss",
        {series(REQUESTS): "0+600x720 432000x720 432000+600x720 864000x120"},
        ("2240m", "2270m"),
    ),
    Case(
        "DriftgaugeTrafficGone",
        "a request a minute is no traffic to miss",
        {series(REQUESTS): "0+1x60 60x60"},
        ("75m", "100m"),
    ),
    Case(
        "DriftgaugeTrafficGone",
        "another version takes over",
        {series(REQUESTS): "0+600x60", series(REQUESTS, version="2"): "_x60 0+600x60"},
        ("75m", "100m"),
    ),
    Case(
        "DriftgaugeTrafficGone",
        "a missed scrape is no gap",
        {series(REQUESTS): "0+600x60 _x2 37800+600x60"},
        ("63m", "80m"),
    ),
    Case(
        "DriftgaugePodSilent",
        "one of two pods reports nothing",
        {series(REQUESTS): "0+600x60", series(REQUESTS, _OTHER): "0x60"},
        ("15m",),
        {"16m": (_SILENT,)},
    ),
    Case(
        "DriftgaugePodSilent",
        "nobody reports anything: that is not the pod",
        {series(REQUESTS): "600x60", series(REQUESTS, _OTHER): "0x60"},
        ("16m", "60m"),
    ),
    Case(
        "DriftgaugePodSilent",
        "too little traffic to tell",
        {series(REQUESTS): "0+1x60", series(REQUESTS, _OTHER): "0x60"},
        ("16m", "60m"),
    ),
    Case(
        "DriftgaugeNothingObserved",
        "a configured model is never used",
        {series(REQUESTS): "0x80"},
        ("59m",),
        {
            "60m": (
                Fires(
                    "info",
                    PLACE,
                    "No exporter has seen a request of shop/fraud version 1 since it started.",
                    MODEL_PAGE,
                ),
            )
        },
    ),
    Case("DriftgaugeNothingObserved", "used once, then idle", {series(REQUESTS): "0x10 1x80"}, ("80m",)),
)

CASES = (*ERRORS, *LATENCY, *TRAFFIC)
