"""What is set of each column: the model's settings for inputs, defaults for outputs and for the residual."""

from __future__ import annotations

from collections.abc import Sequence

from driftgauge.config import ColumnSettings, ModelSettings
from driftgauge.derive import RESIDUAL
from driftgauge.profile import INPUT, ColumnSchema

__all__ = ["column_settings"]

_PLAIN = ColumnSettings()
#: Correlations move with the season though nothing is broken: on a year of flights with their weather the residual is in
#: alert for half of it, and its chunks of two months are calm. So it has a status of its own, and no say in the model's.
_RESIDUAL = ColumnSettings(weight=0.0)


def column_settings(settings: ModelSettings, columns: Sequence[ColumnSchema]) -> tuple[ColumnSettings, ...]:
    """Return the settings of every column, in their order."""
    return tuple(
        settings.features.get(column.name, _RESIDUAL if column.name == RESIDUAL else _PLAIN)
        if column.role == INPUT
        else _PLAIN
        for column in columns
    )
