"""The two text formats, and which of them a scraper gets.

Prometheus asks for OpenMetrics; who sends no Accept header, or one that fits neither, gets the classic text: a scrape
must not fail over a header. Quality values are honoured (RFC 9110 §12.4.2, §12.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CLASSIC", "OPENMETRICS", "Format", "negotiate"]


@dataclass(frozen=True, slots=True)
class Format:
    """A text format: the media type that asks for it, its versions and the Content-Type of the answer."""

    media_type: str
    versions: tuple[str, ...]
    content_type: str


CLASSIC = Format("text/plain", ("", "0.0.4", "1.0.0"), "text/plain; version=0.0.4; charset=utf-8")
OPENMETRICS = Format(
    "application/openmetrics-text", ("", "1.0.0"), "application/openmetrics-text; version=1.0.0; charset=utf-8"
)


@dataclass(frozen=True, slots=True)
class _Range:
    """One entry of an Accept header."""

    media_type: str
    version: str
    quality: float


def negotiate(accept: str) -> Format:
    """Return the format that an Accept header asks for.

    >>> negotiate("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.9") is CLASSIC
    True
    """
    ranges = list(_ranges(accept))
    classic, open_metrics = (_preference(ranges, chosen) for chosen in (CLASSIC, OPENMETRICS))
    # Equally wanted by name: OpenMetrics; by a wildcard: classic, which everything reads.
    named = open_metrics[1] == 2
    wanted = open_metrics > classic or (named and open_metrics == classic)
    return OPENMETRICS if wanted and open_metrics[0] > 0 else CLASSIC


def _preference(ranges: list[_Range], chosen: Format) -> tuple[float, int]:
    """Return the quality of the most specific ranges that fit, and how specific they are (2 by name, 0 `*/*`)."""
    wildcards = (("*/*",), (chosen.media_type.partition("/")[0] + "/*",), (chosen.media_type,))
    for specificity in (2, 1, 0):
        fitting = [
            entry.quality
            for entry in ranges
            if entry.media_type in wildcards[specificity] and entry.version in chosen.versions
        ]
        if fitting:
            return max(fitting), specificity
    return 0.0, -1


def _ranges(accept: str) -> Iterator[_Range]:
    for entry in accept.lower().split(","):
        media_type, *rest = (part.strip() for part in entry.split(";"))
        parameters = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in rest)}
        if media_type:
            yield _Range(media_type, parameters.get("version", "").strip('"'), _quality(parameters.get("q", "1")))


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
