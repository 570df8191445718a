"""Profile of a data set: the exporter's reference, the task it is about, and cells that make it comparable with others.

Its text is a profile file as `driftgauge profile build` writes one, with a field `dataset` that the exporter passes over. Two
data sets have other quantiles, so other bins; cells (the mean and the number of the values within 0.8 %, at most some
thousand a column) let one be counted in the bins of the other. Memory: 40 bytes a cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import ProfileError
from driftgauge.profile import Reference, dumps, loads
from driftgauge.training.task import TaskSpec, task_of

__all__ = ["Cells", "DatasetProfile", "find_profiles", "load_profile", "save_profile"]

Float64s = NDArray[np.float64]
Cells = tuple[Float64s, Float64s]

_COLUMNS = '\n  "columns": [\n'


@dataclass(frozen=True, slots=True)
class DatasetProfile:
    """What is known of a data set.

    Attributes:
        task: what it is for.
        reference: its sketches, ready for `driftgauge serve`.
        cells: (role, column) -> values, ascending, and how often each occurs; of the numeric columns.
    """

    task: TaskSpec
    reference: Reference
    cells: Mapping[tuple[str, str], Cells] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the sample."""
        return self.reference.rows

    def dumps(self) -> str:
        """Return the profile as JSON text, which is a profile file too."""
        record = {
            "task": self.task.record,
            "cells": [
                {"role": role, "name": name, "values": values.tolist(), "counts": counts.tolist()}
                for (role, name), (values, counts) in self.cells.items()
            ],
        }
        header, columns = dumps(self.reference).split(_COLUMNS, 1)
        return f'{header}\n  "dataset": {json.dumps(record, ensure_ascii=False)},{_COLUMNS}{columns}'

    @classmethod
    def loads(cls, text: str | bytes, source: str = "profile") -> DatasetProfile:
        """Read what `dumps` wrote; *source* is named in errors.

        Raises:
            ProfileError: the text is no profile, or one of no data set.
        """
        reference = loads(text, source)
        record = json.loads(text).get("dataset")
        if not isinstance(record, dict) or "task" not in record:
            raise ProfileError(f"{source}: a profile without a task; compute_dataset_profile makes one with it")
        return cls(task_of(record["task"], source), reference, _cells_of(record.get("cells", ()), source))


def save_profile(profile: DatasetProfile, folder: str | Path) -> Path:
    """Write *profile* into *folder* as NAME-DIGEST.json and return the path; the same profile has the same path."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in profile.task.name)
    path = place / f"{name}-{profile.reference.digest}.json"
    fresh = path.with_suffix(".tmp")
    fresh.write_text(profile.dumps(), "utf-8")
    fresh.replace(path)
    return path


def load_profile(path: str | Path) -> DatasetProfile:
    """Read the profile at *path*.

    Raises:
        ProfileError: it is not there, or no profile of a data set.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read ({error.strerror})") from error
    return DatasetProfile.loads(text, str(path))


def find_profiles(folder: str | Path, name: str = "", *, modality: str = "") -> list[DatasetProfile]:
    """Return the profiles of data sets in *folder*, newest first; other files are passed over.

    Args:
        folder: where `save_profile` wrote.
        name: of the task; empty: of any.
        modality: of the task; empty: of any.
    """
    found = [
        profile
        for profile in _readable(Path(folder))
        if (not name or profile.task.name == name) and (not modality or profile.task.modality == modality)
    ]
    return sorted(found, key=lambda profile: (-profile.reference.provenance.created, profile.reference.digest))


def _readable(folder: Path) -> Iterator[DatasetProfile]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield load_profile(path)
        except ProfileError:
            continue  # a folder of artifacts holds other things too


def _cells_of(records: Any, source: str) -> dict[tuple[str, str], Cells]:
    try:
        return {(str(record["role"]), str(record["name"])): _cells(record) for record in records}
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"{source}: damaged: {error}") from error


def _cells(record: Mapping[str, Any]) -> Cells:
    values, counts = (np.array(record[part], dtype=np.float64) for part in ("values", "counts"))
    if values.shape != counts.shape or values.ndim != 1 or (counts < 0).any():
        raise ProfileError(f"cells of {record['name']!r} do not fit their counts")
    return values, counts
