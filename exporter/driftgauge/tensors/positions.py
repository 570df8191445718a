"""Positions: which of a sequence's positions count, by a mask or by labels of the same inference.

They are remembered from the request for the response, because masks are inputs and scores are outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Flags
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import short
from driftgauge.ingest.reducing import Deep
from driftgauge.ingest.tensors import read_numbers
from driftgauge.tensor_settings import TensorSettings
from driftgauge.tensors.kinds import RefusedTensor

__all__ = ["Positions", "named_by"]


def named_by(settings: Mapping[str, TensorSettings]) -> frozenset[str]:
    """Return the tensors that settings of others name."""
    return frozenset(name for entry in settings.values() for name in (entry.mask, entry.labels) if name)


@dataclass(slots=True)
class Positions:
    """The masks and labels of one inference, as they come."""

    _seen: dict[str, Deep] = field(default_factory=dict)

    def remember(self, tensors: Collection[Deep], named: Collection[str]) -> None:
        """Keep those that others name."""
        self._seen.update((tensor.name, tensor) for tensor in tensors if tensor.name in named)

    def kept(self, tensor: Deep, settings: TensorSettings, shape: tuple[int, ...]) -> Flags | None:
        """Return which positions of *tensor* count, [rows, ...] as *shape*; None where all do.

        Raises:
            RefusedTensor: a mask that should be there is not, or is of another shape.
            DecodeError: it cannot be read.
        """
        kept: Flags | None = None
        if settings.mask:
            kept = self._read(settings.mask, tensor, shape) != 0
        if settings.labels:
            counts = self._read(settings.labels, tensor, shape) != settings.ignore_index
            kept = counts if kept is None else kept & counts
        return kept

    def _read(
        self, name: str, tensor: Deep, shape: tuple[int, ...]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        found = self._seen.get(name)
        if found is None:
            raise _refused(tensor, "no_mask", f"the inference has no tensor {short(name)!r} that says which count")
        if found.shape != shape:
            what = f"{short(name)!r} has the shape {list(found.shape)}, expected {list(shape)}"
            raise _refused(tensor, "wrong_shape", what)
        return read_numbers(found.spec).reshape(shape)


def _refused(tensor: Deep, reason: str, why: str) -> RefusedTensor:
    shown = short(tensor.name)
    return RefusedTensor(reason, DecodeError("shape", f"tensor {shown!r} is left out: {why}", field=shown))
