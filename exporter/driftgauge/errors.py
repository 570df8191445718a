"""Errors, split by who has to act.

    DriftgaugeError
    ├── ConfigError    the operator: a setting or its file; raised at start, at reload and by `check-config`
    ├── ProfileError   the operator: a profile file that cannot be used
    ├── SourceError    the operator: a data file that cannot be read
    ├── MergeError     us: two states that do not count the same things were to be added
    ├── StateError     nobody: a checkpoint does not fit; it is set aside and counting starts anew
    └── DecodeError    the sender: a body or a part of it; carries the HTTP status and the reason for the counter

A message names the thing, the value and what was expected. `DecodeError.reason` is one of `REASONS`, so the label of
`driftgauge_ingest_dropped_total` and `driftgauge_ingest_rejected_rows_total` is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "REASONS",
    "ConfigError",
    "DecodeError",
    "DriftgaugeError",
    "MergeError",
    "ProfileError",
    "SourceError",
    "StateError",
]

#: reason of a refusal -> (HTTP status, what it means); the documentation of the ingest API is rendered from it
REASONS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "syntax": (400, "the body is not well-formed JSON"),
        "nesting": (400, "the JSON is nested deeper than the parser allows"),
        "structure": (
            400,
            "the JSON is well-formed but is no observation, list of observations, columns or OIP request",
        ),
        "ragged": (400, "columns of one body have different lengths"),
        "shape": (400, "a tensor's shape is negative, too large or does not fit its data"),
        "datatype": (400, "a tensor has an unknown data type"),
        "tensor_size": (400, "the binary part is shorter or longer than the tensors need"),
        "header_length": (400, "Inference-Header-Content-Length is missing, no number or longer than the body"),
        "compression": (400, "the gzip stream is damaged or cut off"),
        "timestamp": (400, "an event time is neither RFC 3339 nor seconds since 1970"),
        "event": (400, "a CloudEvent has no id, or is neither the request nor the response of an inference"),
        "empty": (400, "nothing in it can be used: neither features nor a prediction, or no label"),
        "labels_off": (403, "labels of the model are switched off (labels.enabled)"),
        "unknown_model": (404, "the model is not configured and auto-registration is off"),
        "model_limit": (404, "limits.models versions of models are there already; the version was not registered"),
        "too_large": (413, "the body, its decompressed size, its rows or its columns are over the limit"),
        "content_type": (415, "no decoder for this Content-Type"),
        "queue_full": (429, "limits.queue_bytes are waiting already"),
        "config_invalid": (503, "the exporter runs with an invalid configuration and counts nothing"),
    }
)


class DriftgaugeError(Exception):
    """Base of every error that driftgauge raises on purpose."""


class ConfigError(DriftgaugeError):
    """A setting cannot be used; the message begins with its path, such as `models[0].reference.path`."""


class ProfileError(DriftgaugeError):
    """A profile file is missing, truncated, of another format version or contradicts itself."""


class SourceError(DriftgaugeError):
    """A data file cannot be read, or lacks a column that was asked for."""


class MergeError(DriftgaugeError):
    """Two states count different things (other edges, categories or columns) and cannot be added."""


class StateError(DriftgaugeError):
    """A checkpoint is damaged, of another format version, or of something that is counted differently now."""


class DecodeError(DriftgaugeError):
    """A body, or one row of it, cannot be used.

    Args:
        reason: one of `REASONS`; it becomes a label value.
        message: what was found and what was expected; never a raw feature value longer than a few characters.
        row: index of the row inside the body, when the error is one row's.
        field: the field or tensor that is wrong.
    """

    def __init__(self, reason: str, message: str, *, row: int | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = REASONS[reason][0]
        self.row = row
        self.field = field
