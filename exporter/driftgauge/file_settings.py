"""Settings of what the exporter writes to files: checkpoints for itself, a status for others."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driftgauge.setting import at_least, setting

__all__ = ["StateSettings", "StatusFileSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSettings:
    """What survives a restart."""

    directory: str = setting(
        "",
        "Folder for checkpoints of windows, statuses, learned references and labels that wait; empty: a restart begins anew.",
    )
    interval_seconds: float = setting(
        60.0, "Time between two checkpoints; a crash loses that much and the time of writing one."
    )
    bytes: int = setting(
        256 * 2**20, "Most that the folder may hold, because a full volume may cost the pod; more is not written."
    )

    def __post_init__(self) -> None:
        if not 1 <= self.interval_seconds < math.inf:
            raise ValueError(f"interval_seconds: expected a number >= 1, got {self.interval_seconds}")
        at_least(2**20, bytes=self.bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFileSettings:
    """A JSON file with the status of every model, for tools that poll a file."""

    path: str = setting("", "Where to write it, replaced as a whole each time; empty: nowhere.")
    interval_seconds: float = setting(30.0, "Time between two writings.")

    def __post_init__(self) -> None:
        if not 1 <= self.interval_seconds < math.inf:
            raise ValueError(f"interval_seconds: expected a number >= 1, got {self.interval_seconds}")
        if self.path and self.path.endswith("/"):
            raise ValueError(f"path: expected the path of a file, got {self.path!r}")
