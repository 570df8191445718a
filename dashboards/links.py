"""Links: uids, and the way from one dashboard to the others with the variables filled."""

from __future__ import annotations

from typing import Any

from dashboards.kinds.panel import link
from dashboards.page import TAG
from dashboards.sdk import dashboard, models
from dashboards.where import Where

__all__ = ["EXPORTER", "FEATURE", "FLEET", "GENERATIONS", "MODEL", "others", "to_feature", "to_model"]

#: also in the links of alerts
FLEET, MODEL, FEATURE, EXPORTER, GENERATIONS = (
    f"{TAG}-{name}" for name in ("fleet", "model", "feature", "exporter", "language-models")
)


def others() -> tuple[dashboard.DashboardLink, ...]:
    """Return the links in the head of every dashboard."""
    return (
        dashboard.DashboardLink("Driftgauge")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
        .placement(None),  # type: ignore[arg-type]  # the SDK's default hides it in a menu
    )


def to_model(where: Where, *, heads: bool = False) -> dict[str, Any]:
    """Return the link from a model's series, or from its row in a table whose *heads* are its labels, capitalised."""
    template = "${{__data.fields.{}}}" if heads else "${{__field.labels.{}}}"
    filled = {
        label: template.format(label.capitalize() if heads else label) for label in (*where.kept, "model", "version")
    }
    return link("Open the model", MODEL, **filled)


def to_feature(where: Where, feature: str, role: str) -> dict[str, Any]:
    """Return the link from a column of the model that is shown, its name and its role being templates."""
    return link("Open the feature", FEATURE, *where.kept, "model", "version", "window", feature=feature, role=role)
