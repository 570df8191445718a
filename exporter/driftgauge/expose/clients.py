"""Series of what client processes report of themselves; only where one has reported."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge import names
from driftgauge.expose.block import KEPT, Block, Scope
from driftgauge.expose.shape import Shape
from driftgauge.model import ClientCounts, ModelView
from driftgauge.model.clients import EXITS
from driftgauge.report import DROPS

__all__ = ["client_blocks"]


def client_blocks(scope: Scope, shape: Shape) -> Iterator[Block]:
    """Yield the blocks of the clients."""
    if not shape.clients:
        return
    yield scope.single(names.REQUESTS_IN_FLIGHT, lambda view: _or_nan(_clients(view).in_flight))
    yield scope.single(names.CLIENT_PROCESSES, lambda view: _clients(view).processes)
    yield scope.single(names.CLIENT_SAMPLE_RATIO, lambda view: _or_nan(_clients(view).sample_rate))
    yield scope.block(names.CLIENT_DROPPED_ROWS, _each(DROPS), lambda view: [*_clients(view).dropped.values()], KEPT)
    yield scope.block(
        names.CLIENT_DROPPED_LABELS, _each(DROPS), lambda view: [*_clients(view).dropped_labels.values()], KEPT
    )
    yield scope.block(names.CLIENT_EXITS, _each(EXITS), lambda view: [*_clients(view).exits.values()], KEPT)


def _each(reasons: tuple[str, ...]) -> list[tuple[str]]:
    return [(reason,) for reason in reasons]


def _clients(view: ModelView) -> ClientCounts:
    clients = view.counters.clients
    assert clients is not None
    return clients


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
