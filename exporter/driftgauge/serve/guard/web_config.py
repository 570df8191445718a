"""The web configuration file of Prometheus exporters (`--web.config.file` of the exporter toolkit), read strictly.

The format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. What this process
cannot do is refused by name instead of being ignored, because it would protect less than the file says; HTTP/2 is the
exception: `http2` is accepted and HTTP/1.1 is served.
"""

from __future__ import annotations

import difflib
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgauge.errors import ConfigError
from driftgauge.serve.documents import read_mapping
from driftgauge.serve.guard.suites import CIPHERS, CURVES, TLS13_CIPHERS

__all__ = ["CLIENT_AUTH", "TlsSettings", "WebConfig", "parse_web_config"]

#: policies that OpenSSL offers -> how Python calls them
CLIENT_AUTH: Mapping[str, ssl.VerifyMode] = {
    "": ssl.CERT_NONE,
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_OLD_VERSIONS = ("TLS10", "TLS11")

_TOP = ("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit")
_TLS = (
    *("cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file", "client_auth_type", "client_allowed_sans"),
    *("min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites", "curve_preferences"),
)
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
#: a check takes 70 ms at 10 and doubles with each step: at 16 some 4 s
_LEAST_COST, _MOST_COST = 4, 16
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """What `tls_server_config` says; a PEM text stands in place of its file where one is given.

    Attributes:
        cert_file: path of the certificate chain, "" when `cert` holds it.
        key_file: path of its key.
        client_ca_file: path of the certificates that vouch for clients.
        client_auth: whether clients must show a certificate.
        allowed_sans: subject alternative names of which a client's certificate must have one; any when empty.
    """

    cert: str = ""
    key: str = ""
    client_ca: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_ca_file: str = ""
    client_auth: ssl.VerifyMode = ssl.CERT_NONE
    allowed_sans: tuple[str, ...] = ()
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ciphers: tuple[str, ...] = ()
    server_order: bool = True
    curve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """What a web configuration file says.

    Attributes:
        tls: None for plain HTTP.
        headers: to add to every answer.
        users: bcrypt hashes by name.
        interval_seconds: between two requests in the long run; 0: any number.
        burst: requests that may come at once.
    """

    tls: TlsSettings | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    interval_seconds: float = 0.0
    burst: int = 0


def parse_web_config(text: str, where: str) -> WebConfig:
    """Read a file's *text*; relative paths in it start at the folder of *where*.

    Raises:
        ConfigError: with the file and the path of the setting.
    """
    try:
        document = read_mapping(text)
        _known(document, _TOP, "")
        interval, burst = _rate(_section(document, "rate_limit"))
        return WebConfig(
            tls=_tls(_section(document, "tls_server_config"), Path(where).parent),
            headers=_headers(_section(document, "http_server_config")),
            users=_users(_section(document, "basic_auth_users")),
            interval_seconds=interval,
            burst=burst,
        )
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _tls(section: Mapping[str, Any], folder: Path) -> TlsSettings | None:
    at = "tls_server_config"
    _known(section, _TLS, at)
    texts = {name: _text(section, name, at) for name in _TLS[:7]}
    if not any(texts.values()):
        if section:
            raise ConfigError(f"{at}: expected cert_file and key_file beside {', '.join(sorted(section))}")
        return None
    for name in ("cert", "key"):
        if bool(texts[name]) == bool(texts[f"{name}_file"]):
            raise ConfigError(f"{at}: expected one of {name}_file and {name}")
    if texts["client_ca"] and texts["client_ca_file"]:
        raise ConfigError(f"{at}: expected one of client_ca_file and client_ca")
    client_auth = _client_auth(texts["client_auth_type"], bool(texts["client_ca"] or texts["client_ca_file"]), at)
    sans = tuple(_texts(section, "client_allowed_sans", at))
    if sans and client_auth is not ssl.CERT_REQUIRED:
        raise ConfigError(f"{at}.client_allowed_sans: expected client_auth_type RequireAndVerifyClientCert beside it")
    least, most = _version(section, "min_version", "TLS12", at), _version(section, "max_version", "TLS13", at)
    if least > most:
        raise ConfigError(f"{at}: min_version is above max_version")
    return TlsSettings(
        **{name: texts[name] for name in ("cert", "key", "client_ca")},
        **{
            name: str(folder / texts[name]) if texts[name] else ""
            for name in ("cert_file", "key_file", "client_ca_file")
        },
        client_auth=client_auth,
        allowed_sans=sans,
        least=least,
        most=most,
        ciphers=_ciphers(section, at),
        server_order=_switch(section, "prefer_server_cipher_suites", at),
        curve=_curve(section, at),
    )


def _client_auth(name: str, has_ca: bool, at: str) -> ssl.VerifyMode:  # noqa: FBT001 - a fact, no option
    path = f"{at}.client_auth_type"
    if name in _UNVERIFIED:
        raise ConfigError(
            f"{path}: {name} would accept certificates that nobody vouches for, which is not supported;"
            " use VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        )
    if name not in CLIENT_AUTH:
        raise ConfigError(f"{path}: expected one of {', '.join(filter(None, CLIENT_AUTH))}, got {name[:40]!r}")
    mode = CLIENT_AUTH[name]
    if has_ca and mode is ssl.CERT_NONE:
        raise ConfigError(f"{at}: client_ca_file is given, so expected client_auth_type RequireAndVerifyClientCert")
    if not has_ca and mode is not ssl.CERT_NONE:
        raise ConfigError(f"{path}: {name} needs client_ca_file, the certificates that vouch for clients")
    return mode


def _version(section: Mapping[str, Any], name: str, default: str, at: str) -> ssl.TLSVersion:
    text = _text(section, name, at) or default
    if text in _OLD_VERSIONS:
        raise ConfigError(f"{at}.{name}: {text} is broken and not supported; expected {' or '.join(_VERSIONS)}")
    if text not in _VERSIONS:
        raise ConfigError(f"{at}.{name}: expected {' or '.join(_VERSIONS)}, got {text[:40]!r}")
    return _VERSIONS[text]


def _ciphers(section: Mapping[str, Any], at: str) -> tuple[str, ...]:
    """Return OpenSSL's names of the suites of TLS 1.2; those of 1.3 are all offered, as in Go."""
    names = _texts(section, "cipher_suites", at)
    for name in names:
        if name not in CIPHERS and name not in TLS13_CIPHERS:
            near = difflib.get_close_matches(name, (*CIPHERS, *TLS13_CIPHERS), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{at}.cipher_suites: unknown or insecure suite {name[:60]!r}{hint}")
    return tuple(CIPHERS[name] for name in names if name in CIPHERS)


def _curve(section: Mapping[str, Any], at: str) -> str:
    names = _texts(section, "curve_preferences", at)
    if not names:
        return ""
    if len(names) > 1 or names[0] not in CURVES:
        raise ConfigError(f"{at}.curve_preferences: expected one of {', '.join(CURVES)}, got {', '.join(names)[:60]}")
    return CURVES[names[0]]


def _headers(section: Mapping[str, Any]) -> Mapping[str, str]:
    at = "http_server_config"
    _known(section, ("http2", "headers"), at)
    _switch(section, "http2", at)
    headers = _section(section, "headers", at)
    _known(headers, _HEADERS, f"{at}.headers")
    found = {name: _text(headers, name, f"{at}.headers") for name in headers}
    for name, value in found.items():
        if not value.isprintable():
            raise ConfigError(f"{at}.headers.{name}: expected one line of printable characters")
        if value and _HEADERS[name] and value.lower() not in _HEADERS[name]:
            raise ConfigError(f"{at}.headers.{name}: expected {' or '.join(_HEADERS[name])}, got {value[:40]!r}")
    return {name: value for name, value in found.items() if value}


def _users(section: Mapping[str, Any]) -> Mapping[str, str]:
    for name, stored in section.items():
        at = f"basic_auth_users.{name}"
        if not name or ":" in name:
            raise ConfigError(f"{at}: expected a name without a colon")
        found = _HASH.fullmatch(stored) if isinstance(stored, str) else None
        if found is None:
            raise ConfigError(f"{at}: expected a bcrypt hash such as $2y$10$..., as `htpasswd -nBC 10 ''` makes it")
        if not _LEAST_COST <= int(found[1]) <= _MOST_COST:
            raise ConfigError(f"{at}: expected a bcrypt cost of {_LEAST_COST} to {_MOST_COST}, got {found[1]}")
    return section


def _rate(section: Mapping[str, Any]) -> tuple[float, int]:
    at = "rate_limit"
    _known(section, ("interval", "burst"), at)
    text = (
        _text(section, "interval", at) if isinstance(section.get("interval"), str) else str(section.get("interval", 0))
    )
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not found and text != "0":
        raise ConfigError(f"{at}.interval: expected a duration such as 1s, got {text[:40]!r}")
    interval = float(found[1]) * _UNITS[found[2]] if found else 0.0
    burst = section.get("burst", 0)
    if isinstance(burst, bool) or not isinstance(burst, int) or burst < 0:
        raise ConfigError(f"{at}.burst: expected a number of requests, got {str(burst)[:40]!r}")
    if interval and not burst:
        raise ConfigError(f"{at}.burst: expected at least 1, otherwise every request would be refused")
    return interval, burst


def _known(section: Mapping[str, Any], names: Iterable[str], at: str) -> None:
    for key in section:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(names))}"
            raise ConfigError(f"{at}.{key}: unknown setting{hint}".lstrip("."))


def _section(document: Mapping[str, Any], name: str, at: str = "") -> Mapping[str, Any]:
    found = document.get(name)
    if found is not None and not isinstance(found, dict):
        raise ConfigError(f"{at}.{name}: expected a mapping, got {type(found).__name__}".lstrip("."))
    return found or {}


def _text(section: Mapping[str, Any], name: str, at: str) -> str:
    value = section.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{at}.{name}: expected text, got {type(value).__name__}")
    return value or ""


def _texts(section: Mapping[str, Any], name: str, at: str) -> list[str]:
    value = section.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{at}.{name}: expected a list of texts, got {type(value).__name__}")
    return value


def _switch(section: Mapping[str, Any], name: str, at: str) -> bool:
    value = section.get(name, True)
    if not isinstance(value, bool):
        raise ConfigError(f"{at}.{name}: expected true or false, got {str(value)[:40]!r}")
    return value
