"""Incoming: one body with what its request says of it, and what it costs to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from driftgauge.config import Settings
from driftgauge.ingest import Decoded, decode, decode_labels
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.serve.bounds import bounds_of
from driftgauge.serve.retries import retry_key
from driftgauge.serve.tensor_budgets import TensorBudgets, holds_deep

__all__ = ["INLINE_BYTES", "Content", "Incoming", "answer_of"]

#: bytes of a body; a view where they came right from the socket into memory of their own
Content: TypeAlias = bytes | memoryview

#: bodies up to this size are decoded and counted on the event loop: at most some 2 ms of JSON
INLINE_BYTES = 32 * 1024
#: of binary tensors more, which cost a hundredth of JSON: some 1 ms again
INLINE_BINARY_BYTES = 512 * 1024

_GZIP = b"\x1f\x8b"
_ARROW = "application/vnd.apache.arrow"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One body with what its request said of it."""

    body: Content
    content_type: str
    header_length: str | None = None
    model: str | None = None
    version: str | None = None
    idempotency_key: str | None = None
    labels: bool = False

    @property
    def key(self) -> bytes | None:
        """What a retry of it has in common with it; None where retries are not told apart."""
        if not self.idempotency_key:
            return None
        kind = "labels" if self.labels else "observations"
        return retry_key(kind, self.model or "", self.version or "", self.idempotency_key)

    @property
    def small(self) -> bool:
        """Whether it may be decoded on the event loop, which it then holds for a few milliseconds at most."""
        binary = self.content_type.startswith("application/octet-stream")
        most = INLINE_BINARY_BYTES if binary and not holds_deep(self.body) else INLINE_BYTES
        arrow = self.content_type.startswith(_ARROW)  # the first one imports pyarrow
        return len(self.body) <= most and not arrow and self.body[:2] != _GZIP

    def decoded(self, settings: Settings, tensors: TensorBudgets) -> Decoded:
        """Decode it, within the budgets of *tensors*.

        Raises:
            DecodeError: nothing of it can be used.
        """
        bounds = bounds_of(settings.limits)
        if self.labels:
            return decode_labels(bytes(self.body), content_type=self.content_type, limits=bounds)
        name, version = self.model or "", self.version or DEFAULT_VERSION
        model = settings.model(name, version) or settings.defaults
        return decode(
            self.body,
            content_type=self.content_type,
            header_length=self.header_length,
            prediction_output=model.outputs.prediction or None,
            limits=bounds,
            reducer=tensors.of(name, version, model),
        )


def answer_of(decoded: Decoded) -> Mapping[str, Any]:
    """Return the JSON that answers a body which was counted."""
    answer: dict[str, Any] = {"accepted": decoded.accepted, "rejected": decoded.rejected}
    if decoded.errors:
        answer["errors"] = [error.as_dict() for error in decoded.errors]
    return answer
