r"""JSON end: where the JSON of a body ends and its binary tensors begin, when the header that says so was lost.

Guarantee: strings and escapes are honoured, so braces inside of them count for nothing; time is linear in the JSON
(possessive quantifiers never go back), about 1 us a KiB of numbers and 0.1 us a string. What follows is not looked at.
"""

from __future__ import annotations

import re

__all__ = ["json_end"]

# A string that is cut off matches to the end of the body, so that its inside is not searched a second time.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+\{")


def json_end(body: bytes) -> int | None:
    r"""Return the index behind the first JSON object of *body*; None when it does not begin with a whole one.

    >>> json_end(b'{"a": "}\\""}\x00\x01')
    12
    """
    if (begin := _BEFORE.match(body)) is None:
        return None
    depth = 0
    for token in _TOKEN.finditer(body, begin.end() - 1):
        brace = token[0]
        if brace == b"{":
            depth += 1
        elif brace == b"}":
            depth -= 1
            if not depth:
                return token.end()
    return None
