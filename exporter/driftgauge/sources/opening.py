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
from driftgauge.sources import bento, delimited, json_lines, parquet
from driftgauge.sources.roles import FEATURES_ONLY, Roles
from driftgauge.sources.source import CHUNK_ROWS, Part, Source, Table

__all__ = ["FORMATS", "open_source"]


def _unknown(_path: Path) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read, and how its rows are counted without reading them."""

    read: Callable[..., Iterator[Part]]
    count: Callable[[Path], int | None] = _unknown
    delimited: bool = False


_CSV = Format(partial(delimited.read, usual=","), delimited=True)
_TSV = Format(partial(delimited.read, usual="\t"), delimited=True)
_JSON_LINES = Format(json_lines.read)
_BENTO = Format(bento.read)
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
        ".log": _BENTO,
    }
)


def open_source(
    path: str | os.PathLike[str],
    roles: Roles = FEATURES_ONLY,
    *,
    chunk_rows: int = CHUNK_ROWS,
    delimiter: str | None = None,
) -> Source:
    """Return the source of a file.

    Args:
        path: a file, or the folder of a BentoML monitor.
        roles: which of its columns is what.
        chunk_rows: most rows of a batch.
        delimiter: the character between the cells of a delimited file, where it is not the usual one.
    """
    file = Path(path)
    if chunk_rows < 1:
        raise SourceError(f"{path}: expected at least one row a chunk, found {chunk_rows}")
    if file.is_dir() and not bento.is_monitor(file):
        raise SourceError(f"{path}: expected a file, found a directory")
    if not file.exists():
        raise SourceError(f"{path}: no such file")
    kind = _BENTO if file.is_dir() else _format(file.name)
    options = _delimiter(path, kind, delimiter)
    read = partial(kind.read, file, roles, chunk_rows, **options)
    return Table(file.name, str(path), read, partial(kind.count, file))


def _delimiter(path: str | os.PathLike[str], kind: Format, delimiter: str | None) -> dict[str, str]:
    """Return the reader's options."""
    if delimiter is None:
        return {}
    if not kind.delimited:
        raise SourceError(f"{path}: a delimiter is for CSV and TSV files only, found {delimiter!r}")
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise SourceError(f"delimiter: expected one character that is no quote and no line break, found {delimiter!r}")
    return {"delimiter": delimiter}


def _format(name: str) -> Format:
    name = bento.without_date(name)
    for suffix, kind in FORMATS.items():
        if name.lower().endswith(suffix):
            return kind
    raise SourceError(f"{name}: unknown kind of file, expected a name that ends in {', '.join(FORMATS)}")
