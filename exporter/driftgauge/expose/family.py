"""Family: all samples of one metric, as prefixes with values; and families as text.

Law: the same families give the same bytes, and reading them with the reference client library and writing them with it
gives them back. A family without a defined sample is left out with its header.

Memory: what all series of a block share is held once, and text is made in pieces of `_AT_ONCE` lines, some 100 KB, so a scrape
of any size needs hardly more than what is sent. No piece takes a millisecond, so the event loop need not wait for one to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice

import numpy as np
from numpy.typing import NDArray

from driftgauge.expose.formats import OPENMETRICS, Format
from driftgauge.expose.text import number, numbers, pairs, rounded
from driftgauge.names import COUNTER, GAUGE, Metric

__all__ = [
    "Family",
    "Prefixes",
    "Samples",
    "encode",
    "histogram_prefixes",
    "histogram_values",
    "labelled",
    "pieces",
    "single",
]

Float64s = NDArray[np.float64]

#: lines that are written by one call, which nothing interrupts
_AT_ONCE = 500
#: characters of a piece at least, as few as cost nothing beside what is in it
_PIECE = 2**16


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What stands before the values of series, `name{labels} `: what is their own, between what they share."""

    own: Sequence[str]
    head: str = ""
    tail: str = ""

    def __len__(self) -> int:
        return len(self.own)

    def __iter__(self) -> Iterator[str]:
        return (f"{self.head}{own}{self.tail}" for own in self.own)

    def texts(self, values: Float64s, *, gauge: bool) -> Iterator[str]:
        """Yield the lines of these series but for those without a value, some hundred at a time."""
        own, undefined = self.own, np.isnan(values)
        if undefined.any():
            own, values = list(compress(own, ~undefined)), values[~undefined]
        lines = map(self.tail.join, zip(own, numbers(rounded(values) if gauge else values), strict=True))
        between = "\n" + self.head
        for _ in range(0, len(own), _AT_ONCE):
            yield f"{self.head}{between.join(islice(lines, _AT_ONCE))}\n"


@dataclass(frozen=True, slots=True)
class Samples:
    """Prefixes and their values, NaN where undefined."""

    prefixes: Prefixes
    values: Float64s


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples."""

    metric: Metric
    samples: tuple[Samples, ...]

    def texts(self) -> Iterator[str]:
        """Yield the lines of the defined samples, some hundred at a time."""
        gauge = self.metric.type == GAUGE
        for samples in self.samples:
            yield from samples.prefixes.texts(samples.values, gauge=gauge)


def encode(families: Iterable[Family], wanted: Format, appended: str = "") -> bytes:
    """Return *families* as text; see `pieces`."""
    return b"".join(pieces(families, wanted, appended))


def pieces(families: Iterable[Family], wanted: Format, appended: str = "") -> Iterator[bytes]:
    """Write *families* as text, in pieces of some 100 KB that are made as they are asked for.

    Args:
        families: in the order in which they are written.
        wanted: the format.
        appended: text of further families in the same format, without an end mark.
    """
    gathered, held = [], 0
    for text in chain(_texts(families, wanted), [appended, "# EOF\n" if wanted is OPENMETRICS else ""]):
        gathered.append(text)
        held += len(text)
        if held >= _PIECE:
            yield _bytes(gathered)
            gathered, held = [], 0
    yield _bytes(gathered)


def _bytes(texts: Iterable[str]) -> bytes:
    # Label values come from JSON, which can hold halves of a surrogate pair that no UTF-8 can.
    return "".join(texts).encode("utf-8", "replace")


def _texts(families: Iterable[Family], wanted: Format) -> Iterator[str]:
    for family in families:
        header = _header(family.metric, wanted)
        for text in family.texts():
            yield header + text
            header = ""


def _header(metric: Metric, wanted: Format) -> str:
    name, help_text = metric.name, metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if wanted is OPENMETRICS:
        help_text = help_text.replace('"', r"\"")
        if metric.type == COUNTER:
            name = name.removesuffix("_total")
    return f"# HELP {name} {help_text}\n# TYPE {name} {metric.type}\n"


def labelled(metric: Metric, values: Mapping[str, float]) -> Family:
    """Make a family of one sample for each value of its one label."""
    prefixes = Prefixes([f"{metric.name}{{{pairs(metric.labels, (label,))}}} " for label in values])
    return Family(metric, (Samples(prefixes, np.array(list(values.values()), dtype=np.float64)),))


def single(metric: Metric, value: float | None) -> Family:
    """Make a family of one sample without labels; undefined when *value* is None."""
    return Family(
        metric, (Samples(Prefixes([f"{metric.name} "]), np.array([np.nan if value is None else float(value)])),)
    )


def histogram_prefixes(metric: Metric, pairs: str, bounds: Sequence[float]) -> Prefixes:
    """Return the prefixes of a histogram with these bounds (+Inf left out) and rendered label pairs."""
    start = f"{pairs}," if pairs else ""
    labels = f"{{{pairs}}}" if pairs else ""
    buckets = [f'{metric.name}_bucket{{{start}le="{number(bound)}"}} ' for bound in (*bounds, np.inf)]
    return Prefixes((*buckets, f"{metric.name}_count{labels} ", f"{metric.name}_sum{labels} "))


def histogram_values(counts: Sequence[int] | NDArray[np.int64], total: float) -> Float64s:
    """Return the values of a histogram's samples from its counts (not cumulative) and its sum."""
    reached = np.cumsum(np.asarray(counts, dtype=np.int64)).astype(np.float64)
    return np.concatenate([reached, [reached[-1], total]])
