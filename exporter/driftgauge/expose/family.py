"""Family: all samples of one metric, as ready prefixes with values; and families as text.

Law: the same families give the same bytes, and reading them with the reference client library and writing them with it
gives them back. A family without a defined sample is left out with its header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import add

import numpy as np
from numpy.typing import NDArray

from driftgauge.expose.formats import OPENMETRICS, Format
from driftgauge.expose.text import number, numbers, pairs, rounded
from driftgauge.names import COUNTER, GAUGE, Metric

__all__ = ["Family", "Samples", "encode", "histogram_prefixes", "histogram_values", "labelled", "single"]

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Samples:
    """Prefixes (`name{labels} `) and their values, NaN where undefined."""

    prefixes: Sequence[str]
    values: Float64s

    def lines(self, *, gauge: bool) -> Iterator[str]:
        """Yield the lines of the defined samples."""
        prefixes, values = self.prefixes, self.values
        undefined = np.isnan(values)
        if undefined.any():
            prefixes, values = list(compress(prefixes, ~undefined)), values[~undefined]
        return map(add, prefixes, numbers(rounded(values) if gauge else values))


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples."""

    metric: Metric
    samples: tuple[Samples, ...]

    def lines(self) -> list[str]:
        """Return the lines of the defined samples."""
        gauge = self.metric.type == GAUGE
        return [line for samples in self.samples for line in samples.lines(gauge=gauge)]


def encode(families: Iterable[Family], wanted: Format, appended: str = "") -> bytes:
    """Write *families* as text.

    Args:
        families: in the order in which they are written.
        wanted: the format.
        appended: text of further families in the same format, without an end mark.
    """
    lines: list[str] = []
    for family in families:
        if found := family.lines():
            lines += _header(family.metric, wanted)
            lines += found
    text = "\n".join([*lines, ""]) + appended
    # Label values come from JSON, which can hold halves of a surrogate pair that no UTF-8 can.
    return (text + "# EOF\n" if wanted is OPENMETRICS else text).encode("utf-8", "replace")


def _header(metric: Metric, wanted: Format) -> tuple[str, str]:
    name, help_text = metric.name, metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if wanted is OPENMETRICS:
        help_text = help_text.replace('"', r"\"")
        if metric.type == COUNTER:
            name = name.removesuffix("_total")
    return f"# HELP {name} {help_text}", f"# TYPE {name} {metric.type}"


def labelled(metric: Metric, values: Mapping[str, float]) -> Family:
    """Make a family of one sample for each value of its one label."""
    prefixes = [f"{metric.name}{{{pairs(metric.labels, (label,))}}} " for label in values]
    return Family(metric, (Samples(prefixes, np.array(list(values.values()), dtype=np.float64)),))


def single(metric: Metric, value: float | None) -> Family:
    """Make a family of one sample without labels; undefined when *value* is None."""
    return Family(metric, (Samples([f"{metric.name} "], np.array([np.nan if value is None else float(value)])),))


def histogram_prefixes(metric: Metric, pairs: str, bounds: Sequence[float]) -> tuple[str, ...]:
    """Return the prefixes of a histogram with these bounds (+Inf left out) and rendered label pairs."""
    start = f"{pairs}," if pairs else ""
    labels = f"{{{pairs}}}" if pairs else ""
    buckets = [f'{metric.name}_bucket{{{start}le="{number(bound)}"}} ' for bound in (*bounds, np.inf)]
    return (*buckets, f"{metric.name}_count{labels} ", f"{metric.name}_sum{labels} ")


def histogram_values(counts: Sequence[int] | NDArray[np.int64], total: float) -> Float64s:
    """Return the values of a histogram's samples from its counts (not cumulative) and its sum."""
    reached = np.cumsum(np.asarray(counts, dtype=np.int64)).astype(np.float64)
    return np.concatenate([reached, [reached[-1], total]])
