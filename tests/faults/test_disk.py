"""Disks that fill up under a running exporter: it goes on in memory, says so, and is whole again when there is room."""

from __future__ import annotations

import os
import resource
import subprocess

import pytest

from tests.faults.load import INGEST, rows
from tests.serve.harness import eventually

CONFIG = "state: {directory: state, interval_seconds: 1}\ndefaults: {reference: {learn_rows: 200}}"
TIME = "driftgauge_checkpoint_timestamp_seconds"
NO_SPACE = 'driftgauge_checkpoint_failures_total{reason="no_space"}'


@pytest.fixture
def full(tmp_path):
    """A state folder on a disk of 8 KiB, where this process may mount one."""
    folder = tmp_path / "state"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this process may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def observe(process, first, number=100):
    assert process.ask("POST", INGEST, rows(first, number, 60)).status == 202


def test_a_full_disk_costs_nothing_but_the_checkpoint(serve, full):
    """Observing goes on, the failure is counted, nothing is left behind, and room heals it without a restart."""
    process = serve(CONFIG).ready()
    observe(process, 0, 300)
    eventually(lambda: process.scrape()[NO_SPACE] > 0)
    for number in range(5):
        observe(process, 300 + 100 * number)
    assert process.healthy()
    assert TIME not in process.scrape()
    assert not list(full.glob("*.state"))
    subprocess.run(["mount", "-o", "remount,size=16m", str(full)], check=True)
    eventually(lambda: process.scrape().get(TIME, 0.0))
    assert process.end() == 0
    again = serve(CONFIG).ready()
    assert again.scrape()["driftgauge_checkpoint_restored_models"] == 1
    assert again.end() == 0  # the disk is unmounted after this


def test_a_limit_on_files_is_a_full_disk(serve):
    """Whoever may not write more goes on, and takes up where the last whole file was."""
    process = serve(CONFIG).ready()
    observe(process, 0, 300)
    eventually(lambda: process.scrape().get(TIME, 0.0))
    number, (file,) = _pid(process), process.folder.glob("state/*.state")
    before = file.read_bytes()
    soft, hard = resource.prlimit(number, resource.RLIMIT_FSIZE)
    resource.prlimit(number, resource.RLIMIT_FSIZE, (1_000, hard))
    observe(process, 300)
    eventually(lambda: process.scrape()[NO_SPACE] > 0)
    assert file.read_bytes() == before
    assert not list(process.folder.glob("state/*.writing"))
    stale = process.scrape()[TIME]
    resource.prlimit(number, resource.RLIMIT_FSIZE, (soft, hard))
    eventually(lambda: process.scrape()[TIME] > stale)
    assert file.read_bytes() != before


def _pid(process):
    return process._process.pid
