"""Incoming: one body with what its request says of it, and where it is decoded.

Guarantee: what is decoded on the event loop holds it for a millisecond or two, if it is what anybody means to send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from driftgauge.config import Settings
from driftgauge.ingest import Decoded, Warned, decode, decode_alike, decode_labels
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.serve.bounds import bounds_of
from driftgauge.serve.retries import retry_key
from driftgauge.serve.tensor_budgets import TensorBudgets, holds_deep

__all__ = ["INLINE_BYTES", "Content", "Incoming", "answer_of"]

#: bytes of a body; a view where they came right from the socket into memory of their own
Content: TypeAlias = bytes | memoryview

#: bodies up to this size are decoded and counted on the event loop, whatever they hold
INLINE_BYTES = 32 * 1024
#: of JSON whose rows are alike, or of columns of numbers, more: a millisecond or two. A thread would not hold the loop for less, because
#: one of them runs at a time, and handing a body over costs as much as 20 rows.
INLINE_ALIKE_BYTES = 256 * 1024
#: such a body holds hardly any texts and lists beside its names
MOST_WORDS = 4_096
#: of binary tensors more still, which cost a hundredth of JSON
INLINE_BINARY_BYTES = 512 * 1024

_GZIP = b"\x1f\x8b"
_ARROW = "application/vnd.apache.arrow"


class Incoming(NamedTuple):
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

    def decoded_now(self, settings: Settings, tensors: TensorBudgets) -> Decoded | None:
        """Decode it, as `decoded` does, where that holds the event loop for a millisecond or so; None where it may not.

        Raises:
            DecodeError: nothing of it can be used.
        """
        size = len(self.body)
        if self.body[:2] == _GZIP or self.content_type.startswith(_ARROW):  # the first of those imports pyarrow
            return None
        if size <= INLINE_BYTES or (size <= self._most_of_arrays and not holds_deep(self.body) and self._numbers_alone):
            return self.decoded(settings, tensors)
        if size > INLINE_ALIKE_BYTES or self.labels:
            return None
        return decode_alike(self.body, content_type=self.content_type, limits=bounds_of(settings.limits))

    @property
    def _most_of_arrays(self) -> int:
        """Up to what size it may be decoded on the event loop, if it holds columns or tensors that are not deep."""
        if self.labels:
            return 0
        if self.content_type.startswith("application/octet-stream"):
            return INLINE_BINARY_BYTES
        return INLINE_ALIKE_BYTES if self.content_type.startswith("application/json") and self.body[:1] == b"{" else 0

    @property
    def _numbers_alone(self) -> bool:
        """Whether it seems to hold numbers, of which thousands are read at once; texts and lists are looked at one by one."""
        if not self.content_type.startswith("application/octet-stream"):
            text = bytes(self.body)
            return text.count(b'"') <= MOST_WORDS and text.count(b"[") <= MOST_WORDS
        length = (self.header_length or "").strip()
        if not length.isdecimal() or len(length) > len(str(INLINE_BYTES)) or int(length) > INLINE_BYTES:
            return False
        return b"BYTES" not in bytes(self.body[: int(length)])


def answer_of(decoded: Decoded, untimely: Iterable[Warned] = ()) -> Mapping[str, Any]:
    """Return the JSON that answers a body which was counted, of which rows may have been *untimely*."""
    answer: dict[str, Any] = {"accepted": decoded.accepted, "rejected": decoded.rejected}
    if decoded.errors:
        answer["errors"] = [error.as_dict() for error in decoded.errors]
    if warnings := decoded.warnings + tuple(untimely):
        answer["warnings"] = [warning.as_dict() for warning in warnings]
    return answer
