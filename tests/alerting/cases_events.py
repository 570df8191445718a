"""Cases of the events of inference loggers."""

from __future__ import annotations

from driftgauge import names
from driftgauge.names import Metric
from tests.alerting.rig import POD, Case, Fires, series

__all__ = ["CASES"]

POD_PAGE = "driftgauge-exporter?var-namespace=shop&var-pod=a"


def _fires(text: str, **labels: str) -> Fires:
    return Fires("warning", {**POD, **labels}, text, POD_PAGE)


def _events(metric: Metric, lost: str, received: str, **labels: str) -> dict[str, str]:
    return {series(metric.name, POD, **labels): lost, series(names.EVENTS_RECEIVED.name, POD): received}


UNPAIRED, DROPPED, REJECTED = names.EVENTS_UNPAIRED, names.EVENTS_DROPPED, names.EVENTS_REJECTED
ALONE = {"kind": "request", "reason": "expired"}

CASES = (
    Case(
        "DriftgaugeEventsUnpaired",
        "half of the requests stay without a response",
        _events(UNPAIRED, "0+150x30", "0+600x30", **ALONE),
        ("10m",),
        {"11m": (_fires("25% of the events that shop/a receives stay alone: request, expired.", **ALONE),)},
    ),
    Case(
        "DriftgaugeEventsUnpaired", "one in a hundred", _events(UNPAIRED, "0+6x30", "0+600x30", **ALONE), ("11m", "30m")
    ),
    Case(
        "DriftgaugeEventsUnpaired",
        "a restart of the model leaves some behind",
        _events(UNPAIRED, "0x5 300x30", "0+600x30", **ALONE),
        ("11m", "16m", "30m"),
    ),
    Case("DriftgaugeEventsUnpaired", "no logger", _events(UNPAIRED, "0x30", "0x30", **ALONE), ("11m", "30m")),
    Case(
        "DriftgaugeEventsDropped",
        "the queue is full for one event in ten",
        _events(DROPPED, "0+60x30", "0+600x30", reason="queue_full"),
        ("10m",),
        {"11m": (_fires("shop/a drops 10% of the events sent to it: queue_full.", reason="queue_full"),)},
    ),
    Case(
        "DriftgaugeEventsDropped",
        "one in a thousand",
        _events(DROPPED, "0+1x30", "0+999x30", reason="slow"),
        ("11m", "30m"),
    ),
    Case(
        "DriftgaugeEventsRejected",
        "a model of another protocol",
        _events(REJECTED, "0+300x30", "0+600x30", reason="structure"),
        ("10m",),
        {"11m": (_fires("shop/a cannot use 50% of the events sent to it: structure.", reason="structure"),)},
    ),
    Case("DriftgaugeEventsRejected", "a few", _events(REJECTED, "0+1x30", "0+999x30", reason="syntax"), ("11m", "30m")),
)
