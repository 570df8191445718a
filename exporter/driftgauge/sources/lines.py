"""Lines: a text file, gzip or not, as decoded lines that know their number and the share of the file read.

Text is UTF-8, with or without a byte order mark; anything else is an error with its line. gzip is recognised by its
first two bytes. The share is the position in the file as stored, so it needs no second pass.
Memory: one line, at most 16 MiB. Time: 0.4 microseconds a line, decompression apart.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path

from driftgauge.errors import SourceError

__all__ = ["Lines", "opened"]

#: a longer line is no table; without a limit a binary file would be read whole
LONGEST = 16 * 2**20

_GZIP = b"\x1f\x8b"  # RFC 1952 §2.3.1


@dataclass(slots=True)
class Lines:
    """The lines of an open file; `number` is that of the line last given, from 1."""

    file: BufferedReader
    size: int
    number: int = 0

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._data().readline, LONGEST), b""):
            self.number += 1
            if len(line) == LONGEST:
                raise SourceError(f"line {self.number}: expected at most {LONGEST} bytes in a line")
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                raise SourceError(
                    f"line {self.number}: expected UTF-8 text, found the byte 0x{line[error.start]:02x}"
                ) from error
            yield text

    @property
    def share(self) -> float:
        """The share of the file that has been read."""
        return min(1.0, self.file.tell() / max(self.size, 1))

    def _data(self) -> BufferedReader | gzip.GzipFile:
        start = self.file.peek(3)
        if start.startswith(_GZIP):
            return gzip.GzipFile(fileobj=self.file)
        if start.startswith(codecs.BOM_UTF8):
            self.file.seek(len(codecs.BOM_UTF8))
        return self.file


@contextmanager
def opened(path: Path) -> Iterator[Lines]:
    """Open a file for one pass over its lines."""
    with path.open("rb") as file:
        yield Lines(file, path.stat().st_size)
