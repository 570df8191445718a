"""One simulated history in a real Prometheus, for every test that asks it something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.catalogue import RENDERED
from dashboards.preview import backfill, grafana, tsdb
from dashboards.preview.history import STEP, write
from dashboards.preview.stories import short


@pytest.fixture(params=sorted(RENDERED.glob("*.json")), ids=lambda path: path.stem)
def dashboard(request) -> dict[str, Any]:
    return json.loads(request.param.read_text("utf-8"))


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    """Run Prometheus over the short story, rules and alerts included; the time range to ask about comes with it."""
    directory: Path = tmp_path_factory.mktemp("prometheus")
    (directory / "data").mkdir()
    story = short()
    text = directory / "history.om"
    write(story.pods, story.start, story.end, text)
    tsdb.import_text(text, directory / "data")
    settings = backfill.rehearsed()
    backfill.write_records(directory, settings, story.start, story.end)
    assert backfill.write_alerts(directory, settings, story.start, story.end)
    with tsdb.serving(directory) as server:
        yield server, grafana.Range(story.start, story.end - STEP)
