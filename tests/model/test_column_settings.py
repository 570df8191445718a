"""Whose settings hold for which column."""

from __future__ import annotations

from driftgauge.config import ColumnSettings, ModelSettings
from driftgauge.derive import RESIDUAL
from driftgauge.model.column_settings import column_settings
from driftgauge.profile import OUTPUT, ColumnSchema


def test_inputs_have_their_own_settings_and_outputs_the_defaults():
    """An output that is called like an input is not that input."""
    settings = ModelSettings(name="m", features={"x": ColumnSettings(weight=3.0)})
    columns = [ColumnSchema("x"), ColumnSchema("x", role=OUTPUT), ColumnSchema("y")]
    assert [column.weight for column in column_settings(settings, columns)] == [3.0, 1.0, 1.0]


def test_the_residual_has_no_say_unless_it_is_given_one():
    """Correlations move with the season: by default the derived column weighs nothing in the model's verdict."""
    columns = [ColumnSchema(RESIDUAL)]
    assert column_settings(ModelSettings(name="m"), columns)[0].weight == 0.0
    given = ModelSettings(name="m", features={RESIDUAL: ColumnSettings(weight=1.0)})
    assert column_settings(given, columns)[0].weight == 1.0
