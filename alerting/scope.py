"""Scope: PromQL from metrics and labels, with the site's selector and kept labels in every place where they belong."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from alerting.settings import Settings
from driftgauge.names import Metric

__all__ = ["COLUMN", "FLEET", "MODEL", "Scope", "expression"]

MODEL = ("model", "version")
COLUMN = (*MODEL, "feature", "role")
#: what a fleet's score is about: two references during a rollout never mix
FLEET = (*COLUMN, "reference")


@dataclass(frozen=True, slots=True)
class Scope:
    """Writes PromQL for one site."""

    settings: Settings

    def metric(self, metric: Metric, matchers: str = "", suffix: str = "") -> str:
        """Return the selector of an exporter's metric."""
        inside = ", ".join(filter(None, (self.settings.selector, matchers)))
        return f"{metric.name}{suffix}" + (f"{{{inside}}}" if inside else "")

    def rate(self, metric: Metric, suffix: str = "") -> str:
        """Return the rate of a counter over the shortest window."""
        return f"rate({self.metric(metric, suffix=suffix)}[{self.settings.window('5m')}])"

    def labels(self, *labels: str) -> str:
        """Return kept labels and *labels*, in parentheses."""
        return f"({', '.join((*self.settings.keep_labels, *labels))})"

    def by(self, *labels: str) -> str:
        """Return an aggregation clause."""
        return f"by {self.labels(*labels)}"

    def on(self, *labels: str) -> str:
        """Return a matching clause."""
        return f"on {self.labels(*labels)}"

    @property
    def pod(self) -> str:
        """The label that tells exporters apart."""
        return self.settings.pod_label

    def recent(self, series: str) -> str:
        """Return the latest value of a series, across a missed scrape or evaluation."""
        return f"last_over_time({series}[{self.settings.bridge}])"


def expression(text: str) -> str:
    """Return an expression without the indentation of the source that it stands in."""
    return textwrap.dedent(text).strip()
