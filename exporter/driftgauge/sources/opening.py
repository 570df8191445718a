"""Opening: from the suffix of a file's name to its reader.

A file that cannot be a source (not there, a directory, no suffix that a reader stands for) is refused at once; what is
wrong inside it is found while it is read. Opening reads nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from driftgauge.errors import SourceError
from driftgauge.sources import delimited, json_lines, parquet
from driftgauge.sources.roles import FEATURES_ONLY, Roles
from driftgauge.sources.source import CHUNK_ROWS, Part, Source, Table

__all__ = ["FORMATS", "open_source"]


def _unknown(_path: Path) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read, and how its rows are counted without reading them."""

    read: Callable[[Path, Roles, int], Iterator[Part]]
    count: Callable[[Path], int | None] = _unknown


_CSV = Format(partial(delimited.read, delimiter=","))
_TSV = Format(partial(delimited.read, delimiter="\t"))
_JSON_LINES = Format(json_lines.read)
_PARQUET = Format(parquet.read, parquet.count)

#: end of a file's name -> its format
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".csv": _CSV,
        ".csv.gz": _CSV,
        ".tsv": _TSV,
        ".tsv.gz": _TSV,
        ".parquet": _PARQUET,
        ".pq": _PARQUET,
        ".jsonl": _JSON_LINES,
        ".jsonl.gz": _JSON_LINES,
        ".ndjson": _JSON_LINES,
        ".ndjson.gz": _JSON_LINES,
    }
)


def open_source(path: str | os.PathLike[str], roles: Roles = FEATURES_ONLY, *, chunk_rows: int = CHUNK_ROWS) -> Source:
    """Return the source of a file; `chunk_rows` bounds the rows of a batch."""
    file = Path(path)
    if chunk_rows < 1:
        raise SourceError(f"{path}: expected at least one row a chunk, found {chunk_rows}")
    if file.is_dir():
        raise SourceError(f"{path}: expected a file, found a directory")
    if not file.exists():
        raise SourceError(f"{path}: no such file")
    kind = _format(file.name)
    return Table(file.name, str(path), partial(kind.read, file, roles, chunk_rows), partial(kind.count, file))


def _format(name: str) -> Format:
    for suffix, kind in FORMATS.items():
        if name.lower().endswith(suffix):
            return kind
    raise SourceError(f"{name}: unknown kind of file, expected a name that ends in {', '.join(FORMATS)}")
