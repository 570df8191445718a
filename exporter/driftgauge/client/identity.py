"""Identity: what a sender shows an exporter that does not trust everyone, and what makes it trust the exporter.

Files are read when a connection opens, a token also when its file has changed, so that what is rotated is used without a
restart. What cannot be read is an `OSError`, which is tried again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

__all__ = ["Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Credentials and authorities; each may be empty.

    Attributes:
        token: bearer token.
        token_file: file that holds it; comes first.
        ca_file: PEM certificates that vouch for the exporter, the system's where it is empty.
        cert_file: PEM certificate chain to show.
        key_file: its key.
    """

    token: str = ""
    token_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers of a request.

        Raises:
            OSError: the token file cannot be read or holds no token.
        """
        token = _first_line(self.token_file) if self.token_file else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def stamp(self) -> int:
        """Return what changes when the token file does."""
        try:
            return os.stat(self.token_file).st_mtime_ns if self.token_file else 0  # noqa: PTH116 - for every body
        except OSError:
            return -1

    def context(self) -> ssl.SSLContext:
        """Return the context of an `https:` connection.

        Raises:
            OSError: a file cannot be read or used.
        """
        import ssl  # noqa: PLC0415 - most senders use the Unix socket

        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None)
        return context


def _first_line(path: str) -> str:
    """Return the first token of a file, which may hold several while one replaces another."""
    try:
        lines = [line.strip() for line in Path(path).read_text("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise OSError(f"{path}: expected a token of ASCII characters") from error
    if not lines or not lines[0].isprintable():
        raise OSError(f"{path}: expected a token")
    return lines[0]
