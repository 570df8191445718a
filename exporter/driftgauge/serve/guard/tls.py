"""TLS: contexts from files, and one that can be exchanged while connections come in.

Guarantee: a new context is built and checked as a whole before it serves the first handshake, so a half-written
certificate never does; connections that are open keep theirs.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import Any

from driftgauge.errors import ConfigError
from driftgauge.serve.guard.web_config import TlsSettings

__all__ = ["LiveContext", "build_context"]


def build_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make a server's context.

    Raises:
        ConfigError: a file cannot be read, or they do not belong together; the message begins with the setting.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = settings.least, settings.most
    if settings.ciphers:
        context.set_ciphers(":".join(settings.ciphers))
    if not settings.server_order:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if settings.curve:
        context.set_ecdh_curve(settings.curve)
    _load_chain(context, settings)
    context.verify_mode = settings.client_auth
    if settings.client_auth is not ssl.CERT_NONE:
        _load_authorities(context, settings)
    return context


def _load_chain(context: ssl.SSLContext, settings: TlsSettings) -> None:
    for name in ("cert_file", "key_file"):
        if path := getattr(settings, name):
            _readable(path, name)
    try:
        if settings.cert_file and settings.key_file:
            context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_password)
            return
        # OpenSSL reads chains from files only; one of ours, in memory where /tmp is, with the key for this user alone.
        with tempfile.TemporaryDirectory(prefix="driftgauge-") as folder:
            chain, key = (_given(Path(folder), settings, name) for name in ("cert", "key"))
            context.load_cert_chain(chain, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigError(
            "tls_server_config: cert_file and key_file cannot be used together:"
            f" expected a PEM certificate chain and its unencrypted key ({_reason(error)})"
        ) from error


def _given(folder: Path, settings: TlsSettings, name: str) -> str:
    path: str = getattr(settings, f"{name}_file")
    if path:
        return path
    file = folder / name
    file.touch(mode=0o600)
    file.write_text(getattr(settings, name), "ascii")
    return str(file)


def _load_authorities(context: ssl.SSLContext, settings: TlsSettings) -> None:
    if settings.client_ca_file:
        _readable(settings.client_ca_file, "client_ca_file")
    try:
        context.load_verify_locations(settings.client_ca_file or None, cadata=settings.client_ca or None)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigError(f"tls_server_config.client_ca_file: expected PEM certificates ({_reason(error)})") from error


def _readable(path: str, name: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"tls_server_config.{name}: {path}: {error.strerror or error}") from error


def _no_password() -> str:
    """Answer OpenSSL's question for a password, which it would otherwise ask on the terminal."""
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error).replace("_", " ").lower()


class LiveContext(ssl.SSLContext):
    """A context that hands every handshake to the one that is current.

    Attributes:
        current: the context that serves the next handshake.
    """

    current: ssl.SSLContext

    @classmethod
    def of(cls, context: ssl.SSLContext) -> LiveContext:
        """Make one that begins with *context*."""
        live = cls(ssl.PROTOCOL_TLS_SERVER)
        live.current = context
        return live

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin a handshake; asyncio's transports begin theirs here."""
        return self.current.wrap_bio(*args, **options)
