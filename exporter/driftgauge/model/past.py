"""The model's own past: which stretches of it the newest traffic is compared with, whatever is counted of it."""

from __future__ import annotations

from dataclasses import dataclass

from driftgauge.profile import DAY_SECONDS, WINDOWS, Window

__all__ = ["PASTS", "Past"]

_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Past:
    """A comparison with the past.

    Attributes:
        mode: name of it, in labels.
        window: how much of the newest traffic is compared, whole slots.
        backs: seconds before now at which the stretches of the past ended, each as long as the window.
    """

    mode: str
    window: Window
    backs: tuple[int, ...]


def _named(name: str) -> Window:
    return next(window for window in WINDOWS if window.name == name)


#: the last hour beside the same hour of the seven days before, and the last day beside the day before
PASTS = (
    Past("same_hour_7d", _named("1h"), tuple(days * DAY_SECONDS for days in range(1, _WEEK_DAYS + 1))),
    Past("previous_window", _named("24h"), (DAY_SECONDS,)),
)
