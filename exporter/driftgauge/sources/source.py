"""Source: what every reader offers, and Table, the one class that offers it.

A reader is a function that yields parts: a batch and the share of the table that has been read with it. Table makes a
source of it: it starts the reader anew for every pass, remembers the share for a progress bar, and puts the place in
front of every error, so that readers only say what is wrong on which line or in which column.
Memory: Table holds one number; the reader holds one chunk.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from driftgauge.batch import Batch
from driftgauge.errors import SourceError

__all__ = ["CELLS", "CHUNK_ROWS", "Part", "Source", "Table", "chunk_height"]

#: rows of a chunk, unless told otherwise: enough to hide the cost of a chunk, few enough to stay in tens of megabytes
CHUNK_ROWS = 65_536

#: cells of a chunk of text; one costs 60 to 80 bytes as a Python string, so a chunk stays near 100 MB however wide it is
CELLS = 2**20

Part: TypeAlias = tuple[Batch, float]


class Source(Protocol):
    """A table that can be read as batches, again and again."""

    @property
    def name(self) -> str:
        """What a profile records as its origin: the file's name without directories, `dataframe` or `arrays`."""

    def rows(self) -> int | None:
        """Return the number of rows where it is known without reading them."""

    def progress(self) -> float:
        """Return the share of the table, 0 to 1, that the latest pass has read."""

    def batches(self) -> Iterator[Batch]:
        """Yield the table from its beginning."""


@dataclass(slots=True)
class Table:
    """A source made of a reader.

    Attributes:
        name: see `Source.name`.
        place: what an error message begins with, such as the path as it was given.
        parts: starts the reader.
        count: the number of rows, None where only reading would tell.
    """

    name: str
    place: str
    parts: Callable[[], Iterator[Part]]
    count: Callable[[], int | None]
    _share: float = field(default=0.0, init=False)

    def rows(self) -> int | None:
        """Return the number of rows where it is known without reading them."""
        with _placed(self.place):
            return self.count()

    def progress(self) -> float:
        """Return the share of the table, 0 to 1, that the latest pass has read."""
        return self._share

    def batches(self) -> Iterator[Batch]:
        """Yield the table from its beginning."""
        self._share = 0.0
        with _placed(self.place):
            for batch, share in self.parts():
                self._share = share
                yield batch
        self._share = 1.0


def chunk_height(chunk_rows: int, width: int) -> int:
    """Return how many rows of text to read at once: at most `chunk_rows`, at most `CELLS` cells, at least one."""
    return max(1, min(chunk_rows, CELLS // max(width, 1)))


@contextmanager
def _placed(place: str) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        raise SourceError(f"{place}: {error}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{place}: the gzip stream is damaged or cut off ({error})") from error
    except OSError as error:
        raise SourceError(f"{place}: cannot be read ({error.strerror or error})") from error
