"""Extras: packages that a setting needs and a plain installation lacks, looked for before the first socket."""

from __future__ import annotations

from dataclasses import replace

from driftgauge.config import ModelSettings, Settings
from driftgauge.drift.change_detectors import load_detectors
from driftgauge.level_settings import LevelChangeSettings

__all__ = ["without_missing"]


def without_missing(settings: Settings) -> tuple[Settings, list[str]]:
    """Return *settings* without what cannot be had, and what that is, one line a setting.

    What is there is imported now: later it would hold up the thread that counts by a second.
    """
    sections = [("defaults", settings.defaults), *((f"models[{n}]", model) for n, model in enumerate(settings.models))]
    wanting = [path for path, model in sections if model.level_changes.detectors]
    if not wanting:
        return settings, []
    try:
        load_detectors()
    except ImportError as error:
        missing = [f'{path}.level_changes.detectors: {error}: pip install "driftgauge[river]"' for path in wanting]
        models = tuple(map(_unwatched, settings.models))
        return replace(settings, defaults=_unwatched(settings.defaults), models=models), missing
    return settings, []


def _unwatched(model: ModelSettings) -> ModelSettings:
    return replace(model, level_changes=LevelChangeSettings()) if model.level_changes.detectors else model
