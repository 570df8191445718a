"""Checkpoints on bad disks: what a fault costs, and what it does not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from driftgauge.model import Model
from driftgauge.serve.keeper import FAILURES
from tests.serve.harness import MONDAY
from tests.serve.keeping import Running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.mark.parametrize("damage", [b"", b"something else", b"driftgauge state 1\n" + b"\0" * 50])
def test_a_damaged_file_is_set_aside_and_the_others_are_used(folder, damage):
    """The exporter starts, says so, and keeps the file for whoever wants to look."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    file = min(folder.glob("*.state"))
    file.write_bytes(damage)
    second = Running(folder)
    assert (second.told.restored, second.told.rejected["damaged"]) == (1, 1)
    assert file.with_suffix(".rejected").read_bytes() == damage
    second.end()


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "no_space"), (errno.EROFS, "read_only"), (errno.EIO, "io")]
)
def test_a_bad_disk_degrades_to_memory(folder, monkeypatch, number, reason):
    """Counting goes on, the failure is counted, and the next checkpoint is complete again."""
    running = Running(folder)
    running.observe()
    fsync = os.fsync

    def bad(_):
        raise OSError(number, "bad")

    monkeypatch.setattr(os, "fsync", bad)
    running.keeper.keep()
    assert running.told.failures == dict.fromkeys(FAILURES, 0) | {reason: 1}
    assert running.told.time is None
    running.observe(rows=500)
    monkeypatch.setattr(os, "fsync", fsync)
    running.now += 60
    running.keeper.keep()
    assert running.told.time == MONDAY + 60
    assert running.told.size == sum(file.stat().st_size for file in folder.glob("*.state"))
    running.end()


def test_the_folder_holds_no_more_than_it_may(folder):
    """What would be more is not written and counted; files that were set aside make room first."""
    running = Running(folder)
    running.observe()
    running.keeper.keep()
    (file,) = folder.glob("*.state")
    (folder / "old.rejected").write_bytes(bytes(10 * file.stat().st_size))
    running.keeper._limit = 5 * file.stat().st_size
    running.observe(seed=2)
    running.keeper.keep()
    assert (running.told.failures["limit"], list(folder.glob("*.rejected"))) == (0, [])
    running.keeper._limit = file.stat().st_size
    before = file.read_bytes()
    running.observe(seed=3)
    running.keeper.keep()
    assert (running.told.failures["limit"], file.read_bytes()) == (1, before)
    running.end()


def test_a_model_that_cannot_be_kept_costs_the_others_nothing(folder, monkeypatch):
    """A fault of ours is counted, and the checkpoints go on."""
    running = Running(folder)
    running.observe()
    running.observe(name="risk")
    freeze = Model.freeze

    def broken(model, wall):
        if model.name == "fraud":
            raise ZeroDivisionError
        return freeze(model, wall)

    monkeypatch.setattr(Model, "freeze", broken)
    running.keeper.keep()
    assert (running.told.failures["internal"], running.told.time) == (1, None)
    assert len(list(folder.glob("*.state"))) == 1
    monkeypatch.setattr(Model, "freeze", freeze)
    running.keeper.keep()
    assert running.told.time == MONDAY
    assert len(list(folder.glob("*.state"))) == 2
    running.end()


def test_a_fault_while_a_model_comes_back_does_not_stop_the_start(folder, monkeypatch):
    """Its file is set aside, and the other models go on."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    thaw = Model.thaw

    def broken(model, state, wall):
        if model.name == "fraud":
            raise ZeroDivisionError
        return thaw(model, state, wall)

    monkeypatch.setattr(Model, "thaw", broken)
    second = Running(folder)
    assert (second.told.restored, second.told.rejected["damaged"]) == (1, 1)
    second.end()


def test_a_file_that_cannot_be_read_costs_the_others_nothing(folder, monkeypatch):
    """A bad sector under one of them is counted."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    bad = min(folder.glob("*.state"))
    read = Path.read_bytes

    def sector(path):
        if path == bad:
            raise OSError(errno.EIO, "bad")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", sector)
    second = Running(folder)
    assert (second.told.restored, second.told.failures["io"]) == (1, 1)
    assert bad.exists()
    second.end()


def test_a_folder_in_use_is_left_alone(folder):
    """The second exporter runs without checkpoints, and says why; once the folder is free it takes it."""
    first = Running(folder)
    second = Running(folder)
    assert second.told.failures["locked"] == 1
    second.observe()
    second.keeper.keep()
    assert second.told.failures["locked"] == 2
    first.end()
    second.keeper.keep()
    assert second.told.size > 0
    second.end()
