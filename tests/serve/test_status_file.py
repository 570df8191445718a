"""The status file: the same as the API says, whole or not at all, and failures that are counted."""

from __future__ import annotations

import asyncio
import json
import stat

import pytest

from driftgauge.errors import ConfigError
from driftgauge.file_settings import StatusFileSettings
from driftgauge.serve.engine import Engine
from driftgauge.serve.settings import parse
from driftgauge.serve.status_file import StatusFile
from tests.serve.harness import MONDAY
from tests.serve.keeping import batch


@pytest.fixture
def engine():
    made = Engine(parse("defaults: {reference: {learn_rows: 1000}, seasonality: none}", {}), {}, clock=lambda: MONDAY)
    made.registry.find("fraud", "3").observe(batch(1_500), MONDAY)
    return made


def written(engine, path):
    """Write the file once and return what is told of it."""

    async def once():
        await StatusFile(engine, StatusFileSettings(path=str(path))).write()
        await engine.stop()

    asyncio.run(once())
    return engine.health.status_file


def test_it_holds_what_the_api_answers(engine, tmp_path):
    """Time, and every model with status, traffic, worst columns and alerts; anybody may read it, and nothing is left beside it."""
    path = tmp_path / "status.json"
    path.write_text("old")
    told = written(engine, path)
    found = json.loads(path.read_text())
    assert found["time"] == told.time == MONDAY
    (model,) = found["models"]
    assert (model["name"], model["version"], model["predictions"]) == ("fraud", "3", 1_500)
    assert {"status", "alerts", "worst_columns", "reference"} <= set(model)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["status.json"]


def test_what_cannot_be_written_is_counted_and_nothing_is_lost(engine, tmp_path, caplog):
    """A folder that is not there, or a directory in its place: the reason is counted, and said."""
    told = written(engine, tmp_path / "nowhere" / "status.json")
    assert told.time is None
    assert told.failures["io"] == 1
    assert "no status file" in caplog.text


def test_a_fault_of_ours_does_not_end_it(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("driftgauge.serve.status_file.list_models", lambda *_: {"models": float("nan")})
    assert written(engine, tmp_path / "status.json").failures["internal"] == 1


def test_it_is_said_once_while_it_goes_on(engine, tmp_path, caplog):
    async def thrice():
        file = StatusFile(engine, StatusFileSettings(path=str(tmp_path / "nowhere" / "status.json")))
        for _ in range(3):
            await file.write()
        await engine.stop()

    asyncio.run(thrice())
    assert engine.health.status_file.failures["io"] == 3
    assert caplog.text.count("no status file") == 1


@pytest.mark.parametrize("wrong", ["{path: /tmp/x/}", "{path: s.json, interval_seconds: 0}"])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match="status_file"):
        parse(f"status_file: {wrong}", {})
