"""Cases of the client processes."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

MODEL_PAGE = f"driftgauge-model?{PLACE_LINK}"
_OTHER = {**POD, "pod": "b", "model": "fraud", "version": "1"}


def _fires(text: str, **labels: str) -> Fires:
    return Fires("warning", {**PLACE, **labels}, text, MODEL_PAGE)


def _rows(dropped: str, predicted: str, reason: str = "unsent") -> dict[str, str]:
    return {
        series(names.CLIENT_DROPPED_ROWS.name, reason=reason): dropped,
        series(names.PREDICTIONS.name): predicted,
    }


def _labels(values: str) -> dict[str, str]:
    return {series(names.CLIENT_DROPPED_LABELS.name, reason="refused"): values}


def _exits(values: str, reason: str = "silent") -> dict[str, str]:
    return {series(names.CLIENT_EXITS.name, reason=reason): values}


CASES = (
    Case(
        "DriftgaugeClientDrops",
        "one row in ten",
        _rows("0+60x30", "0+600x30"),
        ("10m",),
        {"11m": (_fires("Clients of shop/fraud version 1 dropped 10% of its rows: unsent.", reason="unsent"),)},
    ),
    Case(
        "DriftgaugeClientDrops",
        "a missed scrape does not reset it",
        _rows("0+60x5 _ 420+60x30", "0+600x5 _ 4200+600x30"),
        ("10m",),
        {"11m": (_fires("Clients of shop/fraud version 1 dropped 10% of its rows: unsent.", reason="unsent"),)},
    ),
    Case("DriftgaugeClientDrops", "one row in a thousand", _rows("0+1x30", "0+1000x30"), ("11m", "30m")),
    Case("DriftgaugeClientDrops", "no traffic", _rows("60x30", "600x30"), ("11m", "30m")),
    Case("DriftgaugeClientDrops", "a restart of the exporter", _rows("0x5 60x30", "0+600x40"), ("10m", "30m")),
    Case(
        "DriftgaugeClientLabelsDropped",
        "sixty an hour are refused",
        _labels("0+1x90"),
        ("19m",),
        {
            "21m": (
                _fires(
                    "Clients of shop/fraud version 1 dropped 21 labels in the last hour: refused.", reason="refused"
                ),
            )
        },
    ),
    Case("DriftgaugeClientLabelsDropped", "a handful", _labels("0x10 3x90"), ("30m", "80m")),
    Case(
        "DriftgaugeClientLost",
        "four workers of two pods",
        _exits("0x10 2x60") | {series(names.CLIENT_EXITS.name, _OTHER, reason="silent"): "0x10 2x60"},
        ("15m",),
        {
            "17m": (
                _fires("4 client processes of shop/fraud version 1 fell silent within an hour without a last word."),
            )
        },
    ),
    Case("DriftgaugeClientLost", "one worker", _exits("0x10 1x60"), ("17m", "60m")),
    Case("DriftgaugeClientLost", "they said goodbye", _exits("0x10 20x60", "closed"), ("17m", "60m")),
)
