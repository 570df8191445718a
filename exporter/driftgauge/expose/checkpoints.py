"""What the exporter tells of the files that it writes, checkpoints and the status file: records, and their families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftgauge import names
from driftgauge.expose.family import Family, labelled, single

__all__ = ["CheckpointView", "StatusFileView", "checkpoint_families", "status_file_families"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointView:
    """All that can be told of checkpoints at one time.

    Attributes:
        time: of the last complete one, seconds since 1970; None before one.
        size: bytes of its files.
        seconds: that it took; None before one.
        failures: checkpoints that could not be written, by reason.
        restored: models that came back from one at start.
        rejected: files that were not used at start, by reason.
    """

    time: float | None
    size: int
    seconds: float | None
    failures: Mapping[str, int]
    restored: int
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFileView:
    """All that can be told of the status file at one time.

    Attributes:
        time: when it was last written, seconds since 1970; None before that.
        failures: writings that failed, by reason.
    """

    time: float | None
    failures: Mapping[str, int]


def status_file_families(view: StatusFileView) -> Iterator[Family]:
    """Yield the families of the status file."""
    yield single(names.STATUS_FILE_TIMESTAMP, view.time)
    yield labelled(names.STATUS_FILE_FAILURES, view.failures)


def checkpoint_families(view: CheckpointView) -> Iterator[Family]:
    """Yield the families of the checkpoints."""
    yield single(names.CHECKPOINT_TIMESTAMP, view.time)
    yield single(names.CHECKPOINT_BYTES, view.size)
    yield single(names.CHECKPOINT_DURATION, view.seconds)
    yield labelled(names.CHECKPOINT_FAILURES, view.failures)
    yield single(names.CHECKPOINT_RESTORED, view.restored)
    yield labelled(names.CHECKPOINT_REJECTED, view.rejected)
