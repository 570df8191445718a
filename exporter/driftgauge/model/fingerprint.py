"""What of a model's settings says what is counted, and where: where it changes, the windows begin anew."""

from __future__ import annotations

import hashlib

from driftgauge.config import ModelSettings

__all__ = ["counting", "fingerprint"]


def counting(settings: ModelSettings) -> tuple[object, ...]:
    """Return the settings on which it depends what is counted, and where."""
    columns = {
        name: (
            column.ignore,
            column.kind,
            *((column.categories, column.allowed_categories) if column.categories else ()),
        )
        for name, column in settings.features.items()
    }
    plain = {name: facts for name, facts in columns.items() if facts != (False, "")}
    shown = () if settings.categories == "raw" else (settings.categories, settings.allowed_categories)
    tensors = (tuple(sorted(settings.tensors.items())),) if settings.tensors else ()
    return (
        settings.name,
        settings.reference,
        settings.clock,
        settings.lateness_seconds,
        settings.count_windows,
        settings.outputs,
        settings.columns,
        settings.segments,
        plain,
        *shown,
        *tensors,
    )


def fingerprint(settings: ModelSettings) -> str:
    """Return a digest of those settings."""
    return hashlib.sha256(repr(counting(settings)).encode()).hexdigest()[:16]
