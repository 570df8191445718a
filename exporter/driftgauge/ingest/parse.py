r"""Parse: JSON text to Python values, whatever the sender put into it.

Guarantee: a value or a `DecodeError` of reason `empty`, `syntax` or `nesting`, in time linear in the text. Strict JSON
takes msgspec, 20-30 ns a value. `NaN`, `Infinity` and numbers that no float64 can hold take the standard library, which
is five times slower, and only when they are there. Numbers out of range become infinities; of a name given twice the last
value counts; lone surrogates (`"\ud800"`) are refused, because no exposition could encode them.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from driftgauge.errors import DecodeError

__all__ = ["parse"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_JSON = re.compile(rb"NaN|Infinity")  # what Python, JavaScript and Java write all the same
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_INTEGER_DIGITS = 400  # a float64 has 309 at most; far longer ones would take quadratic time to read exactly


def parse(text: bytes) -> Any:
    """Return the value that a JSON text holds."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if not text.strip():
        raise DecodeError("empty", "the body is empty")
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise DecodeError("nesting", "the JSON is nested too deeply") from None
    except msgspec.ValidationError:  # a number out of range: the only thing to validate when any value will do
        return _parse_leniently(text)
    except UnicodeDecodeError:
        raise DecodeError("syntax", "a string of the JSON is not valid UTF-8") from None
    except msgspec.DecodeError as error:
        if _NOT_JSON.search(text):
            return _parse_leniently(text)
        raise DecodeError("syntax", f"not well-formed JSON: {error}") from None


def _parse_leniently(text: bytes) -> Any:
    try:
        value = _LENIENT.decode(text.decode())
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise DecodeError("nesting", "the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise DecodeError("syntax", f"not well-formed JSON: {error.msg} (character {error.pos})") from None
    except UnicodeError:
        raise DecodeError("syntax", "a string of the JSON is not valid Unicode") from None
    return value


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else float(digits)


_LENIENT = json.JSONDecoder(parse_int=_integer)
