"""Checkpoints: what a restart of the exporters would lose."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.query import Query
from dashboards.sdk import models, units
from dashboards.where import Where
from driftgauge import names

__all__ = ["panels"]


def panels(where: Where) -> tuple[models.Panel, ...]:
    """Return the panels."""
    pod = where.pod
    return (
        lines(
            "Since the last checkpoint",
            "What a crash would lose now, by exporter. It stays under `state.interval_seconds`; without `state.directory` there "
            "is nothing here.",
            units.Seconds,
            [Query(f"time() - max by ({pod}) ({where.metric(names.CHECKPOINT_TIMESTAMP)})", f"{{{{{pod}}}}}")],
        ),
        lines(
            "Failed checkpoints",
            "Checkpoints that could not be written, by reason; meanwhile a restart would lose more.",
            units.Short,
            [
                Query(
                    f"sum by (reason) (increase({where.metric(names.CHECKPOINT_FAILURES)}[$__rate_interval]))",
                    "{{reason}}",
                ),
            ],
        ),
        lines(
            "Size of the checkpoints",
            "Bytes of the files of each exporter; a model needs twice its own while one is written.",
            units.BytesIEC,
            [Query(f"max by ({pod}) ({where.metric(names.CHECKPOINT_BYTES)})", f"{{{{{pod}}}}}")],
        ),
    )
