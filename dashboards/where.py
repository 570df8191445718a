"""Where: selectors of metrics, filled with the dashboard's variables that each metric has a label for.

Law: a variable with one value is compared with `=`, one with several with `=~`; Grafana escapes the values accordingly. A
label of the scrape that is missing everywhere (no namespace, say) still matches, because "All" is `.*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from alerting.scope import FLEET, MODEL
from alerting.settings import Settings, load
from driftgauge.names import COUNTER, HISTOGRAM, Metric

__all__ = ["RATE", "Variable", "Where"]

#: Grafana's: at least four scrapes, at least one step of the graph
RATE = "$__rate_interval"

#: labels of recorded series by the level that starts their names
LEVELS = {
    "model": MODEL,
    "model_le": MODEL,
    "fleet": FLEET,
    "fleet_bin": FLEET,
    "canary": (*FLEET, "baseline"),
    "canary_bin": (*FLEET, "baseline"),
    "version": MODEL,
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a dashboard that is a label.

    Attributes:
        name: of the variable and of the label.
        label: what people read.
        metric: whose values of the label can be chosen.
        many: whether several can be.
        about: what choosing means.
    """

    name: str
    label: str
    metric: Metric
    many: bool
    about: str

    @property
    def matcher(self) -> str:
        """The matcher that the variable fills."""
        return f'{self.name}{"=~" if self.many else "="}"${self.name}"'


@dataclass(frozen=True)
class Where:
    """Writes selectors for one dashboard.

    Attributes:
        variables: label variables, each of which narrows the ones after it.
        window: whether there is a variable for the window.
    """

    variables: tuple[Variable, ...]
    window: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The site's settings: they say which labels the scrape adds."""
        return load()

    def metric(self, metric: Metric, **fixed: str | None) -> str:
        """Return the selector of an exporter's metric, of a histogram's buckets; *fixed* labels replace variables.

        A value may begin with an operator (`=~`, `!=`, `!~`); None leaves the label out.
        """
        labels = (*self.settings.keep_labels, self.settings.pod_label, *metric.labels)
        name = metric.name + ("_bucket" if metric.type == HISTOGRAM else "")
        return self._select(name, labels, fixed, self.settings.selector)

    def recorded(self, name: str, **fixed: str | None) -> str:
        """Return the selector of a recorded series."""
        labels = (*self.settings.keep_labels, *LEVELS[name.partition(":")[0]], "window")
        return self._select(name, labels, fixed)

    def foreign(self, name: str, labels: tuple[str, ...], **fixed: str | None) -> str:
        """Return the selector of a series that is neither."""
        return self._select(name, (*self.settings.keep_labels, *labels), fixed)

    def rate(self, metric: Metric, **fixed: str | None) -> str:
        """Return the rate per second of a counter or of a histogram's buckets."""
        if metric.type not in {COUNTER, HISTOGRAM}:
            raise ValueError(f"{metric.name}: expected a counter or a histogram, got a {metric.type}")
        return f"rate({self.metric(metric, **fixed)}[{RATE}])"

    @property
    def kept(self) -> tuple[str, ...]:
        """Labels of the scrape that tell models of the same name apart."""
        return tuple(self.settings.keep_labels)

    @property
    def pod(self) -> str:
        """The label that tells exporters apart."""
        return self.settings.pod_label

    def _select(self, name: str, labels: tuple[str, ...], fixed: dict[str, str | None], selector: str = "") -> str:
        parts = [selector] if selector else []
        parts += [v.matcher for v in self.variables if v.name in labels and v.name not in fixed]
        if self.window and "window" in labels and "window" not in fixed:
            parts.append('window="$window"')
        parts += [_matcher(label, value) for label, value in fixed.items() if value is not None]
        return f"{name}{{{', '.join(parts)}}}" if parts else name


def _matcher(label: str, value: str) -> str:
    """Write a matcher; a value may begin with an operator other than `=`."""
    for operator in ("=~", "!~", "!="):
        if value.startswith(operator):
            return f'{label}{operator}"{value.removeprefix(operator)}"'
    return f'{label}="{value}"'
