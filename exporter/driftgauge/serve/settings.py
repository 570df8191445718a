"""Text -> settings: YAML, then the environment, checked as a whole.

Unknown keys, wrong types and impossible values are errors that begin with the path, such as `models[0].drift.warn`. Every
setting outside the lists can be overridden by an environment variable: `DRIFTGAUGE_` and the path in capitals with
double underscores between its parts, for example `DRIFTGAUGE_LISTEN__METRICS=:9999`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from driftgauge.config import ListenSettings, ProxySettings, Settings
from driftgauge.errors import ConfigError
from driftgauge.serve.documents import leave_out, read_mapping, read_value

__all__ = ["PREFIX", "parse", "parse_all", "parse_listen", "parse_proxy"]

T = TypeVar("T")

PREFIX = "DRIFTGAUGE_"
_LISTEN = PREFIX + "LISTEN__"
_PROXY = PREFIX + "PROXY__"
_PROXY_SECTION = re.compile(r"^proxy\s*:", re.MULTILINE)
#: Variables with the prefix that are no settings: where the file is, and what Kubernetes tells every pod of Services
#: whose names begin with `driftgauge` (DRIFTGAUGE_SERVICE_HOST, DRIFTGAUGE_PORT_9870_TCP_ADDR, ...)
_OTHERS = re.compile(
    PREFIX
    + r"(CONFIG|CLIENT_[A-Z0-9_]+|([A-Z0-9_]+_)?(SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?))"
)


#: types as the decoder calls them, in the words of who writes YAML
_YAML_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a mapping",
    "str": "text",
}
_JSON_TYPE = re.compile(rf"(?<!`)\b({'|'.join(_YAML_WORDS)})\b")


def parse(text: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings that *text* (YAML) and *environ* give.

    Raises:
        ConfigError: with the path of the setting, its value and what was expected.
    """
    return _parsed(read_mapping(text), environ)


def parse_all(text: str, environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Return the settings that are left when everything wrong is left out, and all that is wrong.

    Raises:
        ConfigError: the text is no mapping, or what is wrong cannot be left out.
    """
    wrong: list[str] = []
    document, environ = read_mapping(text), dict(environ)
    while True:
        try:
            return _parsed(deepcopy(document), environ), wrong
        except ConfigError as error:
            path = str(error).partition(": ")[0]
            again = str(error) in wrong
            if not again:
                wrong.append(str(error))
            if again or (environ.pop(path, None) is None and not leave_out(document, path)):
                raise ConfigError("; ".join(wrong)) from error


def _parsed(document: dict[str, Any], environ: Mapping[str, str]) -> Settings:
    document = _checked(document, Settings, "")
    _override(document, environ)
    # A model starts from the defaults and overrides them.
    defaults, models = document.get("defaults", {}), document.get("models")
    if isinstance(models, list) and isinstance(defaults, dict):
        _convert(document | {"models": []}, Settings)  # so that a fault of the defaults is not called a model's
        document["models"] = [_merged(defaults, model) if isinstance(model, dict) else model for model in models]
    return _convert(document, Settings)


def parse_listen(text: str, environ: Mapping[str, str]) -> ListenSettings:
    """Return where to listen, as far as that can be read; for starting with an otherwise invalid configuration."""
    environ = {name: value for name, value in environ.items() if name.startswith(_LISTEN)}
    for candidate in (text, ""):
        with contextlib.suppress(ConfigError):
            document = {"listen": read_mapping(candidate).get("listen")}
            document = _checked(document, Settings, "")
            _override(document, environ)
            return _convert(document, Settings).listen
    return ListenSettings()


def parse_proxy(text: str, environ: Mapping[str, str]) -> ProxySettings:
    """Return what to forward, whatever is wrong with the rest of the configuration: traffic depends on it.

    Raises:
        ConfigError: there is to be a proxy, and what it is to do cannot be read.
    """
    document: dict[str, Any] = {}
    try:
        document = {"proxy": read_mapping(text).get("proxy")}
    except ConfigError:
        if _PROXY_SECTION.search(text):
            raise
    document = _checked(document, Settings, "")
    _override(document, {name: value for name, value in environ.items() if name.startswith(_PROXY)})
    return _convert(document, Settings).proxy


def _override(document: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Put what the environment says into *document*."""
    for name in sorted(environ):
        if name.startswith(PREFIX) and not _OTHERS.fullmatch(name):
            try:
                _put(document, name.removeprefix(PREFIX).lower().split("__"), environ[name])
            except ConfigError as error:
                raise ConfigError(f"{name}: {error}") from error


def _put(document: dict[str, Any], path: list[str], text: str) -> None:
    """Set one setting; *text* is taken literally where text is wanted, else read as YAML."""
    place, kind, where = document, Settings, ""
    for part in path[:-1]:
        kind, where = _kind_of(part, kind, where), _at(where, part)
        if not _is_section(kind):
            raise ConfigError(f"{where}: not a section of settings")
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{where}: the file has {type(inner).__name__} there, no section of settings")
        place = inner
    kind, where = _kind_of(path[-1], kind, where), _at(where, path[-1])
    if _is_section(kind):
        raise ConfigError(f"{where}: a section of settings; a variable sets one setting")
    value = text if kind is str or get_origin(kind) is Literal else read_value(text)
    _convert(value, kind, where)
    place[path[-1]] = value


def _kind_of(key: str, kind: Any, path: str) -> Any:
    """Return the type of what stands under *key*."""
    if get_origin(kind) is not None:
        return get_args(kind)[-1]
    hints = get_type_hints(kind)
    if key in hints:
        return hints[key]
    near = difflib.get_close_matches(key, hints, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(hints))}"
    raise ConfigError(f"{_at(path, key)}: unknown setting{hint}")


def _is_section(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) or _is_named(kind)


def _is_named(kind: Any) -> bool:
    """Whether a setting holds sections by names of the operator's."""
    return get_origin(kind) is not None and isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping)


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _parts(value: Any, kind: Any, path: str) -> Iterator[tuple[Any, Any, Any, str]]:
    """Yield the parts of a section or of a list of sections: key, value, type and path."""
    if isinstance(value, dict) and _is_section(kind):
        for key, part in value.items():
            yield key, part, _kind_of(key, kind, path), _at(path, key)
    elif isinstance(value, list) and get_origin(kind) is tuple:
        for number, part in enumerate(value):
            yield number, part, get_args(kind)[0], f"{path}[{number}]"


def _checked(value: Any, kind: Any, path: str) -> Any:
    """Refuse keys that no setting has, at any depth; a section or list without anything in it is empty."""
    if value is None and (_is_section(kind) or get_origin(kind) is tuple):
        return {} if _is_section(kind) else []
    parts = {key: _checked(part, inner, where) for key, part, inner, where in _parts(value, kind, path)}
    if isinstance(value, dict) and _is_section(kind):
        return parts
    return list(parts.values()) if parts else value


def _merged(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(defaults)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result


def _convert(value: Any, kind: type[T], path: str = "") -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(_fault(value, kind, path, str(error))) from error


def _fault(value: Any, kind: Any, path: str, message: str) -> str:
    """Return what is wrong with the innermost part that is wrong, its path first."""
    for _, part, inner, where in _parts(value, kind, path):
        try:
            msgspec.convert(part, inner)
        except msgspec.ValidationError as error:
            return _fault(part, inner, where, str(error))
    text = message.partition(" - at `")[0].replace("`", "")
    field, colon, rest = text.partition(": ")
    if colon and dataclasses.is_dataclass(kind) and field in get_type_hints(kind):
        return f"{_at(path, field)}: {rest}"
    if text.startswith("Expected "):
        shown = (
            f" ({str(value)[:40] if kind is str else repr(value)[:42]})" if isinstance(value, str | int | float) else ""
        )
        quotes = "; put it in quotes" if kind is str and isinstance(value, int | float) else ""
        words = _JSON_TYPE.sub(lambda found: _YAML_WORDS[found[0]], text.removeprefix("Expected "))
        text = f"expected {words}{shown}{quotes}"
    elif get_origin(kind) is Literal:
        text = f"expected one of {', '.join(map(repr, get_args(kind)))}, got {str(value)[:40]!r}"
    return f"{path}: {text}" if path else text
