"""Bearer tokens: a file with one token a line, any of which is accepted, so that one can be replaced without a gap.

Guarantee: a comparison takes the same time whatever the presented token has in common with the right one; only digests of
the tokens are held.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from driftgauge.errors import ConfigError

__all__ = ["LEAST_TOKEN", "Tokens", "parse_tokens"]

#: shorter tokens can be tried out
LEAST_TOKEN = 16
_MOST_TOKENS = 16
#: `b64token` of RFC 6750 section 2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class Tokens:
    """The tokens of a file.

    Args:
        tokens: as they are sent.
    """

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._digests = tuple(_digest(token) for token in tokens)

    def match(self, presented: str) -> bool:
        """Tell whether it is one of them."""
        digest = _digest(presented)
        return any([hmac.compare_digest(digest, known) for known in self._digests])  # noqa: C419 - compare with all

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._digests)


def parse_tokens(text: str, where: str) -> Tokens:
    """Read the tokens of a file's *text*.

    Raises:
        ConfigError: there is none, or one that cannot be sent or is easily tried out.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= _MOST_TOKENS:
        raise ConfigError(f"{where}: expected 1 to {_MOST_TOKENS} tokens, one a line, got {len(lines)}")
    for number, token in enumerate(lines, 1):
        if not _TOKEN.fullmatch(token):
            raise ConfigError(
                f"{where}: token {number} has characters that cannot be sent; letters, digits and ._~+/-= can"
            )
        if len(token) < LEAST_TOKEN:
            raise ConfigError(f"{where}: token {number} has {len(token)} characters, expected at least {LEAST_TOKEN}")
    return Tokens(tuple(lines))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
