"""What the exporter tells of itself: a record of plain numbers, and its families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge import names
from driftgauge.errors import REASONS
from driftgauge.expose.checkpoints import CheckpointView, StatusFileView, checkpoint_families, status_file_families
from driftgauge.expose.events import EventsView, event_families
from driftgauge.expose.family import Family, Samples, histogram_prefixes, histogram_values, labelled, single
from driftgauge.expose.listeners import ListenerView, listener_families
from driftgauge.expose.proxy import ProxyView, proxy_families
from driftgauge.ingest import DECODERS

__all__ = ["ExporterView", "exporter_families", "suppressed_family"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterView:
    """All that can be told of the exporter at one time.

    Attributes:
        version: of driftgauge.
        batches: bodies taken in by format (their content type).
        rows: rows taken in by format.
        rejected_rows: rows of accepted bodies that could not be used, by reason.
        dropped: bodies refused, by reason.
        queue_bytes: bytes received and not yet counted.
        queue_limit_bytes: `limits.queue_bytes`.
        ingest_bounds: upper bounds of the buckets of the ingest duration, seconds, without +Inf.
        ingest_counts: bodies per bucket and beyond, not cumulative.
        ingest_seconds: sum of these durations.
        collect_seconds: duration of the last evaluation and rendering; None before the first.
        collect_errors: evaluations and renderings that failed.
        config_valid: whether the running configuration is valid.
        config_reload_success: whether the last reading of it succeeded.
        config_reload_time: of the last one that did, seconds since 1970; None when none has.
        events: of inference loggers.
        proxy: of the transparent proxy; None without one.
        checkpoints: None where no folder is configured for them.
        status_file: None where none is configured.
        listeners: what is told of each listener.
        answers_shared: requests answered with what was rendered for another.
    """

    version: str
    batches: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    rejected_rows: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    queue_bytes: int = 0
    queue_limit_bytes: int = 0
    ingest_bounds: tuple[float, ...] = ()
    ingest_counts: Sequence[int] | NDArray[np.int64] = (0,)
    ingest_seconds: float = 0.0
    collect_seconds: float | None = None
    collect_errors: int = 0
    config_valid: bool = True
    config_reload_success: bool = True
    config_reload_time: float | None = None
    events: EventsView = field(default_factory=EventsView)
    proxy: ProxyView | None = None
    checkpoints: CheckpointView | None = None
    status_file: StatusFileView | None = None
    listeners: Sequence[ListenerView] = ()
    answers_shared: int = 0


def exporter_families(view: ExporterView) -> Iterator[Family]:
    """Yield the families of the exporter itself."""
    yield labelled(names.BUILD_INFO, {view.version: 1})
    yield labelled(names.INGEST_BATCHES, dict.fromkeys(DECODERS, 0) | dict(sorted(view.batches.items())))
    yield labelled(names.INGEST_ROWS, dict.fromkeys(DECODERS, 0) | dict(sorted(view.rows.items())))
    yield labelled(names.INGEST_REJECTED_ROWS, dict.fromkeys(REASONS, 0) | dict(sorted(view.rejected_rows.items())))
    yield labelled(names.INGEST_DROPPED, dict.fromkeys(REASONS, 0) | dict(sorted(view.dropped.items())))
    yield single(names.INGEST_QUEUE_BYTES, view.queue_bytes)
    yield single(names.INGEST_QUEUE_LIMIT_BYTES, view.queue_limit_bytes)
    yield _ingest_duration(view)
    yield single(names.COLLECT_DURATION, view.collect_seconds)
    yield single(names.COLLECT_ERRORS, view.collect_errors)
    yield single(names.CONFIG_VALID, view.config_valid)
    yield single(names.CONFIG_RELOAD_SUCCESS, view.config_reload_success)
    yield single(names.CONFIG_RELOAD_TIMESTAMP, view.config_reload_time)
    yield from event_families(view.events)
    if view.proxy is not None:
        yield from proxy_families(view.proxy)
    if view.checkpoints is not None:
        yield from checkpoint_families(view.checkpoints)
    if view.status_file is not None:
        yield from status_file_families(view.status_file)
    yield from listener_families(view.listeners)
    yield single(names.ANSWERS_SHARED, view.answers_shared)


def suppressed_family(counts: Mapping[str, int]) -> Family:
    """Return the family of the series left out, by reason."""
    return labelled(names.SERIES_SUPPRESSED, counts)


def _ingest_duration(view: ExporterView) -> Family:
    metric = names.INGEST_DURATION
    prefixes = histogram_prefixes(metric, "", view.ingest_bounds)
    return Family(metric, (Samples(prefixes, histogram_values(view.ingest_counts, view.ingest_seconds)),))
