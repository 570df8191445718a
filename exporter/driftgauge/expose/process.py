"""Process metrics: what the reference client library tells of this process, as text to append to a scrape.

On a registry of its own, so that nothing else of a program that imports this is exposed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from driftgauge.expose.formats import OPENMETRICS, Format

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["ProcessMetrics"]


class ProcessMetrics:
    """Memory, processor time, open files, the interpreter and its garbage collector."""

    @cached_property
    def _registry(self) -> CollectorRegistry:
        # Imported at the first scrape: nothing else needs it, and it takes 30 ms of the start.
        import prometheus_client as client  # noqa: PLC0415

        registry = client.CollectorRegistry()
        for collector in (client.ProcessCollector, client.PlatformCollector, client.GCCollector):
            collector(registry=registry)
        return registry

    def text(self, wanted: Format) -> str:
        """Return the metrics in a format, without an end mark."""
        from prometheus_client import exposition  # noqa: PLC0415
        from prometheus_client.openmetrics import exposition as open_metrics  # noqa: PLC0415

        if wanted is OPENMETRICS:
            body: bytes = open_metrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
            return body.decode().removesuffix("# EOF\n")
        return exposition.generate_latest(self._registry).decode()
