"""Cases of the exporters themselves."""

from __future__ import annotations

from driftgauge import names
from driftgauge.names import Metric
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

POD_PAGE = "driftgauge-exporter?var-namespace=shop&var-pod=a"
MODEL_PAGE = f"driftgauge-model?{PLACE_LINK}"
JOB = "shop/driftgauge"


def _pod(severity: str, text: str, **labels: str) -> Fires:
    return Fires(severity, {**POD, **labels}, text, POD_PAGE)


def _up(**values: str) -> dict[str, str]:
    return {series("up", {"namespace": "shop", "job": JOB, "pod": pod}): value for pod, value in values.items()}


def _down(severity: str, share: str) -> Fires:
    text = f"{share} of the scrapes of {JOB} in shop failed in the last five minutes."
    return Fires(severity, {"namespace": "shop", "job": JOB}, text, "driftgauge-exporter?var-namespace=shop")


_FIVE = dict.fromkeys("bcde", "1x30")

UP = (
    Case(
        "DriftgaugeExporterDown",
        "one of five is down: a ticket",
        _up(a="0x30", **_FIVE),
        ("4m",),
        {"5m": (_down("warning", "20%"),)},
    ),
    Case(
        "DriftgaugeExporterDown",
        "all are down: pages",
        _up(a="0x30"),
        ("4m",),
        {"5m": (_down("critical", "100%"), _down("warning", "100%"))},
    ),
    Case("DriftgaugeExporterDown", "one missed scrape of five", _up(a="1x9 0 1x20", **_FIVE), ("10m", "15m", "20m")),
    Case(
        "DriftgaugeExporterPodDown",
        "no scrape for five minutes",
        _up(a="1x9 0x20"),
        ("15m",),
        {"16m": (_pod("info", "No scrape of shop/a has succeeded for five minutes."),)},
    ),
    Case("DriftgaugeExporterPodDown", "a missed scrape", _up(a="1x9 0x2 1x20"), ("11m", "13m", "20m")),
    Case(
        "DriftgaugeExporterPodDown",
        "something else is down",
        {series("up", {"namespace": "shop", "job": "db", "pod": "a"}): "0x30"},
        ("20m",),
    ),
)


def _bare(metric: Metric, **labels: str) -> str:
    return series(metric.name, POD, **labels)


CONFIGURATION = (
    Case(
        "DriftgaugeConfigInvalid",
        "started degraded; a missed scrape does not hide it",
        {_bare(names.CONFIG_VALID): "0x2 _ 0x10"},
        ("4m",),
        {"5m": (_pod("warning", "The configuration of shop/a is invalid; its log says why."),)},
    ),
    Case("DriftgaugeConfigInvalid", "valid", {_bare(names.CONFIG_VALID): "1x20"}, ("5m", "20m")),
    Case(
        "DriftgaugeReloadFailed",
        "a bad file while the old configuration runs",
        {_bare(names.CONFIG_RELOAD_SUCCESS): "0x20", _bare(names.CONFIG_VALID): "1x20"},
        ("4m",),
        {"5m": (_pod("warning", "The last reload of the configuration of shop/a failed; its log says why."),)},
    ),
    Case(
        "DriftgaugeReloadFailed",
        "an invalid configuration has an alert of its own",
        {_bare(names.CONFIG_RELOAD_SUCCESS): "0x20", _bare(names.CONFIG_VALID): "0x20"},
        ("5m", "20m"),
    ),
    Case(
        "DriftgaugeReloadFailed",
        "mended within two minutes",
        {_bare(names.CONFIG_RELOAD_SUCCESS): "0x2 1x20", _bare(names.CONFIG_VALID): "1x23"},
        ("5m", "20m"),
    ),
)


def _lost(lost: Metric, taken: Metric, reason: str, values: str, others: str) -> dict[str, str]:
    return {_bare(lost, reason=reason): values, _bare(taken, format="application/json"): others}


DROPPED = (names.INGEST_DROPPED, names.INGEST_BATCHES, "queue_full")
REJECTED = (names.INGEST_REJECTED_ROWS, names.INGEST_ROWS, "timestamp")

INPUT = (
    Case(
        "DriftgaugeInputDropped",
        "one body in ten is refused",
        _lost(*DROPPED, "0+60x30", "0+540x30"),
        ("10m",),
        {"11m": (_pod("warning", "shop/a refuses 10% of the bodies sent to it: queue_full.", reason="queue_full"),)},
    ),
    Case("DriftgaugeInputDropped", "one in a thousand", _lost(*DROPPED, "0+1x30", "0+999x30"), ("11m", "30m")),
    Case("DriftgaugeInputDropped", "no traffic", _lost(*DROPPED, "60x30", "540x30"), ("11m", "30m")),
    Case(
        "DriftgaugeInputDropped",
        "a restart looks like nothing",
        _lost(*DROPPED, "50x15 0x20", "0+540x15 0+540x20"),
        ("11m", "30m"),
    ),
    Case(
        "DriftgaugeRowsRejected",
        "one row in ten is unusable; a missed scrape does not reset it",
        _lost(*REJECTED, "0+60x5 _ 420+60x30", "0+540x5 _ 3780+540x30"),
        ("10m",),
        {"11m": (_pod("warning", "shop/a cannot use 10% of the rows sent to it: timestamp.", reason="timestamp"),)},
    ),
    Case("DriftgaugeRowsRejected", "a few", _lost(*REJECTED, "0+1x30", "0+999x30"), ("11m", "30m")),
    Case("DriftgaugeRowsRejected", "no traffic", _lost(*REJECTED, "60x30", "540x30"), ("11m", "30m")),
    Case(
        "DriftgaugeCollectErrors",
        "every evaluation fails",
        {_bare(names.COLLECT_ERRORS): "0+4x30"},
        ("5m",),
        {"20m": (_pod("warning", "60 evaluations or renderings of shop/a failed in 15 minutes; its log says why."),)},
    ),
    Case("DriftgaugeCollectErrors", "one odd moment", {_bare(names.COLLECT_ERRORS): "0x5 1x30"}, ("11m", "30m")),
    Case(
        "DriftgaugeCollectErrors",
        "failures of long ago, and a restart",
        {_bare(names.COLLECT_ERRORS): "90x10 0x20"},
        ("20m",),
    ),
    Case(
        "DriftgaugeSeriesSuppressed",
        "a limit is reached",
        {_bare(names.SERIES_SUPPRESSED, reason="series_limit"): "500x30"},
        ("14m",),
        {"15m": (_pod("warning", "shop/a has left out 500 series: series_limit.", reason="series_limit"),)},
    ),
    Case(
        "DriftgaugeSeriesSuppressed", "none", {_bare(names.SERIES_SUPPRESSED, reason="series_limit"): "0x30"}, ("15m",)
    ),
)


def _late(reason: str, values: str, rows: str = "0+600x30") -> dict[str, str]:
    return {series(names.LATE_OBSERVATIONS.name, reason=reason): values, series(names.PREDICTIONS.name): rows}


def _time(alert: str, reason: str, what: str) -> tuple[Case, ...]:
    text = f"5% of the rows of shop/fraud version 1 in pod a {what}."
    fires = Fires("warning", {**PLACE, "pod": "a"}, text, MODEL_PAGE)
    other = {"late": "future", "future": "late"}[reason]
    return (
        Case(alert, "one row in twenty", _late(reason, "0+30x30"), ("15m",), {"16m": (fires,)}),
        Case(alert, "a few", _late(reason, "0+1x30"), ("16m", "30m")),
        Case(alert, "no traffic", _late(reason, "30x30", "600x30"), ("16m", "30m")),
        Case(alert, "the other way", _late(other, "0+30x30"), ("16m", "30m")),
    )


CASES = (
    *UP,
    *CONFIGURATION,
    *INPUT,
    *_time("DriftgaugeLateData", "late", "are older than the allowed lateness and left out"),
    *_time("DriftgaugeClockSkew", "future", "are dated ahead of the exporter's clock and left out"),
)
