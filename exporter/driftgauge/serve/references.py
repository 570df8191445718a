"""Reads the configured profile files."""

from __future__ import annotations

from pathlib import Path

from driftgauge.config import Settings
from driftgauge.errors import ProfileError
from driftgauge.profile import Reference, loads

__all__ = ["read_profile", "read_references"]


def read_profile(path: str | Path) -> Reference:
    """Read a profile file.

    Raises:
        ProfileError: it cannot be read or is no usable profile.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        place = "" if Path(path).is_absolute() else f" (in {Path.cwd()})"
        raise ProfileError(f"{path}: {error.strerror or error}{place}") from error
    return loads(text, str(path))


def read_references(settings: Settings) -> tuple[dict[str, Reference], list[ProfileError]]:
    """Return the profiles that could be read by path, and the errors of the others."""
    references, errors = {}, []
    sections = [("defaults", settings.defaults), *((f"models[{n}]", model) for n, model in enumerate(settings.models))]
    # The first that names it; models take over what the defaults say.
    first: dict[str, str] = {}
    for section, model in sections:
        first.setdefault(model.reference.path, f"{section}.reference.path")
    for path, setting in first.items():
        if not path:
            continue
        try:
            references[path] = read_profile(path)
        except ProfileError as error:
            errors.append(ProfileError(f"{setting}: {error}"))
    return references, errors
