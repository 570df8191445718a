"""Documents: YAML text to plain values, stricter than YAML.

A key given twice is an error (one would silently hide the other), keys are text, and a document that expands to more than
`MOST_VALUES` values through its anchors, or contains itself, is refused before it is built. Whatever is wrong with the
text is a `ConfigError` of one line.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from driftgauge.errors import ConfigError

__all__ = ["MOST_VALUES", "read_mapping", "read_value"]

#: a configuration of 500 models with 100 features each has fewer
MOST_VALUES = 500_000

_NOTHING = object()
_MERGE = "tag:yaml.org,2002:merge"
#: what PyYAML's constructors let through when a number, a date or a tag makes no sense
_UNUSABLE = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)


def read_mapping(text: str) -> dict[str, Any]:
    """Return the settings that a file's text holds; {} for an empty one.

    Raises:
        ConfigError: it is no YAML, or no mapping.
    """
    document = read_value(text)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"expected a mapping of settings, got {type(document).__name__}")
    return document


def read_value(text: str) -> Any:
    """Return the value that a text holds.

    Raises:
        ConfigError: it is no YAML.
    """
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError(f"not YAML: {place}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ConfigError("not usable YAML: nested too deeply") from error
    except _UNUSABLE as error:
        raise ConfigError(f"not usable YAML: {error}") from error


def _read(text: str) -> Any:
    loader = _StrictLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _measure(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node expands to when its aliases are followed."""
    if id(node) in known:
        if not known[id(node)]:
            raise ConfigError(f"line {node.start_mark.line + 1}: an anchor contains itself")
        return known[id(node)]
    known[id(node)] = 0  # while its parts are measured
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        parts = node.value
    elif isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    size = 1 + sum(_measure(part, known) for part in parts)
    if size > MOST_VALUES:
        raise ConfigError(f"line {node.start_mark.line + 1}: expands to more than {MOST_VALUES} values")
    known[id(node)] = size
    return size


def leave_out(document: dict[str, Any], path: str) -> bool:
    """Take what stands at *path*, such as `models[0].drift`, out of a document; tell whether there was something.

    A section of a list is replaced by one with nothing but a name, so that the numbers of the others stay; a list of plain values
    goes as a whole.
    """
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    place: Any = document
    for step in steps[:-1]:
        known = isinstance(place, list) and isinstance(step, int) and step < len(place)
        if not known and not (isinstance(place, dict) and step in place):
            return False
        place = place[step]
    last = steps[-1] if steps else ""
    if isinstance(place, list) and isinstance(last, int) and last < len(place):
        if not any(isinstance(part, dict) for part in place):
            return leave_out(document, path[: path.rindex("[")])
        place[last] = {"name": f"\x00{last}"}
        return True
    if isinstance(place, dict) and last == "name" and len(steps) == 3 and place.get("name", "") != f"\x00{steps[1]}":
        place["name"] = f"\x00{steps[1]}"
        return True
    return isinstance(place, dict) and place.pop(last, _NOTHING) is not _NOTHING


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            place = f"line {key_node.start_mark.line + 1}"
            if not isinstance(key, str):
                raise ConfigError(f"{place}: expected text as a key, got {type(key).__name__} {str(key)[:40]!r}")
            if key in seen:
                raise ConfigError(f"{place}: key {key!r} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)
