"""Routes: what is answered directly, found by the first line of a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from driftgauge.serve.intake import Intake

__all__ = ["Route", "Routes"]

#: lines that are remembered, and their bytes: hardly anybody has more models, or longer names
_KNOWN, _LONGEST_KNOWN = 1_024, 256
_NAME = re.compile(r"\{(model|version):\[\^/\]\+\}")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~/]*")
#: a name that is written in one way only, and no dot segment (RFC 3986 sections 2.3 and 3.3)
_WRITTEN = r"[A-Za-z0-9\-_~][A-Za-z0-9\-._~]*"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes.

    Attributes:
        path: as the framework's router has it.
        intake: what takes its bodies.
        model: as the path names it.
        version: as the path names it.
    """

    path: str
    intake: Intake
    model: str | None = None
    version: str | None = None


class Routes:
    """The routes whose bodies are taken off the connection.

    Args:
        routes: a path as the framework's router has it, and what takes its bodies; the first that fits counts.
    """

    def __init__(self, routes: Sequence[tuple[str, Intake]]) -> None:
        self._patterns = [
            (pattern, path, intake) for path, intake in routes if (pattern := _pattern_of(path)) is not None
        ]
        self._known: dict[bytes, Route] = {}

    def find(self, line: bytes) -> Route | None:
        """Return where a request goes that begins with *line*, which has no end; None for what the framework answers."""
        route = self._known.get(line)
        if route is not None:
            return route
        for pattern, path, intake in self._patterns:
            if (found := pattern.fullmatch(line)) is not None:
                names = {name: value.decode("ascii") for name, value in found.groupdict().items()}
                route = Route(path, intake, **names)
                self._remember(line, route)
                return route
        return None

    def _remember(self, line: bytes, route: Route) -> None:
        if len(self._known) >= _KNOWN:
            self._known.clear()
        if len(line) <= _LONGEST_KNOWN:
            self._known[line] = route


def _pattern_of(path: str) -> re.Pattern[bytes] | None:
    """Return what the first line of a request to *path* looks like; None for a path that could be written in several ways.

    >>> _pattern_of("/v1/models/{model:[^/]+}/labels").fullmatch(b"POST /v1/models/fraud/labels HTTP/1.1")["model"]
    b'fraud'
    """
    texts = _NAME.split(path)  # texts and names in turn
    if not all(map(_PLAIN.fullmatch, texts[::2])):
        return None
    parts = [f"(?P<{text}>{_WRITTEN})" if place % 2 else re.escape(text) for place, text in enumerate(texts)]
    return re.compile(f"POST {''.join(parts)} HTTP/1\\.1".encode())
