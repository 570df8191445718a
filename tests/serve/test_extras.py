"""What a setting needs and is not installed is said by name, and the rest goes on."""

from __future__ import annotations

import sys

import pytest

from driftgauge.cli.main import main
from driftgauge.errors import ConfigError
from driftgauge.serve.extras import without_missing
from driftgauge.serve.loading import load_settings
from driftgauge.serve.settings import parse

TEXT = """\
models:
- {name: fraud, level_changes: {detectors: [adwin], series: [latency]}}
- {name: other}
"""


@pytest.fixture
def no_river(monkeypatch):
    monkeypatch.setitem(sys.modules, "river.drift", None)


@pytest.mark.usefixtures("no_river")
def test_a_missing_extra_is_a_problem():
    """The message names the setting and what to install; the model is counted, without detectors."""
    loaded = load_settings(parse(TEXT, {}))
    assert len(loaded.problems) == 1
    assert loaded.problems[0].startswith("models[0].level_changes.detectors: ")
    assert loaded.problems[0].endswith('pip install "driftgauge[river]"')
    assert [model.name for model in loaded.settings.models] == ["fraud", "other"]
    assert [model.level_changes.detectors for model in loaded.settings.models] == [(), ()]


@pytest.mark.usefixtures("no_river")
def test_check_config_refuses(tmp_path, capsys):
    """The check at configuration time fails with the same words."""
    file = tmp_path / "c.yaml"
    file.write_text(TEXT)
    assert main(["check-config", "--config", str(file)]) == 2
    assert 'pip install "driftgauge[river]"' in capsys.readouterr().err


@pytest.mark.usefixtures("no_river")
def test_nothing_is_imported_unless_wanted():
    """Without detectors nothing is looked for."""
    settings = parse("models: [{name: fraud}]", {})
    assert without_missing(settings) == (settings, [])


def test_what_is_there_changes_nothing():
    settings = parse(TEXT, {})
    assert without_missing(settings) == (settings, [])


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{detectors: [cusum]}", "detectors: expected distinct ones"),
        ("{detectors: [adwin, adwin]}", "detectors: expected distinct ones"),
        ("{series: [recall]}", "series: expected distinct ones"),
        ("{slot_seconds: 90}", "slot_seconds"),
        ("{least_rows: 0}", "least_rows: expected a number >= 1"),
        ("{warmup_slots: 5}", "warmup_slots: expected a number >= 30"),
        ("{warmup_slots: 5000}", "warmup_slots: expected at most 1000"),
        ("{adwin_delta: 1}", "adwin_delta: expected a number in"),
        ("{kswin_alpha: 0}", "kswin_alpha: expected a number in"),
        ("{page_hinkley_threshold: 0}", "page_hinkley_threshold: expected a number > 0"),
        ("{page_hinkley_allowance: -1}", "page_hinkley_allowance: expected a number >= 0"),
    ],
    ids=str,
)
def test_impossible_settings_are_refused(section, message):
    """With the path of the setting, its value and what was expected."""
    with pytest.raises(ConfigError, match=rf"models\[0\]\.level_changes.*{message}"):
        parse(f"models: [{{name: m, level_changes: {section}}}]", {})
