"""State folder: one file a model and version, written whole or not at all.

A file is written beside its place, synchronised, and renamed; the folder is synchronised after that. What cannot be used is
renamed to `*.rejected`, the newest one of each model, so that a fault can be looked into and no disk fills up. A lock keeps
two exporters from one folder.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["StateFolder", "failure_reason"]

SUFFIX, REJECTED = ".state", ".rejected"
_LOCK = "lock"
_REASONS = {
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EFBIG: "no_space",  # a limit on files
    errno.EROFS: "read_only",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.EWOULDBLOCK: "locked",
}


def failure_reason(error: OSError) -> str:
    """Return why a folder could not be used: no_space, read_only, permission, locked or io."""
    return _REASONS.get(error.errno or 0, "io")


class StateFolder:
    """The files of one exporter; every method may raise OSError.

    Args:
        path: of the folder; it is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise
        for left in path.glob("*.writing"):  # by a process that was killed while it wrote
            left.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock)

    def files(self) -> Iterator[Path]:
        """Yield the files, in order of their names."""
        yield from sorted(self.path.glob(f"*{SUFFIX}"))

    def write(self, name: str, version: str, data: bytes | bytearray) -> None:
        """Write the file of a model's version."""
        place = self.path / self._file(name, version)
        beside = place.with_suffix(".writing")
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def make_room(self, wanted: int, limit: int) -> bool:
        """Tell whether *wanted* bytes more stay within *limit*; files that were set aside go first."""
        if self._size() + wanted > limit:
            for rejected in self.path.glob(f"*{REJECTED}"):
                rejected.unlink(missing_ok=True)
        return self._size() + wanted <= limit

    def _size(self) -> int:
        return sum(file.stat().st_size for file in self.path.iterdir())

    @staticmethod
    def set_aside(file: Path) -> Path:
        """Rename a file that cannot be used; return its new path."""
        return file.rename(file.with_suffix(REJECTED))

    @staticmethod
    def _file(name: str, version: str) -> str:
        return hashlib.sha256(f"{name}\0{version}".encode()).hexdigest()[:32] + SUFFIX
