"""What the documents name exists: files, sections, metrics, commands and settings."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from driftgauge import names
from driftgauge.config import DriftSettings, LimitSettings, ListenSettings
from tests.docs.blocks import DOCUMENTS, ROOT, prose, text_of

_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
# what has a colon before or behind is a recorded series, which has a table of its own
_METRIC = re.compile(r"(?<![\w:.])driftgauge_[a-z0-9_]+(?![\w:])")
_SETTING = re.compile(r"\b(limits|listen|drift)\.(?!py\b)([a-z_]+)")
_PATH = re.compile(r"`((?:tests|benchmarks|docs)/[\w./]+)`")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)

_SERIES = {
    name
    for metric in names.ALL
    for name in (
        [metric.name, *(metric.name + suffix for suffix in ("_bucket", "_count", "_sum"))]
        if metric.type == names.HISTOGRAM
        else [metric.name]
    )
}

_SETTINGS = {
    section: {field.name for field in fields(kind)}
    for section, kind in (("limits", LimitSettings), ("listen", ListenSettings), ("drift", DriftSettings))
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_between_files_resolve(document):
    """A link that is no address leads to a file of the repository, and its fragment to a heading there."""
    for found in _LINK.finditer(prose(document)):
        target, _, fragment = found["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (ROOT / document).parent / target if target else ROOT / document
        assert path.exists(), f"{document}: {found['target']}"
        if fragment:
            assert fragment in {_anchor(title) for title in _HEADING.findall(path.read_text("utf-8"))}, found["target"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_metric_that_is_named_exists(document):
    """A name that starts as metrics do is one, or the start of several where a star follows."""
    for found in _METRIC.finditer(text_of(document)):
        name = found.group()
        if text_of(document)[found.end() : found.end() + 1] == "*":
            assert any(known.startswith(name) for known in _SERIES), f"{document}: {name}*"
        else:
            assert name in _SERIES, f"{document}: {name}"


def test_the_reasons_of_an_undecided_status_are_all_explained():
    """README and the page about reading list the reasons that the evaluator gives."""
    source = (ROOT / "exporter/driftgauge/model/evaluator.py").read_text("utf-8")
    given = re.search(r'\["", (?P<reasons>"[^\]]+)\],\s*"(?P<last>\w+)"', source)
    assert given is not None
    reasons = {*re.findall(r'"(\w+)"', given["reasons"]), given["last"]}
    for document in ("README.md", "docs/reading-the-metrics.md"):
        assert all(f"| `{reason}` |" in (ROOT / document).read_text("utf-8") for reason in reasons), document


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_setting_that_is_named_exists(document):
    """What is written as section.setting is a field of the configuration."""
    for section, name in _SETTING.findall(prose(document)):
        assert name in _SETTINGS[section], f"{document}: {section}.{name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_file_of_the_tests_that_is_named_exists(document):
    """Paths of this repository in prose lead somewhere."""
    for path in _PATH.findall(prose(document)):
        if "NAME" in path:  # what a recipe is about to make
            continue
        assert (ROOT / path).exists(), f"{document}: {path}"


def _anchor(title: str) -> str:
    """Return the fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
