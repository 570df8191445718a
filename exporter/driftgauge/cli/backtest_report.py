"""What a backtest found, for a terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from driftgauge.cli.terminal import printable, table
from driftgauge.model.backtest import CALIBRATED, Backtest

__all__ = ["document", "report"]

#: columns that are named before it is said how many more there are
_LISTED = 10
#: a proposal from less than this many weeks is a guess
_LEAST_WEEKS = 2.0


def report(result: Backtest, about: Mapping[str, Any], changed: Sequence[str], weeks: float) -> Iterator[str]:
    """Yield the lines that a terminal shows."""
    yield printable(
        f"{about['file']}: {about['from']} to {about['to']}, {result.weeks:.1f} weeks judged without a change"
    )
    if about["without_time"]:
        yield f"note: {about['without_time']:,} rows without an event time were left out"
    if not result.weeks:
        yield "nothing could be judged: no window was full before the change, or too few rows; see `driftgauge profile show`"
        return
    yield ""
    yield "false alert episodes a week, of the columns with a weight together"
    yield from _rates(result)
    yield ""
    yield from _loudest(result)
    if not np.isnan(result.status_delays).all():
        yield from _delays(result, changed)
    elif changed:
        yield "the change was not found at any threshold"
        yield ""
    yield from _proposal(result, weeks)


def document(result: Backtest, about: Mapping[str, Any], changed: Sequence[str], weeks: float) -> dict[str, Any]:
    """Return the same as JSON takes it."""
    common, own, hopeless = result.least_thresholds(1 / weeks)
    chosen = _chosen(result, changed)
    return {
        **about,
        "weeks": result.weeks,
        "budget_per_week": 1 / weeks,
        "thresholds": [
            {
                "threshold": name,
                "false_episodes_per_week": _finite(result.rates[row]),
                "windows": {
                    window.name: _finite(result.window_rates[row, place])
                    for place, window in enumerate(result.windows)
                    if np.isfinite(result.alert[place]).any()
                },
                "delay_seconds": _finite(_least(result.status_delays[row, chosen])),
            }
            for row, name in enumerate(result.thresholds)
        ],
        "columns": {
            name: {
                "counted": bool(result.counted[number]),
                "false_episodes": int(result.status_episodes[0, number]),
                "delay_seconds": _finite(result.status_delays[0, number]),
            }
            for number, name in enumerate(result.columns)
        },
        "proposal": {
            "fits": bool(result.rates[0] <= 1 / weeks),
            "alert": common,
            "features": dict(own),
            "without_threshold": list(hopeless),
        },
    }


def _rates(result: Backtest) -> list[str]:
    shown = [place for place in range(len(result.windows)) if np.isfinite(result.alert[place]).any()]
    header = ["threshold", "all windows", *(result.windows[place].name for place in shown)]
    rows = [
        [name, _rate(result.rates[row]), *(_rate(result.window_rates[row, place]) for place in shown)]
        for row, name in enumerate(result.thresholds)
    ]
    return table(header, rows)


def _loudest(result: Backtest) -> Iterator[str]:
    episodes = result.status_episodes[0]
    loud = [number for number in np.argsort(-episodes, kind="stable").tolist() if episodes[number]]
    counted, apart = ([number for number in loud if result.counted[number] == has] for has in (True, False))
    if not counted:
        yield f"at the {CALIBRATED} thresholds no column was in alert"
    else:
        yield printable(f"episodes at the {CALIBRATED} thresholds: {_named(result, counted)}")
    if apart:
        yield printable(f"not counted, for they have no weight in the model's verdict: {_named(result, apart)}")
    yield ""


def _named(result: Backtest, columns: Sequence[int]) -> str:
    named = ", ".join(f"{result.columns[number]} {result.status_episodes[0, number]}" for number in columns[:_LISTED])
    return f"{named} and {len(columns) - _LISTED} more" if len(columns) > _LISTED else named


def _delays(result: Backtest, changed: Sequence[str]) -> Iterator[str]:
    chosen = _chosen(result, changed)
    yield printable(f"delay from the change to the first alert of {', '.join(changed) if changed else 'any column'}")
    shown = [place for place in range(len(result.windows)) if np.isfinite(result.alert[place]).any()]
    header = ["threshold", "any window", *(result.windows[place].name for place in shown)]
    rows = [
        [
            name,
            _duration(_least(result.status_delays[row, chosen])),
            *(_duration(_least(result.delays[row, place, chosen])) for place in shown),
        ]
        for row, name in enumerate(result.thresholds)
    ]
    yield from table(header, rows)
    yield ""


def _proposal(result: Backtest, weeks: float) -> Iterator[str]:
    yield f"for one false page in {weeks:g} weeks:"
    if result.weeks < _LEAST_WEEKS:
        yield f"  (from {result.weeks:.1f} weeks this is a guess; log more of them)"
    if result.rates[0] * weeks <= 1:
        advice = "change nothing" if result.weeks >= _LEAST_WEEKS else "nothing says that they should be changed"
        yield f"  the {CALIBRATED} thresholds keep to it ({_rate(result.rates[0])} a week); {advice}"
        return
    common, own, hopeless = result.least_thresholds(1 / weeks)
    yield "  models:"
    yield "    - name: ..."
    yield f"      drift: {{alert: {common:g}}}"
    if own or hopeless:
        yield "      features:"
        for name, level in own.items():
            yield printable(f"        {name}: {{alert: {level:g}}}")
        for name in hopeless:
            yield printable(
                f"        {name}: {{weight: 0}}  # strays further than any threshold tells; look at it, do not page"
            )


def _chosen(result: Backtest, changed: Sequence[str]) -> list[int]:
    return [number for number, name in enumerate(result.columns) if not changed or name in changed]


def _least(delays: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    known = delays[~np.isnan(delays)]
    return float(known.min()) if len(known) else math.nan


def _rate(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _duration(seconds: float) -> str:
    if math.isnan(seconds):
        return "-"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * 86_400 else f"{seconds / 86_400:.1f} d"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
