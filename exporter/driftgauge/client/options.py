"""Options: what a monitor was told by its arguments, else by the environment, else the defaults.

Guarantee: never an error. A value that cannot be used leaves the default in force and is reported as a mistake, because
a typing error in a Deployment must not keep a model from starting.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from driftgauge.client.identity import Identity
from driftgauge.client.texts import TextReading

__all__ = ["PREFIX", "Options", "options_of"]

#: variables of the client begin so; the rest of the name is the option's, in capitals
PREFIX = "DRIFTGAUGE_CLIENT_"

_SMALLEST_BUFFER = 64 * 1024
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a monitor.

    Attributes:
        endpoint: where the exporter takes observations: `unix:/path`, a path, `http://host:port` or `https://host:port`.
        enabled: whether anything is logged at all.
        sample: share of the calls whose rows are sent; all are counted.
        buffer_bytes: most memory that waiting rows may take: half before, half after they became bodies.
        flush_seconds: how long a row waits for others to share its body.
        timeout_seconds: how long the thread waits for the exporter to take or answer a body.
        shutdown_seconds: how long the end of the process may be held up to send what is left.
        texts: features that are texts, each with how it is read; they are reduced, and no text is sent.
        token: bearer token for an exporter that asks for one.
        token_file: file with that token, read again when it changes; comes before `token`.
        ca_file: PEM certificates that vouch for an exporter at `https:`; the system's where it is empty.
        cert_file: PEM certificate chain to show to an exporter that asks for one.
        key_file: its key.
    """

    endpoint: str = "unix:/run/driftgauge/ingest.sock"
    enabled: bool = True
    sample: float = 1.0
    buffer_bytes: int = 16 * 2**20
    flush_seconds: float = 2.0
    timeout_seconds: float = 2.0
    shutdown_seconds: float = 1.0
    texts: Mapping[str, TextReading] = field(default_factory=dict)
    token: str = ""
    token_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @property
    def identity(self) -> Identity:
        """What is shown to the exporter."""
        return Identity(self.token, self.token_file, self.ca_file, self.cert_file, self.key_file)


def options_of(given: Mapping[str, Any], mistake: Callable[[str, str], None]) -> Options:
    """Return the options; *mistake* is told (kind, message) of each value that cannot be used."""
    used = {}
    for option in fields(Options):
        for source, value in ((option.name, given.get(option.name)), _variable(option.name)):
            if value is None:
                continue
            try:
                used[option.name] = _CHECKS[option.name](value)
            except (TypeError, ValueError, OverflowError) as error:
                shown = "..." if option.name == "token" else repr(value)
                mistake(f"option {option.name}", f"{source}={shown} is not used: {error}")
            else:
                break
    for name in given.keys() - {option.name for option in fields(Options)}:
        mistake(f"option {name}", f"there is no option {name!r}")
    return Options(**used)


def _variable(name: str) -> tuple[str, str | None]:
    variable = PREFIX + name.upper()
    return variable, os.environ.get(variable) or None


def _text(value: Any) -> str:
    if not isinstance(value, str | os.PathLike):
        raise TypeError("expected text")
    return os.fspath(value)


def _token(value: Any) -> str:
    text = _text(value).strip()
    if not all("!" <= character <= "~" for character in text):
        raise ValueError("expected visible ASCII characters without blanks")
    return text


def _texts(value: Any) -> dict[str, TextReading]:
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    given = value if isinstance(value, Mapping) else dict.fromkeys(value)
    return {_text(name): _reading(found) for name, found in given.items()}


def _reading(value: Any) -> TextReading:
    if value is None or isinstance(value, TextReading):
        return value or TextReading()
    if not callable(value):
        raise TypeError("expected names, or names with what makes tokens of a text")
    return TextReading(value)


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).strip().lower() not in _WORDS:
        raise ValueError("expected true or false")
    return _WORDS[str(value).strip().lower()]


def _between(least: float, most: float) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        number = float(value)
        if not least <= number <= most:
            raise ValueError(f"expected {least:g} to {most:g}")
        return number

    return check


def _bytes(value: Any) -> int:
    return int(_between(_SMALLEST_BUFFER, 2**40)(value))


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "endpoint": _text,
    "enabled": _switch,
    "sample": _between(0.0, 1.0),
    "buffer_bytes": _bytes,
    "flush_seconds": _between(0.01, 60.0),
    "timeout_seconds": _between(0.01, 60.0),
    "shutdown_seconds": _between(0.0, 60.0),
    "texts": _texts,
    "token": _token,
    "token_file": _text,
    "ca_file": _text,
    "cert_file": _text,
    "key_file": _text,
}
