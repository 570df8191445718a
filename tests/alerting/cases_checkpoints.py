"""Cases of checkpoints."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import POD, Case, Fires, series

__all__ = ["CASES"]

POD_PAGE = "driftgauge-exporter?var-namespace=shop&var-pod=a"


def _failures(values: str, reason: str = "no_space") -> dict[str, str]:
    return {
        series(names.CHECKPOINT_FAILURES.name, POD, reason=reason): values,
        series(names.CHECKPOINT_FAILURES.name, POD, reason="io"): "0x90",
    }


def _damaged(values: str, reason: str = "damaged") -> dict[str, str]:
    return {series(names.CHECKPOINT_REJECTED.name, POD, reason=reason): values}


_FULL = Fires(
    "warning", {**POD, "reason": "no_space"}, "Checkpoints of shop/a fail: no_space. It goes on in memory.", POD_PAGE
)
_LOST = Fires("info", POD, "2 checkpoints of shop/a were damaged and are set aside; its log says why.", POD_PAGE)

CASES = (
    Case(
        "DriftgaugeCheckpointFailing",
        "the disk is full; a missed scrape does not hide it",
        _failures("0+1x10 _ 12+1x50"),
        ("30m",),
        {"32m": (_FULL,), "50m": (_FULL,)},
    ),
    Case("DriftgaugeCheckpointFailing", "one failure", _failures("0x5 1x60"), ("10m", "22m", "37m")),
    Case("DriftgaugeCheckpointFailing", "failures of long ago", _failures("90x60"), ("35m",)),
    Case(
        "DriftgaugeCheckpointFailing",
        "the old pod held the folder during a rollout",
        _failures("0+1x8 8x60", "locked"),
        ("22m", "32m", "40m"),
    ),
    Case(
        "DriftgaugeCheckpointDamaged",
        "two files were damaged at the start",
        _damaged("0x5 2x90"),
        ("5m",),
        {"8m": (_LOST,), "60m": (_LOST,)},
    ),
    Case("DriftgaugeCheckpointDamaged", "an hour later it has been seen", _damaged("2x90"), ("61m", "80m")),
    Case("DriftgaugeCheckpointDamaged", "none", _damaged("0x90"), ("8m", "60m")),
    Case("DriftgaugeCheckpointDamaged", "settings have changed", _damaged("2x90", "changed"), ("8m", "60m")),
)
