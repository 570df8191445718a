"""A progress bar for long inputs: one line on standard error, drawn over itself, gone when the work is done.

It stays silent where standard error is no terminal and while the work is young, so short runs print nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self, TextIO

__all__ = ["Progress"]

#: seconds before the bar appears
PATIENCE_SECONDS = 1.0
#: seconds between two drawings
REDRAW_SECONDS = 0.1
BAR_COLUMNS = 30


class Progress:
    """Shows the share of the work that is done.

    Args:
        stream: where to, usually standard error.
        clock: seconds that never step back.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._start = clock()
        self._next = self._start + PATIENCE_SECONDS
        self._drawn = 0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def show(self, share: float) -> None:
        """Draw the bar at *share*, 0 to 1, when it is time to."""
        now = self._clock()
        if now < self._next or not self._stream.isatty():
            return
        self._next = now + REDRAW_SECONDS
        full = int(share * BAR_COLUMNS)
        left = f", {(now - self._start) * (1 - share) / share:.0f} s left" if share > 0 else ""
        line = f"[{'#' * full}{'.' * (BAR_COLUMNS - full)}] {share:4.0%}{left}"
        self._draw(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()

    def _draw(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)
