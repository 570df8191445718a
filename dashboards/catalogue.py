"""Catalogue: the dashboards by the name of their file. A new one is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dashboards.page import Page, render
from dashboards.pages import exporter, feature, fleet, generations, model

__all__ = ["RENDERED", "files", "pages"]

RENDERED = Path(__file__).parent / "rendered"


def pages() -> Mapping[str, Page]:
    """Return the dashboards."""
    return {
        "fleet": fleet.page(),
        "model": model.page(),
        "feature": feature.page(),
        "exporter": exporter.page(),
        "language-models": generations.page(),
    }


def files() -> Mapping[Path, str]:
    """Return every rendered file with its text."""
    return {RENDERED / f"driftgauge-{name}.json": render(page) for name, page in pages().items()}
