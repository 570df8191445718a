"""What commands print: tables, bars, numbers and colours, as the stream they go to can show them.

Text that comes from data (column names, categories) is made printable first: a category must not move the cursor.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

__all__ = ["LINE", "Painter", "bar", "compact_bytes", "fitted", "number", "percent", "printable", "table"]

#: columns of a terminal that tables fit into
LINE = 100
#: columns that the shortened cell of a table keeps at least
LEAST_CELL = 12

_COLOURS = {"red": "31", "yellow": "33", "green": "32", "dim": "2", "bold": "1"}
_COLOUR_CODE = re.compile(r"\x1b\[[0-9;]*m")
_ELLIPSIS = "..."


def printable(text: str) -> str:
    """Return *text* with every character that is no visible one written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def width(text: str) -> int:
    """Return how many columns *text* takes; colours take none, East Asian wide characters two."""
    plain = _COLOUR_CODE.sub("", text)
    if plain.isascii():
        return len(plain)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in plain
    )


def fitted(text: str, columns: int) -> str:
    """Return *text*, cut when it takes more than *columns*."""
    if width(text) <= columns:
        return text
    while width(text) > columns - len(_ELLIPSIS):
        text = text[:-1]
    return text + _ELLIPSIS


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, left: Iterable[int] = (0,)) -> list[str]:
    """Return the lines of a table; columns in *left* are aligned left, the first is shortened to fit `LINE`."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    beside = sum(widths[1:]) + 2 * (len(widths) - 1)
    widths[0] = min(widths[0], max(LINE - beside, LEAST_CELL))
    aligned_left = set(left)

    def padded(place: int, text: str) -> str:
        text = fitted(text, widths[0]) if place == 0 else text
        space = " " * (widths[place] - width(text))
        return text + space if place in aligned_left else space + text

    return ["  ".join(padded(place, text) for place, text in enumerate(row)).rstrip() for row in cells]


class Painter:
    """Colours text when the stream is a terminal that wants colours (https://no-color.org)."""

    def __init__(self, stream: TextIO) -> None:
        self.wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, colour: str) -> str:
        """Return *text* in *colour*, or as it is."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.wanted and colour else text


def bar(share: float, columns: int, stream: TextIO) -> str:
    """Return a bar of *share* of *columns*; anything above zero shows."""
    full = "\u2588" if _can_show("\u2588", stream) else "#"
    length = 0 if not share > 0 else max(1, round(min(share, 1.0) * columns))
    return full * length


def _can_show(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def number(value: float) -> str:
    """Return *value* with five significant digits; "-" where it is undefined."""
    return f"{value:.5g}" if math.isfinite(value) else "-"


def percent(share: float) -> str:
    """Return *share* in percent; "-" where it is undefined, and what is there is never 0."""
    if math.isnan(share):
        return "-"
    return "<0.1%" if 0 < share < 0.001 else f"{100 * share:.1f}%"


def compact_bytes(size: int) -> str:
    """Return *size* for people."""
    for unit, bound in (("MiB", 2**20), ("KiB", 2**10)):
        if size >= bound:
            return f"{size / bound:.1f} {unit}"
    return f"{size} bytes"
