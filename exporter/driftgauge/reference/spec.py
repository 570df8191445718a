"""From a survey to what will be counted."""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Floats
from driftgauge.profile.profile import ProfileSpec
from driftgauge.profile.schema import CATEGORICAL, ColumnSchema, Schema
from driftgauge.reference.edges import choose_edges
from driftgauge.reference.survey import ColumnSurvey, Survey
from driftgauge.sketch import CategorySpec, HistogramSpec

__all__ = ["spec_of"]


def spec_of(survey: Survey, bins: int) -> ProfileSpec:
    """Choose the kind, the edges and the categories of every column."""
    schema = Schema.of(
        ColumnSchema(name, role, kind, kind != CATEGORICAL and found.wide)
        for (role, name), found in survey.columns.items()
        for kind in [survey.kind(role, name)]
    )
    numeric = [survey.columns[column.role, column.name] for column in schema.numeric]
    wide = [column.wide for column in schema.numeric]
    values = [_values(found, wide=is_wide) for found, is_wide in zip(numeric, wide, strict=True)]
    categorical = [survey.columns[column.role, column.name].categories() for column in schema.categorical]
    histogram = HistogramSpec(
        tuple(
            choose_edges(distinct, weights, bins, np.float64 if is_wide else np.float32, found.floors())
            for found, (distinct, weights), is_wide in zip(numeric, values, wide, strict=True)
        ),
        np.array([distinct @ (weights / weights.sum()) if len(distinct) else 0.0 for distinct, weights in values]),
        np.array([found.low if found.low <= found.high else -np.inf for found in numeric]),
        np.array([found.high if found.low <= found.high else np.inf for found in numeric]),
        wide.count(False),
    )
    names, tails, complete = zip(*categorical, strict=True) if categorical else ((), (), ())
    return ProfileSpec(schema, histogram, CategorySpec(names, tails, complete))


def _values(found: ColumnSurvey, *, wide: bool) -> tuple[Floats, Floats]:
    """Return the column's distinct values, in the precision in which they will be compared, and their weights."""
    values, weights = found.edge_values()
    if wide or not len(values):
        return values, weights
    narrow, place = np.unique(values.astype(np.float32), return_inverse=True)
    return narrow.astype(np.float64), np.bincount(place, weights=weights).astype(np.float64)
