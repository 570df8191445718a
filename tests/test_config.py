"""Settings themselves, the example that ships, and that both know of each other."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from driftgauge.config import (
    WINDOW_NAMES,
    ColumnSettings,
    DriftSettings,
    LatencySettings,
    LimitSettings,
    ListenSettings,
    ModelSettings,
    ReferenceSettings,
    Settings,
)
from driftgauge.profile import WINDOWS
from driftgauge.serve.settings import parse
from driftgauge.serve.settings_page import render_reference, setting_rows

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "driftgauge.example.yaml"


def sections(kind=Settings):
    """Yield every dataclass of the configuration."""
    yield kind
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint)):
            if dataclasses.is_dataclass(part):
                yield from sections(part)


def test_every_setting_has_a_help_and_a_default():
    for kind in sections():
        for field in dataclasses.fields(kind):
            assert field.metadata["help"].endswith("."), f"{kind.__name__}.{field.name}"
        assert kind() == kind()


def test_window_names_are_those_of_the_windows():
    assert tuple(window.name for window in WINDOWS) == WINDOW_NAMES


def test_example_parses():
    assert parse(EXAMPLE.read_text(), {}).models[0].name == "fraud"


def test_example_mentions_every_setting():
    """Each name of each section stands in it as a key."""
    text = EXAMPLE.read_text()
    for kind in sections():
        for field in dataclasses.fields(kind):
            assert re.search(rf"^[ -]*{field.name}:", text, re.MULTILINE), f"{kind.__name__}.{field.name}"


def test_example_shows_the_defaults():
    """Without its model the example says what an empty file says."""
    document = yaml.safe_load(EXAMPLE.read_text())
    del document["models"]
    assert parse(yaml.safe_dump(document), {}) == Settings()


def test_reference_page_is_current():
    """`driftgauge check-config --reference > docs/configuration.md` writes it anew."""
    assert (ROOT / "docs" / "configuration.md").read_text() == render_reference()


def test_reference_page_has_every_setting():
    paths = {path for path, _, _ in setting_rows()}
    assert {"listen.socket", "limits.queue_bytes", "defaults.features.NAME.warn", "models[]"} <= paths
    for kind in sections():
        for field in dataclasses.fields(kind):
            assert any(f".{field.name}" in f".{path}" for path in paths), f"{kind.__name__}.{field.name}"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Settings, {"listen": ListenSettings(socket="", ingest="")}),
        (ListenSettings, {"socket_mode": "rw"}),
        (ListenSettings, {"socket_mode": "7777"}),
        (LimitSettings, {"models": 0}),
        (LimitSettings, {"queue_bytes": 10}),
        (ReferenceSettings, {"learn_rows": 5}),
        (ReferenceSettings, {"bins": 1}),
        (DriftSettings, {"warn": 0.3}),
        (DriftSettings, {"warn": math.nan}),
        (DriftSettings, {"evidence": -1.0}),
        (DriftSettings, {"catch_all": 0.0}),
        (DriftSettings, {"false_episodes_per_week": math.inf}),
        (DriftSettings, {"measures": ("psy",)}),
        (LatencySettings, {"warn_seconds": 0.0}),
        (LatencySettings, {"alert_seconds": math.inf}),
        (ModelSettings, {"tick_seconds": 0.0}),
        (ModelSettings, {"tick_seconds": math.inf}),
        (ModelSettings, {"lateness_seconds": math.nan}),
        (ModelSettings, {"lateness_seconds": math.inf}),
    ],
)
def test_impossible_value_cannot_exist(kind, values):
    with pytest.raises(ValueError, match=r"expected|nothing could be observed"):
        kind(**values)


def test_settings_of_a_version_come_before_those_of_all_versions():
    settings = parse("models: [{name: a, tick_seconds: 1}, {name: a, version: '2', tick_seconds: 2}]", {})
    found = [settings.model("a", version) for version in ("1", "2")]
    assert [model.tick_seconds for model in found] == [1, 2]
    assert settings.model("b", "1") is None


def test_a_column_cannot_warn_above_its_alert():
    """Reversed thresholds are a mistake, not a silent alert."""
    with pytest.raises(ValueError, match="expected warn <= alert"):
        ColumnSettings(warn=0.5, alert=0.3)
