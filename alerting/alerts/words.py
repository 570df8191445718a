"""Words that several alerts share: where a thing is, which dashboard shows it."""

from __future__ import annotations

__all__ = [
    "COLUMN_LINKS",
    "EXPORTER",
    "EXPORTER_LINKS",
    "FEATURE",
    "MODEL_DASHBOARD",
    "MODEL_LINKS",
    "WHERE",
    "WHERE_POD",
]

#: uids of the dashboards
MODEL_DASHBOARD, FEATURE, EXPORTER = "driftgauge-model", "driftgauge-feature", "driftgauge-exporter"

MODEL_LINKS = ("model", "version")
COLUMN_LINKS = (*MODEL_LINKS, "feature")
EXPORTER_LINKS = ("pod",)

WHERE = "{{ $labels.namespace }}/{{ $labels.model }} version {{ $labels.version }}"
WHERE_POD = "{{ $labels.namespace }}/{{ $labels.pod }}"
