"""Processes that are killed, stopped and started again: what was kept is there, nothing is damaged, nothing counts twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from driftgauge.serve.state_file import decode
from tests.faults.load import INGEST, Load, rows
from tests.serve.harness import eventually
from tests.serve.process import PACKAGES

INTERVAL = 1.0
CONFIG = f"state: {{directory: state, interval_seconds: {INTERVAL}}}\ndefaults: {{reference: {{learn_rows: 200}}}}"
CHECKPOINT = "driftgauge_checkpoint_timestamp_seconds"
COLUMNS = 60


def kept_since(process, moment):
    """Wait for a checkpoint that began after *moment*."""
    first = eventually(lambda: (found := process.scrape().get(CHECKPOINT, 0.0)) > moment and found)
    eventually(lambda: process.scrape()[CHECKPOINT] > first)


def held(process):
    """Return how many rows the longest window holds."""

    def samples():
        model = process.get("/api/v1/models/fraud/versions/0").json
        columns = (model.get("evaluation") or {"columns": []})["columns"]
        return [column["windows"]["14d"]["samples"] for column in columns if column["feature"] == "x0"]

    return eventually(samples)[0]


def killed_again_and_again(serve, rounds, tell=None):
    """Kill the exporter under load at random points; return how many seconds of rows each kill has cost."""
    chance = random.Random(20)
    first = serve(CONFIG).ready()
    assert first.ask("POST", INGEST, rows(0, 300, COLUMNS)).status == 202
    kept_since(first, time.time())
    first.signal(signal.SIGKILL)
    first.wait()
    process = serve(CONFIG).ready()
    base, costs = 0, []
    for _ in range(rounds):
        load = Load(process.socket, columns=COLUMNS)
        eventually(lambda load=load: load.rows > 0)
        moment = time.time()
        marked = load.before(moment)
        kept_since(process, moment)
        # Writing takes some hundredths of a second, once a second: both are hit.
        time.sleep(chance.uniform(0, INTERVAL))
        until = time.time()
        process.signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        load.stop()
        process = serve(CONFIG).ready()
        scrape = process.scrape()
        assert scrape["driftgauge_checkpoint_restored_models"] == 1
        assert scrape['driftgauge_checkpoint_rejected_total{reason="damaged"}'] == 0
        now = held(process)
        assert base + marked <= now <= base + load.sent
        costs.append(load.loss_seconds(now - base, until))
        base = now
        if tell is not None and len(costs) % 10 == 0:
            worst, middle = max(costs), sorted(costs)[len(costs) // 2]
            tell(f"{len(costs)} kills: lost {middle:.2f} s in the middle, {worst:.2f} s at worst, of {INTERVAL:g} s")
    return costs


def test_a_few_kills_under_load_lose_what_came_after_the_last_checkpoint_and_no_more(serve):
    """The windows hold at least what had been acknowledged before the last checkpoint, and at most what was sent."""
    assert len(killed_again_and_again(serve, 2)) == 2


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_fifty_kills_under_load_lose_an_interval_at_most(serve, figure):
    """An interval, and the time that a checkpoint takes to begin and to be written."""
    costs = killed_again_and_again(serve, 50, figure)
    assert max(costs) < INTERVAL + 10.0  # a loaded machine takes its time to write


#: writes a file, and another one in its place, in the midst of which it kills itself at the point that is said
WRITE = """
import io, os, pathlib, signal, sys
from driftgauge.serve.state_file import encode
from driftgauge.serve.state_folder import StateFolder
from driftgauge.state import State
import numpy as np
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
folder = StateFolder(pathlib.Path(sys.argv[1]))
state = lambda n: encode(State({"n": n}, {"a": np.random.default_rng(n).random(100_000)}))
folder.write("fraud", "0", state(1))
if sys.argv[2]:
    exec(sys.argv[2])
else:
    opened = pathlib.Path.open
    class Half:
        def __init__(self, file): self.file = file
        def __enter__(self): return self
        def __exit__(self, *_): pass
        def write(self, data): self.file.write(data[: len(data) // 2]); self.file.flush(); die()
    pathlib.Path.open = lambda *a, **k: Half(opened(*a, **k))
folder.write("fraud", "0", state(2))
"""


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        ("", 1),
        ("os.fsync = die", 1),
        ("pathlib.Path.replace = die", 1),
        ("rename = pathlib.Path.replace; pathlib.Path.replace = lambda *a: (rename(*a), die())", 2),
    ],
    ids=["half-written", "not-synchronised", "not-renamed", "renamed"],
)
def test_a_kill_while_a_file_is_written_leaves_the_old_one_or_the_new_one(tmp_path, point, kept):
    """Never half of one, whatever the moment; what was begun is cleared away by the next process."""
    command = [sys.executable, "-c", WRITE, str(tmp_path), point]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": PACKAGES}, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    (file,) = tmp_path.glob("*.state")
    assert decode(file.read_bytes()).fact("n", int) == kept


def test_a_process_that_is_stopped_goes_on_where_it_was(serve):
    """SIGSTOP, as by a debugger or a frozen cgroup: what was asked meanwhile is answered afterwards, and counts once."""
    process = serve(CONFIG).ready()
    assert process.ask("POST", INGEST, rows(0)).status == 202
    with ThreadPoolExecutor(8) as pool:
        process.signal(signal.SIGSTOP)
        asked = [pool.submit(process.ask, "POST", INGEST, rows(number)) for number in range(8)]
        time.sleep(1.5)  # what is tested is that time passes
        assert not any(one.done() for one in asked)
        process.signal(signal.SIGCONT)
        assert {one.result().status for one in asked} == {202}
    scrape = process.scrape()
    assert scrape['driftgauge_requests_total{model="fraud",version="0"}'] == 90
    assert scrape["driftgauge_collect_errors_total"] == 0
    assert process.end() == 0
