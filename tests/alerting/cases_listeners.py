"""Cases of the exporters' listeners."""

from __future__ import annotations

from driftgauge import names
from driftgauge.names import Metric
from tests.alerting.rig import POD, Case, Fires, series

__all__ = ["CASES"]

POD_PAGE = "driftgauge-exporter?var-namespace=shop&var-pod=a"
INGEST = {"listener": "ingest"}


def _fires(text: str) -> Fires:
    return Fires("warning", {**POD, **INGEST}, text, POD_PAGE)


def _of(metric: Metric, values: str) -> dict[str, str]:
    return {series(metric.name, POD, **INGEST): values, series(metric.name, POD, listener="metrics"): "0x60"}


CASES = (
    Case(
        "DriftgaugeListenerInsecure",
        "said so in the configuration; a missed scrape does not hide it",
        _of(names.LISTENER_INSECURE, "1x5 _ 1x30"),
        ("14m",),
        {"15m": (_fires("The ingest listener of shop/a takes observations from whoever reaches it."),)},
    ),
    Case("DriftgaugeListenerInsecure", "protected", _of(names.LISTENER_INSECURE, "0x60"), ("15m", "50m")),
    Case("DriftgaugeListenerInsecure", "rolled back in time", _of(names.LISTENER_INSECURE, "1x8 0x40"), ("15m", "30m")),
    Case(
        "DriftgaugeListenerFilesInvalid",
        "a certificate without its key",
        {series(names.LISTENER_FILES_VALID.name, POD, **INGEST): "1x2 0x30"},
        ("7m",),
        {"9m": (_fires("The files that protect the ingest listener of shop/a cannot be used; its log says why."),)},
    ),
    Case(
        "DriftgaugeListenerFilesInvalid",
        "caught between two files",
        {series(names.LISTENER_FILES_VALID.name, POD, **INGEST): "1x2 0x1 1x30"},
        ("4m", "10m", "30m"),
    ),
    Case("DriftgaugeListenerFilesInvalid", "no files", {}, ("5m", "30m")),
)
