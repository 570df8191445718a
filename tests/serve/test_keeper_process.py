"""Checkpoints of a real process: what a signal costs."""

from __future__ import annotations

import signal

from tests.serve.harness import eventually

CONFIG = "state: {directory: state, interval_seconds: 1}\ndefaults: {reference: {learn_rows: 200}}"
ROWS = [{"features": {"age": 40 + number % 7}, "prediction": number % 2} for number in range(300)]
INGEST = "/v1/models/fraud/observations"


def learned(process):
    found = [name for name in process.scrape() if name.startswith("driftgauge_reference_info")]
    return found[0] if found else ""


def test_sigterm_loses_nothing(serve):
    """What was observed until the end is there after a restart, before anything new is observed."""
    first = serve(CONFIG).ready()
    assert first.ask("POST", INGEST, ROWS).status == 202
    reference = eventually(lambda: learned(first))
    assert first.ask("POST", INGEST, ROWS[:123]).status == 202
    assert first.end() == 0
    second = serve(CONFIG).ready()
    assert learned(second) == reference
    model = second.get("/api/v1/models/fraud/versions/0").json
    assert {score["samples"] for column in model["evaluation"]["columns"] for score in column["windows"].values()} == {
        123
    }


def test_sigkill_loses_at_most_an_interval(serve):
    """What had been kept when the process was killed is there again."""
    first = serve(CONFIG).ready()
    assert first.ask("POST", INGEST, ROWS).status == 202
    reference = eventually(lambda: learned(first))
    before = first.scrape().get("driftgauge_checkpoint_timestamp_seconds", 0.0)
    eventually(lambda: first.scrape().get("driftgauge_checkpoint_timestamp_seconds", 0.0) > max(before, 1.0))
    first.signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    second = serve(CONFIG).ready()
    assert learned(second) == reference
    assert second.scrape()["driftgauge_checkpoint_restored_models"] == 1
