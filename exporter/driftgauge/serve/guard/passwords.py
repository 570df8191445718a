"""Passwords: HTTP basic authentication against bcrypt hashes, off the event loop and at most one at a time.

Guarantee: a pair that was right once costs a keyed digest instead of a bcrypt the next time (a scrape each 15 s must not
cost 70 ms of CPU each); the memory holds digests under a key of this process, never a password, at most 128 of them. A user
that does not exist takes as long as a wrong password. At most 8 checks wait; what is beyond is refused.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

__all__ = ["MOST_CHECKS", "Passwords", "TooBusyError"]

#: of checks that run or wait; at a cost of 10 the last of them waits half a second
MOST_CHECKS = 8
_REMEMBERED = 128
#: bcrypt hashes no more of a password than this, in every implementation
_PASSWORD_BYTES = 72
#: takes as long as a user's, for those that do not exist; its password is not known to anyone
_NOBODY = "$2b$10$" + "." * 21 + "O" + "." * 31


class TooBusyError(Exception):
    """Too many passwords wait to be checked."""


class Passwords:
    """Checks passwords, and remembers those that were right."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, "driftgauge-password")
        self._checking = 0

    async def verify(self, users: Mapping[str, str], user: str, password: str) -> bool:
        """Tell whether *password* is the user's.

        Args:
            users: bcrypt hashes by name.
            user: name that was sent.
            password: that was sent.

        Raises:
            TooBusyError: too many others wait.
        """
        known = users.get(user)
        stored = known or _likeness(users)
        digest = self._digest(user, stored, password)
        if known and digest in self._right:
            self._right.move_to_end(digest)
            return True
        if self._checking >= MOST_CHECKS:
            raise TooBusyError
        self._checking += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(self._pool, _check, password, stored)
        finally:
            self._checking -= 1
        if not (right and known):
            return False
        self._right[digest] = None
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return True

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _digest(self, *parts: str) -> bytes:
        # The hash is a part, so that a changed password is checked anew; lengths keep the parts apart.
        text = b"".join(
            b"%d:%b" % (len(part.encode("utf-8", "surrogateescape")), part.encode("utf-8", "surrogateescape"))
            for part in parts
        )
        return hmac.digest(self._key, text, "sha256")


def _likeness(users: Mapping[str, str]) -> str:
    """Return a hash that takes as long as the users' and that no password has."""
    cost = max((stored[4:6] for stored in users.values()), default="10")
    return f"{_NOBODY[:4]}{cost}{_NOBODY[6:]}"


def _check(password: str, stored: str) -> bool:
    import bcrypt  # noqa: PLC0415 - only where there are users

    try:
        return bcrypt.checkpw(password.encode("utf-8", "surrogateescape")[:_PASSWORD_BYTES], stored.encode())
    except ValueError:  # a NUL, which no hash was made of
        return False
