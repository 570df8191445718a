"""Files of commands: profiles read, results written whole or not at all, data files counted.

`observed` is the one way in which commands see a data file: with the columns that the exporter derives from a request, so
that a profile built here and the traffic counted there have the same columns.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from driftgauge.batch import Batch
from driftgauge.cli.progress import Progress
from driftgauge.derive import with_score_columns
from driftgauge.errors import ProfileError
from driftgauge.profile import Reference, loads
from driftgauge.sources import Source
from driftgauge.sources.opening import FORMATS

__all__ = ["check_writable", "is_data", "observed", "read_profile", "write"]

#: the name that stands for standard input or output
STANDARD = "-"


def is_data(path: str) -> bool:
    """Tell whether *path* names a data file rather than a profile."""
    return path.lower().endswith(tuple(FORMATS))


def read_profile(path: str) -> Reference:
    """Read the profile at *path*, "-" for standard input.

    Raises:
        ProfileError: it is not there, or no profile.
    """
    if is_data(path):
        raise ProfileError(
            f"{path}: expected a profile, found a data file; make one with `driftgauge profile build {path}`"
        )
    if path == STANDARD:
        return loads(sys.stdin.buffer.read(), "standard input")
    try:
        return loads(Path(path).read_bytes(), path)
    except FileNotFoundError:
        raise ProfileError(f"{path}: no such file") from None
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read ({error.strerror})") from error


def observed(source: Source, progress: Progress, *, passes: int) -> Callable[[], Iterator[Batch]]:
    """Return what starts the next of *passes* over *source*, with derived columns, moving *progress*."""
    numbers = itertools.count()

    def batches() -> Iterator[Batch]:
        done = next(numbers)
        for batch in source.batches():
            progress.show((done + source.progress()) / passes)
            yield with_score_columns(batch)

    return batches


def check_writable(path: str) -> None:
    """Refuse a place where nothing can be written, before work is done for it."""
    target = Path(path)
    if path == STANDARD:
        return
    if target.is_dir():
        raise ProfileError(f"{path}: expected a file to write, found a directory")
    if not target.parent.is_dir():
        raise ProfileError(f"{path}: the directory {str(target.parent)!r} does not exist")


def write(path: str, text: str, *, mode: int | None = None) -> int:
    """Write *text* to *path* ("-": standard output) and return its size; a reader never sees half of it.

    Args:
        path: where to.
        text: what.
        mode: permissions of the file; what the process gives new files when None.
    """
    content = text.encode("utf-8", "surrogatepass")  # JSON lines may carry lone surrogates; `loads` reads them back
    if path == STANDARD:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return len(content)
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)  # a pipe or a device cannot be replaced
        else:
            _replace(target, content, mode)
    except OSError as error:
        raise ProfileError(f"{path}: cannot be written ({error.strerror})") from error
    return len(content)


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    fresh = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        fresh.write_bytes(content)
        if mode is not None:
            fresh.chmod(mode)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
