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
        raise ProfileError(f"{path}: {error.strerror or error}") from error
    return loads(text, str(path))


def read_references(settings: Settings) -> tuple[dict[str, Reference], list[ProfileError]]:
    """Return the profiles that could be read by path, and the errors of the others."""
    references, errors = {}, []
    paths = [model.reference.path for model in (settings.defaults, *settings.models)]
    for path in dict.fromkeys(filter(None, paths)):
        try:
            references[path] = read_profile(path)
        except ProfileError as error:
            errors.append(error)
    return references, errors
