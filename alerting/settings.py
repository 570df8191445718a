"""Settings: `settings.yaml` as a checked record; unknown keys and impossible values are errors.

Every duration of a rule passes through `Settings.time`, so that one factor can shrink a week to minutes for a rehearsal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import yaml

from alerting.durations import milliseconds, text
from alerting.limits import Limits

__all__ = ["HERE", "Intervals", "Resource", "Settings", "load"]

HERE = Path(__file__).parent

#: the windows that the rules know
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "24h", "3d")

#: a series is forgotten after 5 minutes (Prometheus' lookback), a minute of which is left for evaluating
LONGEST_INTERVAL = 240_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Time between two evaluations of a group."""

    fast: str = "1m"
    status: str = "4m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Metadata of the PrometheusRule."""

    name: str = "driftgauge"
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a site changes; explained in settings.yaml."""

    selector: str = ""
    up_selector: str = 'job=~"(.*/)?driftgauge.*"'
    keep_labels: tuple[str, ...] = ("namespace",)
    pod_label: str = "pod"
    alert_labels: Mapping[str, str] = field(default_factory=dict)
    resource: Resource = field(default_factory=Resource)
    runbook_base_url: str = "https://example.com/runbooks"
    dashboard_base_url: str = "https://grafana.example.com"
    disabled: tuple[str, ...] = ()
    severities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    intervals: Intervals = field(default_factory=Intervals)
    windows: Mapping[str, str] = field(default_factory=lambda: {name: name for name in WINDOWS})
    limits: Limits = field(default_factory=Limits)
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        if set(self.windows) != set(WINDOWS):
            raise ValueError(f"windows: expected exactly {list(WINDOWS)}, got {list(self.windows)}")
        if not self.time_scale > 0:
            raise ValueError(f"time_scale: expected a number > 0, got {self.time_scale}")
        for interval in (self.intervals.fast, self.intervals.status):
            if milliseconds(interval) * self.time_scale > LONGEST_INTERVAL:
                raise ValueError(f"intervals: expected at most 4m, which Prometheus' lookback allows, got {interval}")

    def time(self, duration: str) -> str:
        """Return a duration as it goes into a rule."""
        return text(milliseconds(duration) * self.time_scale)

    def seconds(self, duration: str) -> float:
        """Return a duration in seconds as it goes into a rule."""
        return milliseconds(duration) * self.time_scale / 1000

    def window(self, name: str) -> str:
        """Return how far a window reaches."""
        return self.time(self.windows[name])

    def window_seconds(self, name: str) -> float:
        """Return how far a window reaches, in seconds."""
        return self.seconds(self.windows[name])

    def span(self, name: str, interval: str) -> str:
        """Return a range that holds exactly the values recorded every *interval* within a window.

        Half an interval less than the window: Prometheus 2 counts a value at the far end, 3 does not; here none lies there.
        """
        return text((milliseconds(self.windows[name]) - milliseconds(interval) / 2) * self.time_scale)

    @property
    def bridge(self) -> str:
        """How old a recorded value may be that stands in for one that a missed scrape or a slower group left out."""
        return text(3 * milliseconds(self.intervals.status) * self.time_scale)


def load(path: Path = HERE / "settings.yaml") -> Settings:
    """Read settings.

    Raises:
        ValueError: a key is unknown or a value impossible; the message names it.
    """
    document = yaml.safe_load(path.read_text("utf-8")) or {}
    unknown = set(document) - set(Settings.__dataclass_fields__)
    unknown |= {f"limits.{name}" for name in set(document.get("limits", {})) - set(Limits.__dataclass_fields__)}
    if unknown:
        raise ValueError(f"{path}: unknown settings {sorted(unknown)}")
    return msgspec.convert(document, Settings)
