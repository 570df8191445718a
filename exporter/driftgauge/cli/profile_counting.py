"""A data file counted with a reference's bins, as the exporter would count the same rows as traffic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from driftgauge.batch import Batch, Floats
from driftgauge.cli.files import observed
from driftgauge.cli.progress import Progress
from driftgauge.derive import with_texts, with_vectors
from driftgauge.errors import SourceError
from driftgauge.model.batch_job import BatchJob
from driftgauge.profile import DAY_SECONDS, HOUR_SECONDS, HOURS, OUTPUT, Profile, Reference
from driftgauge.profile.profile import Block
from driftgauge.profile.reading import word
from driftgauge.reference.embeddings import SketchTotals
from driftgauge.sketch import Sketch
from driftgauge.sources import Roles, open_source

__all__ = ["Counted", "Watch", "count"]

#: sees each batch of a file, and how the reference's columns were read of it
Watch = Callable[[Batch, Block], None]

#: rows looked at to learn which columns a file has
_PEEKED_ROWS = 1_000
#: columns that a note names before it says how many more there are
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """What is compared with the reference, under its name, with what a person should know of it."""

    name: str
    batch: BatchJob
    notes: tuple[str, ...]
    sketches: Mapping[str, Sketch] = field(default_factory=dict)
    violations: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """What was counted."""
        return self.batch.profile


def count(
    path: str,
    roles: Roles,
    reference: Reference,
    progress: Progress,
    *,
    delimiter: str | None = None,
    watch: Watch | None = None,
) -> Counted:
    """Count the file at *path* with the spec of *reference*; *watch* sees every batch, and what was read of it.

    Raises:
        SourceError: it cannot be read, or has no rows.
    """
    source = open_source(path, _as_in(reference, roles, path, delimiter), delimiter=delimiter)
    spec = reference.profile.spec
    profile, violations, given = spec.zero(), Counter[tuple[str, str]](), False
    totals = SketchTotals(spec.embedders)
    first, last, hours = math.inf, -math.inf, np.zeros(HOURS, dtype=np.int64)
    for batch in observed(source, progress, passes=1)():
        reading = spec.read(batch)
        if watch is not None:
            watch(batch, reading.block)
        totals.add(with_vectors(with_texts(batch, spec.texts, own=spec.own_tokens), spec.embedders))
        profile = profile.merge(spec.count(spec.scored(reading.block)))
        violations.update(reading.violations)
        given = given or bool(batch.outputs)
        times = _known_times(batch)
        first, last = min(first, times.min(initial=math.inf)), max(last, times.max(initial=-math.inf))
        hours += np.bincount((times % DAY_SECONDS // HOUR_SECONDS).astype(np.int64), minlength=HOURS)
    if not profile.rows[0]:
        raise SourceError(f"{path}: no rows to compare")
    notes = [*_violation_notes(source.name, violations), *([] if given else _output_notes(reference))]
    times_known = (float(first), float(last)) if first <= last else None
    return Counted(source.name, BatchJob(profile, times_known, hours), tuple(notes), totals.sketches, dict(violations))


def _known_times(batch: Batch) -> Floats:
    return np.empty(0) if batch.timestamps is None else batch.timestamps[~np.isnan(batch.timestamps)]


def _as_in(reference: Reference, roles: Roles, path: str, delimiter: str | None) -> Roles:
    """Return *roles* with the columns that the reference read as text and this file might show as numbers."""
    wanted = _text_columns(reference.profile)
    if not wanted:
        return roles
    first = next(open_source(path, roles, chunk_rows=_PEEKED_ROWS, delimiter=delimiter).batches(), Batch(0))
    names = (
        roles.prediction or name if (role, name) == (OUTPUT, "prediction") else name
        for role, name, _ in first.columns
        if (role, name) in wanted
    )
    return replace(roles, categorical=tuple(names))


def _text_columns(profile: Profile) -> set[tuple[str, str]]:
    """Return columns with categories that numbers would spell otherwise, such as 007 or 1.0."""
    spec = profile.spec
    return {
        (column.role, column.name)
        for column, names, tail in zip(
            spec.schema.categorical, spec.categories.names, spec.categories.tails, strict=True
        )
        if any(map(_odd_number, (*names, *tail)))
    }


def _odd_number(text: str) -> bool:
    try:
        return word(float(text)) != text
    except ValueError:
        return False


def _violation_notes(name: str, violations: Mapping[tuple[str, str], int]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for column, reason in violations:
        by_reason.setdefault(reason, []).append(column)
    if lacking := by_reason.get("missing_column"):
        yield f"{name} lacks {_listed(lacking)}: their rows count as missing"
    if unknown := by_reason.get("unknown_column"):
        yield f"not in the reference and left out: {_listed(unknown)}"
    for column in by_reason.get("wrong_type", ()):
        yield f"column {column!r} is numeric: {violations[column, 'wrong_type']:,} values of text count as missing"


def _output_notes(reference: Reference) -> Iterator[str]:
    outputs = [column.name for column in reference.profile.spec.schema.columns if column.role == OUTPUT]
    if outputs:
        yield f"not compared: {_listed(outputs)}; say --prediction, --probability or --output-column to compare outputs"


def _listed(names: Iterable[str]) -> str:
    every = sorted(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(map(repr, every[:_LISTED])) + more
