"""Setting: a field of a dataclass with its default and its help, from which the configuration reference is rendered."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

__all__ = ["at_least", "setting"]


def setting(default: Any, help_text: str) -> Any:
    """Make a field with its help."""
    if isinstance(default, dict | list) or hasattr(default, "__dataclass_fields__"):
        return field(default_factory=lambda: default, metadata={"help": help_text})
    return field(default=default, metadata={"help": help_text})


def at_least(least: float, **values: float) -> None:
    """Refuse values that are not finite numbers of at least *least*; their names are those of the settings."""
    for name, value in values.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name}: expected a number >= {least}, got {value}")
