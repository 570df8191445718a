"""What the exporter tells of its checkpoints: a record, and its families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftgauge import names
from driftgauge.expose.family import Family, labelled, single

__all__ = ["CheckpointView", "checkpoint_families"]


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


def checkpoint_families(view: CheckpointView) -> Iterator[Family]:
    """Yield the families of the checkpoints."""
    yield single(names.CHECKPOINT_TIMESTAMP, view.time)
    yield single(names.CHECKPOINT_BYTES, view.size)
    yield single(names.CHECKPOINT_DURATION, view.seconds)
    yield labelled(names.CHECKPOINT_FAILURES, view.failures)
    yield single(names.CHECKPOINT_RESTORED, view.restored)
    yield labelled(names.CHECKPOINT_REJECTED, view.rejected)
