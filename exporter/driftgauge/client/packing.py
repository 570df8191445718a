"""Packing: what callers logged, to parcels, a little at a time.

Guarantee: no step holds the interpreter lock for much more than 100 us: at most 64 entries or 64 KiB (256 packed rows) are
converted between two yields. (Chunks without a yield do not help: the thread keeps the lock for its whole 5 ms interval.)
Memory: one body for each layout, 2 MiB or 10,240 rows: a large body costs the exporter half of what small ones do for each
row, and nothing of it is copied together here.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from driftgauge.client.block import Block, Layout, joined, unmixed
from driftgauge.client.buffer import Buffer
from driftgauge.client.encode import encode
from driftgauge.client.entries import Counted, Deferred, Entry, Label, Packed
from driftgauge.client.moments import moment_of
from driftgauge.client.outbox import Parcel
from driftgauge.client.rows import blocks_of, blocks_of_packed, word_of
from driftgauge.client.tally import Tally
from driftgauge.client.texts import TextReading, reduced, with_words
from driftgauge.client.values import plain
from driftgauge.failures import failure_of

__all__ = ["Packer"]

_CHUNK = 64
_CHUNK_BYTES = 64 * 1024
_BODY_ROWS = 10_240
_BODY_BYTES = 2 * 2**20

Note = Callable[[str, str], None]


class Packer:
    """Turns entries into parcels.

    Args:
        names: names of the columns of array rows; empty for `x[0]`, `x[1]`...
        note: told of mistakes.
        key: makes the key of a new parcel.
        clock: seconds since 1970.
        texts: features that are reduced, and how.

    Attributes:
        most_bytes: of a body, about; an exporter may take only smaller ones.
    """

    def __init__(
        self,
        names: Sequence[str],
        note: Note,
        key: Callable[[], str],
        clock: Callable[[], float] = time.time,
        texts: Mapping[str, TextReading] = MappingProxyType({}),
    ) -> None:
        self.most_bytes = _BODY_BYTES
        self._names = names
        self._note = note
        self._key = key
        self._clock = clock
        self._texts = texts

    def parcels(self, buffer: Buffer, tally: Tally) -> Iterator[Parcel]:
        """Yield everything that waits in *buffer* as parcels, observations before labels; count it in *tally*."""
        made = self._clock()
        bodies: dict[Layout, _Gathered] = {}
        labels: list[bytes] = []
        remaining = len(buffer)  # what callers add meanwhile is the next round's
        while remaining > 0 and len(buffer):
            entries, packed = buffer.take(_CHUNK, _CHUNK_BYTES)
            remaining -= len(entries)
            make = blocks_of_packed(entries, self._names, tally, self._note)
            for block in make if packed else self._blocks(entries, labels, tally):
                body = bodies.setdefault(block.layout, _Gathered())
                body.add(reduced(block, self._texts, self._note) if self._texts else block)
                if body.rows >= _BODY_ROWS or body.nbytes >= self.most_bytes:
                    yield from self._sealed(bodies.pop(block.layout).blocks, made)
            if remaining > 0:
                time.sleep(0)
        for body in bodies.values():
            yield from self._sealed(body.blocks, made)
        if labels:
            yield Parcel(self._key(), made, labels=labels, rows=len(labels))

    def _blocks(self, entries: Sequence[Any], labels: list[bytes], tally: Tally) -> Iterator[Block]:
        rows: list[Entry | Packed] = []
        for entry in entries:
            if type(entry) is tuple:
                rows.append(entry)
                continue
            if isinstance(entry, Counted):
                _count(entry, tally)
            elif isinstance(entry, Label):
                labels += self._line_of(entry, tally)
            elif isinstance(entry, Deferred):
                rows += self._read(entry, tally)
        yield from blocks_of(rows, self._names, tally, self._note)

    def _sealed(self, blocks: Sequence[Block], made: float) -> Iterator[Parcel]:
        for block in unmixed(joined(blocks)):
            for piece in block.pieces(_BODY_ROWS * 3 // 2, self.most_bytes * 3 // 2):
                encoded = encode(piece, self._names)
                yield Parcel(self._key(), made, encoded, rows=piece.rows)

    def _line_of(self, entry: Label, tally: Tally) -> Iterator[bytes]:
        name, label = plain(entry.id), plain(entry.label)
        if not _is_word(name) or not _is_word(label):
            self._note("label", "a label needs an id and a label that is a number or a text")
            tally.dropped_labels["invalid"] += 1
            return
        # The same text as beside the prediction, where 42.0 is 42.
        line: dict[str, Any] = {"id": word_of(name), "label": label}
        if entry.ts is not None and (ts := moment_of(entry.ts, self._note)) is not None:
            line["ts"] = ts
        yield json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def _read(self, entry: Deferred, tally: Tally) -> Iterator[Entry]:
        try:
            found = entry.read()
        except Exception as error:  # noqa: BLE001 - bodies are anything, and so is what reads them
            self._note(f"body {type(error).__name__}", f"a request or its response could not be read: {error}")
            found = None
        if found is None:
            _count(Counted(0, 1, entry.latency_s, entry.status), tally)
            return
        more = {name: found[name] for name in ("logits", "id", "ts", "label", "segment") if found.get(name) is not None}
        more |= {"latency_s": entry.latency_s} | ({} if entry.status is None else {"status": entry.status})
        yield with_words(found.get("features"), self._texts), found.get("prediction"), found.get("proba"), more, 1, 0


@dataclass(slots=True)
class _Gathered:
    """Blocks of one layout that will be one body."""

    blocks: list[Block] = field(default_factory=list)
    rows: int = 0
    nbytes: int = 0

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.rows += block.rows
        self.nbytes += block.nbytes


def _is_word(value: Any) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _count(entry: Counted, tally: Tally) -> None:
    reason = failure_of(plain(entry.status))
    tally.requests += entry.requests
    if reason is None:
        tally.predictions += entry.rows
    elif entry.requests:
        tally.failures[reason] += 1
    latency = plain(entry.latency_s)
    if entry.requests and isinstance(latency, int | float) and 0 <= latency < float("inf"):
        tally.latencies.append(float(latency))
