"""Protection: what guards a listener, as its files say now; and when they have to be read again."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve.guard.tls import build_context
from driftgauge.serve.guard.tokens import Tokens, parse_tokens
from driftgauge.serve.guard.web_config import TlsSettings, WebConfig, parse_web_config

__all__ = ["GuardFiles", "Protection", "guard_files", "read_protection", "tls_of"]

#: far more than any certificate chain or list of users
_MOST_BYTES = 1 << 20

#: identity and time of a file, None where there is none
Stamp = tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class GuardFiles:
    """Where the protection of a listener is told; each path may be empty.

    Attributes:
        listener: `metrics` or `ingest`; settings are called after it.
        web_config: path of a web configuration file.
        token_file: path of a file with bearer tokens.
    """

    listener: str
    web_config: str = ""
    token_file: str = ""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.web_config or self.token_file)


@dataclass(frozen=True, slots=True)
class Protection:
    """What guards a listener.

    Attributes:
        web: what the web configuration file says.
        context: for TLS; None without.
        tokens: any of which is accepted.
        stamps: of every file that was read, by path.
    """

    web: WebConfig = field(default_factory=WebConfig)
    context: ssl.SSLContext | None = None
    tokens: Tokens = field(default_factory=lambda: Tokens(()))
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a request may show to be let in, beside a certificate."""
        return (*(("token",) if self.tokens else ()), *(("basic",) if self.web.users else ()))

    @property
    def certificates(self) -> bool:
        """Whether every client has to show a certificate."""
        return self.context is not None and self.context.verify_mode is ssl.CERT_REQUIRED

    @property
    def authenticates(self) -> bool:
        """Whether nobody is let in without showing something."""
        return bool(self.kinds) or self.certificates

    @property
    def stale(self) -> bool:
        """Whether a file has changed since it was read."""
        return any(_stamp(path) != stamp for path, stamp in self.stamps.items())


def guard_files(listen: ListenSettings, name: str) -> GuardFiles:
    """Return where the protection of a listener is told; the Unix socket's is its permissions."""
    if name == "socket":
        return GuardFiles(name)
    return GuardFiles(name, getattr(listen, f"{name}_web_config"), getattr(listen, f"{name}_token_file"))


def read_protection(files: GuardFiles) -> Protection:
    """Read what guards a listener.

    Raises:
        ConfigError: a file cannot be read or used; the message begins with the setting.
    """
    stamps: dict[str, Stamp] = {}
    web, context, tokens = WebConfig(), None, Tokens(())
    if files.web_config:
        setting = f"listen.{files.listener}_web_config"
        try:
            web = parse_web_config(_text(files.web_config, stamps), files.web_config)
            if web.tls is not None:
                stamps |= {path: _stamp(path) for path in _paths(web)}
                context = build_context(web.tls)
        except ConfigError as error:
            raise ConfigError(f"{setting}: {error}") from error
        _check_bcrypt(web, setting)
    if files.token_file:
        setting = f"listen.{files.listener}_token_file"
        try:
            tokens = parse_tokens(_text(files.token_file, stamps), files.token_file)
        except ConfigError as error:
            raise ConfigError(f"{setting}: {error}") from error
    return Protection(web, context, tokens, stamps)


def tls_of(files: GuardFiles) -> TlsSettings | None:
    """Return how a listener with these files speaks TLS; None where it does not.

    Raises:
        ConfigError: the web configuration file cannot be read.
    """
    if not files.web_config:
        return None
    return parse_web_config(_text(files.web_config, {}), files.web_config).tls


def _paths(web: WebConfig) -> Iterator[str]:
    if web.tls is not None:
        yield from filter(None, (web.tls.cert_file, web.tls.key_file, web.tls.client_ca_file))


def _text(path: str, stamps: dict[str, Stamp]) -> str:
    # The stamp comes first: what changes in between is read again.
    stamps[path] = _stamp(path)
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise ConfigError(f"{path}: expected at most {_MOST_BYTES} bytes")
        return text.decode()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected UTF-8 text") from error


def _stamp(path: str) -> Stamp:
    # Links are followed: Kubernetes exchanges a Secret's files by the link to their folder.
    try:
        found = os.stat(path)  # noqa: PTH116 - half the cost of Path.stat, for every file every other second
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _check_bcrypt(web: WebConfig, setting: str) -> None:
    if not web.users:
        return
    try:
        import bcrypt  # noqa: F401, PLC0415 - only where there are users
    except ImportError as error:
        raise ConfigError(
            f'{setting}: basic_auth_users needs bcrypt, which is not installed: pip install "driftgauge[exporter]"'
        ) from error
