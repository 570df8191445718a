"""Mapping files: YAML that says which column of a data file is what, in place of arguments.

    prediction: approved
    proba: [p_no, p_yes]
    timestamp: at
    id: request_id
    label: truth
    ignore: [customer_id]

Law: an argument that is given goes before the file. A key that a command has no use for is passed over, so one file serves
`profile build`, `score` and `replay`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from driftgauge.errors import ConfigError

__all__ = ["KEYS", "apply_mapping"]

#: key of the file -> the argument that it stands for, and whether it takes several columns
KEYS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "features": ("features", True),
        "prediction": ("prediction", False),
        "proba": ("probability", True),
        "outputs": ("output_column", True),
        "timestamp": ("timestamp", False),
        "id": ("id", False),
        "label": ("label", False),
        "latency_s": ("latency_s", False),
        "status": ("status", False),
        "segments": ("segment", True),
        "ignore": ("ignore", True),
        "categorical": ("categorical", True),
        "numeric": ("numeric", True),
        "delimiter": ("delimiter", False),
    }
)
#: what is no feature, even where the command has no use for it
_NO_FEATURES = ("id", "label", "latency_s", "status")


def apply_mapping(args: argparse.Namespace) -> None:
    """Fill arguments that were not given from the file that `--mapping` names.

    Raises:
        ConfigError: it cannot be read, or says something that is no mapping.
    """
    if args.mapping is None:
        return
    given = _read(args.mapping)
    for key, value in given.items():
        name, _ = KEYS[key]
        name = "truth" if name == "label" and hasattr(args, "truth") else name
        if hasattr(args, name):
            if not getattr(args, name):
                setattr(args, name, value)
        elif key in _NO_FEATURES:
            args.ignore = [*args.ignore, value]


def _read(path: str) -> Mapping[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({error})") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: expected a mapping of {', '.join(KEYS)}, got a {type(document).__name__}")
    return {key: _checked(path, key, value) for key, value in document.items()}


def _checked(path: str, key: Any, value: Any) -> Any:
    if key not in KEYS:
        raise ConfigError(f"{path}: unknown key {key!r}, expected some of {', '.join(KEYS)}")
    _, several = KEYS[key]
    if several and isinstance(value, str):
        value = [value]
    fits = (
        isinstance(value, list) and all(isinstance(name, str) for name in value) if several else isinstance(value, str)
    )
    if not fits:
        raise ConfigError(
            f"{path}: {key}: expected {'names of columns' if several else 'the name of a column'}, got {value!r}"
        )
    return value
