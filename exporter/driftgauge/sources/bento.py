"""BentoML monitoring logs as batches: what `bentoml.monitor` writes, one JSON object a line.

    monitoring/iris/data/data.0.log             rows: the columns beside `timestamp`, `request_id`, `trace_id`
    monitoring/iris/data/data.0.log.2026-09-14  older ones
    monitoring/iris/schema/schema.0.log         role and type of each column

Read is one file, or the monitor's folder with the files of all workers, the oldest first. Roles come from the schema where
it lies beside, unless others are given: features, the prediction (further ones are outputs), the target as label; the
request's id is the row's. Sequences become a column for each element. BentoML writes times without a zone; they are
read as UTC, which is what containers keep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftgauge.errors import SourceError
from driftgauge.sources import json_lines
from driftgauge.sources.lines import opened
from driftgauge.sources.roles import Roles
from driftgauge.sources.source import Part

__all__ = ["is_monitor", "read", "without_date"]

TIME, REQUEST, TRACE = "timestamp", "request_id", "trace_id"

_ROTATED = re.compile(r"(?<=\.log)\.\d[\d_-]*$")
_NOBODY = "None"


def is_monitor(folder: Path) -> bool:
    """Tell whether a folder is a monitor's."""
    return bool(_data_files(folder))


def without_date(name: str) -> str:
    """Return a log's name without what its rotation added."""
    return _ROTATED.sub("", name)


def read(path: Path, roles: Roles, chunk_rows: int) -> Iterator[Part]:
    """Yield the rows of a monitor's file, or of all its files."""
    files = _data_files(path) if path.is_dir() else [path]
    known = _schema_of(files[0].parent.parent / "schema")
    for number, file in enumerate(files):
        for batch, share in json_lines.read(file, roles, chunk_rows, table=_Monitored(roles, schema=known)):
            yield batch, (number + share) / len(files)


@dataclass(slots=True)
class _Monitored(json_lines.Rows):
    """Lines of a monitor: flat rows whose roles the schema says."""

    schema: Mapping[str, str] = field(default_factory=dict)  # column -> feature, prediction or target

    def row(self, line: int, found: json_lines.Row) -> json_lines.Row:
        if TIME not in found or REQUEST not in found:
            raise SourceError(
                f"line {line}: expected a line of a BentoML monitor with {TIME!r} and {REQUEST!r}, found {sorted(found)[:8]}"
            )
        row = dict(_flat(found))
        if row[REQUEST] == _NOBODY:
            row[REQUEST] = None
        return row

    def roles_now(self) -> Roles:
        roles, given = self.roles, self.roles.facts
        own = {name: self.schema.get(name.partition("[")[0], "feature") for name in self.names}
        predictions = [name for name, role in own.items() if role == "prediction"]
        targets = [name for name, role in own.items() if role == "target"]
        prediction = roles.prediction or (predictions[0] if predictions else None)
        taken = {*roles.outputs, *roles.probabilities, *given.values(), prediction}
        label = {"label": targets[0]} if targets else {}
        facts = {"id": REQUEST, **label, **given} if roles.with_facts else given
        return replace(
            roles,
            prediction=prediction,
            outputs=(*roles.outputs, *(name for name in predictions if name not in taken)),
            timestamp=roles.timestamp or TIME,
            facts=facts,
            ignore=tuple(
                dict.fromkeys((*roles.ignore, REQUEST, *(n for n in (TIME, TRACE) if n in self.names), *targets))
            ),
            categorical=tuple(dict.fromkeys((*roles.categorical, REQUEST))),
        )


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, list):
            yield from ((f"{name}[{place}]", element) for place, element in enumerate(value))
        else:
            yield name, value


def _data_files(folder: Path) -> list[Path]:
    """Return the files of a monitor's workers, the oldest first."""
    found = [file for file in (folder / "data").glob("data*.log*") if without_date(file.name).endswith(".log")]
    return sorted(found, key=lambda file: (file.name == without_date(file.name), file.name))


def _schema_of(folder: Path) -> Mapping[str, str]:
    """Return the role of each column that the latest schema names; nothing where there is no schema."""
    roles: dict[str, str] = {}
    for file in sorted(folder.glob("schema*.log")):
        with opened(file) as lines:
            for text in lines:
                try:
                    columns = json.loads(text)["columns"]
                    roles |= {str(column["name"]): str(column["role"]) for column in columns}
                except (ValueError, TypeError, KeyError) as error:
                    raise SourceError(f"{file}: line {lines.number}: expected a schema of a BentoML monitor") from error
    return roles
