"""The documents, and the code blocks in them.

Convention: a `sh` block whose fence says ```` ```sh test ```` and every `python` block is run. The blocks of one document
run in order, as one script, in an empty folder of their own; what a fence says after the language is not shown. All other
blocks are checked by `test_unrun.py` as far as they can be.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: what a person reads; rendered pages are among them
DOCUMENTS = tuple(
    path.relative_to(ROOT)
    for path in (
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / "CHANGELOG.md",
        ROOT / "benchmarks/README.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
)

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(document: Path) -> str:
    return (ROOT / document).read_text("utf-8")


def blocks(document: Path, info: str) -> list[str]:
    """Return the code of the blocks whose fence says *info*."""
    return [found["code"] for found in _BLOCK.finditer(text_of(document)) if found["info"] == info]


def prose(document: Path) -> str:
    """Return the document without its code blocks."""
    return _BLOCK.sub("", text_of(document))
