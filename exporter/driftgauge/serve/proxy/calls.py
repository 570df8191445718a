"""Calls: which requests are inferences, by their path, and which model they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Call", "call_of"]

_OPENAI = re.compile(r"/(chat/completions|completions|embeddings)")
_OPEN_INFERENCE = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?/infer")
_PREDICT = re.compile(r"/v1/models/([^/:]+):predict")


@dataclass(frozen=True, slots=True)
class Call:
    """One inference.

    Attributes:
        kind: one of `ingest.openai.OPENAI_CALLS`, or `inference` for the v1 and v2 protocols.
        model: named by the path; empty where its body names it.
        version: named by the path.
    """

    kind: str
    model: str = ""
    version: str = ""


def call_of(method: bytes, target: bytes) -> Call | None:
    """Return the call that a request is; None when it is none. Prefixes before the known paths do not matter.

    >>> call_of(b"POST", b"/v2/models/iris%2F1/infer?x=1")
    Call(kind='inference', model='iris/1', version='')
    >>> call_of(b"POST", b"/openai/v1/chat/completions").kind, call_of(b"GET", b"/v1/models")
    ('chat', None)
    """
    if method != b"POST":
        return None
    path = target.decode("latin-1").partition("?")[0].rstrip("/")
    if found := _search(_OPENAI, path):
        return Call(found[1].partition("/")[0])
    if found := _search(_OPEN_INFERENCE, path):
        return Call("inference", unquote(found[1]), unquote(found[2] or ""))
    if found := _search(_PREDICT, path):
        return Call("inference", unquote(found[1]))
    return None


def _search(pattern: re.Pattern[str], path: str) -> re.Match[str] | None:
    """Return the match at the end of a path."""
    found = None
    for found in pattern.finditer(path):  # noqa: B007 - the last one is wanted
        pass
    return found if found is not None and found.end() == len(path) else None
