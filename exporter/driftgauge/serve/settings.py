"""Text -> settings: YAML, then the environment, checked as a whole.

Unknown keys, wrong types and impossible values are errors that name the path, such as `models[0].drift.warn`. Every
setting outside the lists can be overridden by an environment variable: `DRIFTGAUGE_` and the path in capitals with
double underscores between its parts, for example `DRIFTGAUGE_LISTEN__METRICS=:9999`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import yaml

from driftgauge.config import ListenSettings, Settings
from driftgauge.errors import ConfigError

__all__ = ["PREFIX", "parse", "parse_listen", "render_reference"]

PREFIX = "DRIFTGAUGE_"
#: variables with the prefix that are no settings
_OTHERS = frozenset({"DRIFTGAUGE_CONFIG"})


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys, which would silently hide each other."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise ConfigError(f"line {key_node.start_mark.line + 1}: expected text as a key, got {key!r}")
            if key in seen:
                raise ConfigError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse(text: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings that *text* (YAML) and *environ* give.

    Raises:
        ConfigError: with the path of the setting, its value and what was expected.
    """
    document = _document(text)
    _override(document, environ)
    _check_keys(document, Settings, "")
    # A model starts from the defaults and overrides them.
    defaults = document.get("defaults", {})
    models = document.get("models")
    if isinstance(models, list) and isinstance(defaults, dict):
        document["models"] = [_merged(defaults, model) if isinstance(model, dict) else model for model in models]
    return _convert(document, Settings)


def parse_listen(text: str, environ: Mapping[str, str]) -> ListenSettings:
    """Return where to listen, as far as that part can be read; for starting with an otherwise invalid configuration."""
    try:
        document = _document(text)
        _override(document, environ)
        listen = document.get("listen", {})
        _check_keys(listen, ListenSettings, "listen")
        return _convert(listen, ListenSettings)
    except ConfigError:
        return ListenSettings()


def _document(text: str) -> dict[str, Any]:
    try:
        document = yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError("not usable YAML: nested too deeply") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"expected a mapping of settings, got {type(document).__name__}")
    return document


def _override(document: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Put what the environment says into *document*."""
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in _OTHERS:
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        place: Any = document
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ConfigError(f"{name}: {part!r} is not a section of settings")
        try:
            place[path[-1]] = yaml.safe_load(environ[name])
        except yaml.YAMLError as error:
            raise ConfigError(f"{name}: {environ[name]!r} is not a YAML value") from error


def _check_keys(value: Any, kind: Any, path: str) -> None:
    """Refuse keys that no setting has, at any depth."""
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        fields = get_type_hints(kind)
        for key, part in value.items():
            where = f"{path}.{key}" if path else key
            if key not in fields:
                near = difflib.get_close_matches(key, fields, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(fields))}"
                raise ConfigError(f"{where}: unknown setting{hint}")
            _check_keys(part, fields[key], where)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for number, part in enumerate(value):
            _check_keys(part, get_args(kind)[0], f"{path}[{number}]")
    elif get_origin(kind) is not None and isinstance(value, dict) and len(get_args(kind)) == 2:
        for key, part in value.items():
            _check_keys(part, get_args(kind)[1], f"{path}.{key}")


def _merged(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(defaults)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result


def _convert(document: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(_with_path_first(str(error))) from error


def _with_path_first(message: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.limits.models`" round."""
    found = re.fullmatch(r"(.*) - at `\$\.?(.*)`", message, flags=re.DOTALL)
    if not found:
        return message
    text, path = found.group(1).replace("`", ""), found.group(2).replace("[...]", "[]")
    return f"{path}: {text[0].lower()}{text[1:]}"


def render_reference() -> str:
    """Return the configuration reference as Markdown."""
    lines = ["# Configuration", ""]
    lines += [
        "One YAML file, `driftgauge serve --config driftgauge.yaml`. Every setting outside the lists can be overridden by",
        f"the environment: `{PREFIX}` and the path in capitals, `__` between its parts: `{PREFIX}LISTEN__METRICS=:9999`.",
        "A model starts from `defaults` and overrides them.",
        "",
        "| setting | default | what it does |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{path}` | {default} | {text} |" for path, default, text in _rows(Settings, "")]
    return "\n".join(lines) + "\n"


def _rows(kind: Any, path: str) -> Iterator[tuple[str, str, str]]:
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        where = f"{path}.{field.name}" if path else field.name
        hint = hints[field.name]
        inner = next((arg for arg in (hint, *get_args(hint)) if dataclasses.is_dataclass(arg)), None)
        if inner is None:
            value = field.default if field.default is not dataclasses.MISSING else field.default_factory()  # type: ignore[misc]
            yield where, f"`{_plain(value)}`", field.metadata["help"]
        elif get_origin(hint) is tuple:
            yield f"{where}[]", "none", field.metadata["help"] + " Each has the settings of `defaults`."
        elif get_origin(hint) is not None:
            yield from _rows(inner, f"{where}.NAME")
        else:
            yield from _rows(inner, where)


def _plain(value: Any) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'
