"""Notes: a few sentences on the dashboard itself."""

from __future__ import annotations

from dashboards.kinds.panel import FULL, dress
from dashboards.sdk import models, text

__all__ = ["note"]


def note(title: str, about: str, content: str, *, width: int = FULL, height: int = 3) -> models.Panel:
    """Show Markdown."""
    from grafana_foundation_sdk.models.text import TextMode  # noqa: PLC0415 - the only kind that needs it

    built = text.Panel().mode(TextMode.MARKDOWN).content(content).build()
    return dress(built, title, about, [], width=width, height=height)
