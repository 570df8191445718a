"""Reference <-> JSON text that a person can read: a header, then one column a line.

Guarantee: `loads(dumps(reference))` is equal to the reference, edges to the last bit; a file of another format version,
cut off or in contradiction with itself is refused with the column and the field named. About 0.8 KB per numeric column,
so 300 of them fit in a ConfigMap (1 MiB).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import ProfileError
from driftgauge.profile.detector_codec import detector_record, read_detector
from driftgauge.profile.outcome_codec import outcome_record, read_outcomes
from driftgauge.profile.profile import Profile, ProfileSpec
from driftgauge.profile.projection_codec import projection_record, read_projection
from driftgauge.profile.reference import Provenance, Reference
from driftgauge.profile.schema import CATEGORICAL, INPUT, NUMERIC, OUTPUT, ColumnSchema, Schema
from driftgauge.profile.segment_codec import read_segments, segment_records
from driftgauge.profile.sketch_codec import embedders_of, own_tokens_of, sketch_records, sketches_of
from driftgauge.profile.timed_codec import read_timed, timed_records
from driftgauge.sketch import TOP_CATEGORIES, CategorySpec, HistogramSpec

__all__ = ["FORMAT_VERSION", "dumps", "loads"]

FORMAT = "driftgauge-profile"
FORMAT_VERSION = 1

Record = Mapping[str, Any]


def dumps(reference: Reference) -> str:
    """Return *reference* as JSON text."""
    profile, provenance = reference.profile, reference.provenance
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": provenance.name,
        "model": provenance.model,
        "version": provenance.version,
        "created": _timestamp(provenance.created),
        "rows": reference.rows,
        "digest": reference.digest,
        "time_range": None if provenance.time_range is None else [_timestamp(time) for time in provenance.time_range],
        "notes": list(provenance.notes),
    }
    if profile.spec.projection is not None:
        head["projection"] = projection_record(profile.spec.projection)
    if profile.spec.detector is not None:
        head["anomaly"] = detector_record(profile.spec.detector)
    head |= sketch_records(reference) | segment_records(reference)
    if reference.outcomes is not None:
        head["outcomes"] = outcome_record(reference.outcomes)
    records = [*_numeric_records(profile), *_categorical_records(profile)]
    columns = [{**record, **timed} for record, timed in zip(records, timed_records(reference), strict=True)]
    lines = ",\n    ".join(json.dumps(column, ensure_ascii=False) for column in columns)
    header = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()
    )
    return f'{{\n{header},\n  "columns": [\n    {lines}\n  ]\n}}\n'


def loads(text: str | bytes, source: str = "profile") -> Reference:
    """Read a reference; *source* is named in errors.

    Raises:
        ProfileError: the text is no profile, of another version, cut off, or contradicts itself.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        made = "" if text.lstrip()[:1] in {"{", b"{"} else "; a profile is what `driftgauge profile build` writes"
        raise ProfileError(f"{source}: not a complete JSON document ({error}){made}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ProfileError(f'{source}: expected a JSON object with "format": "{FORMAT}"')
    if document.get("format_version") != FORMAT_VERSION:
        raise ProfileError(
            f"{source}: format version {document.get('format_version')!r}, this driftgauge reads version"
            f" {FORMAT_VERSION}; build the profile again"
        )
    try:
        return _reference(document)
    except ProfileError as error:
        raise ProfileError(f"{source}: {error}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProfileError(f"{source}: damaged: {type(error).__name__}: {error}") from error


def _numeric_records(profile: Profile) -> list[Record]:
    spec, histogram = profile.spec.histogram, profile.histogram
    records: list[Record] = []
    for i, column in enumerate(profile.spec.schema.numeric):
        bins = len(spec.edges[i]) + 1
        records.append(
            {
                "name": column.name,
                "role": column.role,
                "kind": NUMERIC,
                "precision": "float64" if column.wide else "float32",
                "mean": float(spec.centers[i]),
                "low": _finite(spec.lows[i]),
                "high": _finite(spec.highs[i]),
                "edges": [_shortest(edge, wide=column.wide) for edge in spec.edges[i]],
                "counts": histogram.counts[i, :bins].tolist(),
                "missing": int(histogram.counts[i, -1]),
                "infinite": histogram.infinite[i].tolist(),
                "sums": histogram.sums[i, :bins].tolist(),
                "squares": float(histogram.squares[i]),
            }
        )
    return records


def _categorical_records(profile: Profile) -> list[Record]:
    spec, counts = profile.spec.categories, profile.categories.counts
    return [
        {
            "name": column.name,
            "role": column.role,
            "kind": CATEGORICAL,
            "categories": dict(zip(spec.names[i], counts[i].tolist(), strict=False)),
            "other": int(counts[i, spec.other]),
            "missing": int(counts[i, spec.missing]),
            "tail": list(spec.tails[i]),
            "complete": spec.complete[i],
        }
        for i, column in enumerate(profile.spec.schema.categorical)
    ]


def _reference(document: Record) -> Reference:
    records = document["columns"]
    schema = Schema.of(_column(record) for record in records)
    if len({(column.role, column.name) for column in schema.columns}) < len(records):
        raise ProfileError("a column is listed twice")
    by_key = {(record["role"], record["name"]): record for record in records}
    numeric = [by_key[column.role, column.name] for column in schema.numeric]
    categorical = [by_key[column.role, column.name] for column in schema.categorical]
    rows = _count(document["rows"], "rows")
    for record in numeric:
        _check_numeric(record, rows)
    for record in categorical:
        _check_categorical(record, rows)
    embedders = embedders_of(document)
    spec = ProfileSpec(
        schema,
        _histogram_spec(schema, numeric),
        _category_spec(categorical),
        projection=read_projection(document.get("projection")),
        embedders=embedders,
        texts=tuple(map(str, document.get("tokens", {}))),
        detector=read_detector(document.get("anomaly")),
        own_tokens=own_tokens_of(document),
    )
    profile = spec.zero()
    profile.rows[0] = rows
    _fill_histogram(profile, numeric)
    for i, record in enumerate(categorical):
        counts = list(record["categories"].values())
        profile.categories.counts[i, : len(counts)] = counts
        profile.categories.counts[i, -2:] = record["other"], record["missing"]
    created = _seconds(document["created"])
    times = document.get("time_range")
    return Reference(
        profile,
        Provenance(
            str(document["name"]),
            created,
            str(document.get("model", "")),
            str(document.get("version", "")),
            None if times is None else (_seconds(times[0]), _seconds(times[1])),
            tuple(map(str, document.get("notes", ()))),
        ),
        *read_timed(spec, [*numeric, *categorical]),
        sketches=sketches_of(document, embedders),
        outcomes=read_outcomes(document.get("outcomes")),
        segments=read_segments(document, spec),
    )


def _column(record: Record) -> ColumnSchema:
    name, role, kind = record["name"], record["role"], record["kind"]
    if role not in {INPUT, OUTPUT} or kind not in {NUMERIC, CATEGORICAL}:
        raise ProfileError(
            f"column {name!r}: role {role!r} and kind {kind!r}, expected input or output, numeric or categorical"
        )
    return ColumnSchema(str(name), role, kind, record.get("precision") == "float64")


def _check_numeric(record: Record, rows: int) -> None:
    name, bins = record["name"], len(record["edges"]) + 1
    for part, wanted in (("counts", bins), ("sums", bins), ("infinite", 2)):
        if len(record[part]) != wanted:
            raise ProfileError(f"column {name!r}: {len(record[part])} {part} for {bins} bins, expected {wanted}")
    edges = record["edges"]
    if any(not math.isfinite(edge) for edge in edges) or any(b <= a for a, b in pairwise(edges)):
        raise ProfileError(f"column {name!r}: edges must be finite and ascending")
    for count in record["infinite"]:
        _count(count, f"column {name!r}: infinite")
    _check_total(name, (*record["counts"], record["missing"]), rows)


def _check_categorical(record: Record, rows: int) -> None:
    name = record["name"]
    if len(record["categories"]) > TOP_CATEGORIES:
        raise ProfileError(f"column {name!r}: {len(record['categories'])} categories, at most {TOP_CATEGORIES} fit")
    _check_total(name, (*record["categories"].values(), record["other"], record["missing"]), rows)


def _check_total(name: str, counts: Iterable[Any], rows: int) -> None:
    total = sum(_count(count, f"column {name!r}: counts") for count in counts)
    if total > rows:
        raise ProfileError(f"column {name!r}: counts of {total} rows, the profile has {rows}")


def _count(value: Any, what: str) -> int:
    if type(value) is not int or value < 0:
        raise ProfileError(f"{what}: expected whole numbers >= 0, got {value!r}")
    return value


def _histogram_spec(schema: Schema, records: Sequence[Record]) -> HistogramSpec:
    lows = [-math.inf if record["low"] is None else record["low"] for record in records]
    highs = [math.inf if record["high"] is None else record["high"] for record in records]
    edges = tuple(
        np.array(record["edges"], dtype=np.float64 if column.wide else np.float32).astype(np.float64)
        for record, column in zip(records, schema.numeric, strict=True)
    )
    return HistogramSpec(
        edges,
        np.array([record["mean"] for record in records], dtype=np.float64),
        np.array(lows, dtype=np.float64),
        np.array(highs, dtype=np.float64),
        sum(not column.wide for column in schema.numeric),
    )


def _category_spec(records: Sequence[Record]) -> CategorySpec:
    return CategorySpec(
        tuple(tuple(record["categories"]) for record in records),
        tuple(tuple(record["tail"]) for record in records),
        tuple(bool(record["complete"]) for record in records),
    )


def _fill_histogram(profile: Profile, records: Sequence[Record]) -> None:
    histogram = profile.histogram
    for i, record in enumerate(records):
        bins = len(record["edges"]) + 1
        histogram.counts[i, :bins] = record["counts"]
        histogram.counts[i, -1] = record["missing"]
        histogram.infinite[i] = record["infinite"]
        histogram.sums[i, :bins] = record["sums"]
        histogram.squares[i] = record["squares"]


def _shortest(value: float, *, wide: bool) -> float:
    """Return the shortest decimal that reads back as the same value in the column's precision."""
    return float(value) if wide else float(str(np.float32(value)))


def _finite(value: np.float64 | NDArray[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
