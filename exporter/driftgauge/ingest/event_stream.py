"""Server-sent events: the bytes of a stream, in pieces of any size, to the data of its events.

Guarantee: the same events wherever the bytes are cut, with LF, CRLF or CR at the ends of lines, with comments and other
fields between them; a last event without its empty line counts, as does a bare JSON line, which some servers send for an
error. Time is linear in the bytes; memory is what an unfinished event holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Event", "EventReader", "events_of"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """An event's data, and how many bytes of the stream had come when it was complete."""

    data: bytes
    end: int


class EventReader:
    r"""Reads a stream piece by piece.

    >>> reader = EventReader()
    >>> [event.data for piece in (b"data: 1\r", b"\n\r\nda", b"ta: 2") for event in reader.feed(piece)]
    [b'1']
    >>> [event.data for event in reader.close()]
    [b'2']
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._seen = 0
        self._first = True
        self._data: list[bytes] = []
        self._end = 0

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield the events that a piece completes."""
        if b"\n" not in piece and not (self._pieces and self._pieces[-1].endswith(b"\r")) and b"\r" not in piece:
            self._pieces.append(piece)  # joined only where a line ends, so that time stays linear
            return
        lines = b"".join((*self._pieces, piece)).splitlines(keepends=True)
        # A CR at the end may be the first half of a CRLF.
        self._pieces = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        for line in lines:
            yield from self._line(line)

    def close(self) -> Iterator[Event]:
        """Yield what is complete now that nothing more comes."""
        rest, self._pieces = b"".join(self._pieces), []
        if rest:
            yield from self._line(rest)
        yield from self._dispatch()

    def _line(self, line: bytes) -> Iterator[Event]:
        self._seen += len(line)
        text = line.rstrip(b"\r\n")
        if self._first:
            self._first, text = False, text.removeprefix(_BYTE_ORDER_MARK)
        if not text:
            yield from self._dispatch()
        elif text.startswith(b"data:"):
            self._data.append(text[6:] if text[5:6] == b" " else text[5:])
            self._end = self._seen
        elif text.startswith(b"{"):
            yield from self._dispatch()
            yield Event(text, self._seen)

    def _dispatch(self) -> Iterator[Event]:
        if self._data:
            data, self._data = b"\n".join(self._data), []
            yield Event(data, self._end)


def events_of(body: bytes) -> Iterator[Event]:
    """Yield the events of a whole stream."""
    reader = EventReader()
    yield from reader.feed(body)
    yield from reader.close()
