"""Fixtures of several test modules."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.cli.main import main
from driftgauge.profile import dumps
from driftgauge.reference import Learner
from tests.serve.process import Process


@pytest.fixture
def serve(tmp_path):
    """Start exporters as processes; they are ended with the test."""
    started = []

    def start(text="", *arguments, **environ):
        started.append(Process(tmp_path, text, *arguments, **environ))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.fixture
def profile(tmp_path):
    """Write a profile of 500 rows of `age`; return its path."""
    learner = Learner(100)
    learner.observe(Batch(500, inputs={"age": np.arange(500.0) % 60}, outputs={"prediction": np.arange(500.0) % 2}))
    path = tmp_path / "profile.json"
    path.write_text(dumps(learner.finish(1.7e9)))
    return path


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Run `driftgauge serve` where it is expected to refuse; return what it said in its one line."""
    handlers = logging.getLogger("driftgauge").handlers[:]

    def run(text="", *arguments, **environ):
        monkeypatch.chdir(tmp_path)
        Path("driftgauge.yaml").write_text(text)
        for name, value in ({"LISTEN__METRICS": "127.0.0.1:0", "LISTEN__SOCKET": "ingest.sock"} | environ).items():
            monkeypatch.setenv(f"DRIFTGAUGE_{name}", value)
        assert main(["serve", "--config", "driftgauge.yaml", *arguments]) == 2
        lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("ts=")]
        assert len(lines) == 1
        return lines[0].removeprefix("driftgauge: ")

    yield run
    logging.getLogger("driftgauge").handlers[:] = handlers
