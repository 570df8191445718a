"""Hooks of the documentation site: what GitHub's Markdown may say and MkDocs' may not.

The pages are written to be read in the repository as well. Two things differ there: a link may leave `docs/` (here it becomes
the file's address in the repository), and a fence may have words behind its language, by which the tests know what to run.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

__all__ = ["adapt", "on_page_markdown"]

_OUTWARD = re.compile(r"\]\((?P<path>(?:\.\./)+[^)\s#]*)(?P<fragment>#[^)\s]*)?\)")
_FENCE = re.compile(r"^(?P<fence>```[\w-]+) [^\n`]*$", re.MULTILINE)


def adapt(text: str, repository: str) -> str:
    """Return the Markdown *text* of a page of `docs/` for the site of the repository at the address *repository*."""

    def address(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", link["path"]))
        return f"]({repository}/blob/main/{path}{link['fragment'] or ''})"

    return _FENCE.sub(r"\g<fence>", _OUTWARD.sub(address, text))


def on_page_markdown(markdown: str, *, config: Any, **_: Any) -> str:
    """Adapt a page when MkDocs has read it."""
    return adapt(markdown, config["repo_url"])
