"""The folder of checkpoints: whole files, one owner, and what cannot be used out of the way."""

from __future__ import annotations

import errno
import os

import pytest

from driftgauge.serve.state_folder import StateFolder, failure_reason


@pytest.fixture
def folder(tmp_path):
    made = StateFolder(tmp_path / "state")
    yield made
    made.close()


def test_files_are_replaced_whole(folder):
    """A model has one file, which holds what was written last."""
    for data in (b"first", b"second"):
        folder.write("a/b", "1", data)
    folder.write("a", "b/1", b"other")
    assert sorted(file.read_bytes() for file in folder.files()) == [b"other", b"second"]
    assert len(list(folder.path.iterdir())) == 3  # two files and the lock


def test_a_failed_write_leaves_the_old_file(folder, monkeypatch):
    """When the disk is full the last good file stays and nothing else is left behind."""
    folder.write("m", "1", b"good")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("m", "1", b"torn")
    assert [file.read_bytes() for file in folder.files()] == [b"good"]
    assert len(list(folder.path.iterdir())) == 2


def test_two_exporters_do_not_share_a_folder(folder):
    """The second one is told that the folder is taken; after the first has let go it gets it."""
    with pytest.raises(OSError, match="temporarily unavailable") as caught:
        StateFolder(folder.path)
    assert failure_reason(caught.value) == "locked"


def test_a_folder_can_be_taken_over(tmp_path):
    """Once its owner is gone, and with it what it was writing when it was killed."""
    first = StateFolder(tmp_path)
    (tmp_path / "half.writing").write_bytes(b"half")
    first.close()
    second = StateFolder(tmp_path)
    second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_what_cannot_be_used_is_set_aside(folder):
    """It is renamed, and found no more."""
    folder.write("m", "1", b"odd")
    aside = folder.set_aside(next(folder.files()))
    assert (aside.read_bytes(), list(folder.files())) == (b"odd", [])


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "no_space"),
        (errno.EDQUOT, "no_space"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "permission"),
        (errno.EAGAIN, "locked"),
        (errno.EIO, "io"),
        (errno.ENOTDIR, "io"),
    ],
)
def test_failures_have_reasons(number, reason):
    """What the counter's label says."""
    assert failure_reason(OSError(number, "x")) == reason
