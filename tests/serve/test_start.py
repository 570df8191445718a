"""What a plain `driftgauge serve` loads before it is ready: a guard of its start that no clock is needed for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.profile import dumps
from driftgauge.reference import BuildOptions, build

#: modules by what they are needed for; none of it by an exporter that compares traffic with profiles
NOT_NEEDED = {
    "measures that are published by request": ("scipy", "river", "torch"),
    "files of training data": ("pandas", "pyarrow", "sklearn", "driftgauge.sources", "driftgauge.training"),
    "senders": ("driftgauge.client",),
    "the proxy": ("driftgauge.serve.proxy",),
    "learning from traffic, building profiles": ("driftgauge.reference.learner", "driftgauge.reference.builder"),
    "the first scrape": ("prometheus_client",),
    "passwords": ("bcrypt",),
    "a development machine": ("numpy.testing", "unittest", "pytest", "driftgauge.demo"),
}
PROGRAM = """
import asyncio, gc, json, os, signal, sys, threading
from pathlib import Path
from driftgauge.serve.memory import start

def done():
    collecting, kept = gc.isenabled(), gc.get_freeze_count()
    ready()
    told = {"modules": list(sys.modules), "collecting": [collecting, gc.isenabled()], "kept": gc.get_freeze_count() - kept}
    told |= {"threads": threading.active_count(), "tasks": len(os.listdir("/proc/self/task"))}
    print(json.dumps(told))
    os.kill(os.getpid(), signal.SIGTERM)

with start() as ready:
    from driftgauge.serve.service import Service
    asyncio.run(Service(Path(sys.argv[1]), {}, strict=True).run(done))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, object]:
    """What an exporter of one model with a profile tells of itself once it is ready."""
    folder = tmp_path_factory.mktemp("start")
    rows = np.random.default_rng(1).normal(size=300)
    profile = build(lambda: [Batch(300, inputs={"x": rows})], BuildOptions(name="fraud", created=0.0))
    (folder / "profile.json").write_text(dumps(profile))
    settings = {
        "listen": {"socket": str(folder / "s"), "metrics": "127.0.0.1:0"},
        "log": {"level": "error"},
        "models": [{"name": "fraud", "reference": {"path": str(folder / "profile.json")}}],
    }
    (folder / "c.yaml").write_text(json.dumps(settings))
    command = [sys.executable, "-c", PROGRAM, str(folder / "c.yaml")]
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_plain_exporter_loads_nothing_that_it_does_not_need(told):
    """Every one of those would be a tenth of a second, or tens of megabytes, of every pod."""
    loaded = set(told["modules"])
    assert {what: [name for name in names if name in loaded] for what, names in NOT_NEEDED.items()} == {
        what: [] for what in NOT_NEEDED
    }
    assert "driftgauge.serve.engine" in loaded


def test_nothing_is_collected_before_it_is_ready(told):
    """The collector begins when the exporter is ready, and does not look at what was there by then."""
    assert told["collecting"] == [False, True]
    assert told["kept"] > 50_000


def test_no_library_has_threads_of_its_own(told):
    """NumPy's linear algebra would have one for each further core, which take the model's time by spinning."""
    assert told["tasks"] == told["threads"]
