"""The documentation site: every page can be reached, its pictures are current, it builds without a warning and loads nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import cli_reference, figures, site_hooks
from tests.docs.blocks import ROOT, text_of

PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
_PICTURE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<path>[^)\s]+)\)")
#: what a browser fetches by itself, as opposed to links that a person follows
_FETCHED = re.compile(r"<(?:script|img|iframe)[^>]*\ssrc=\"?https?:|<link[^>]*rel=\"?stylesheet[^>]*href=\"?https?:")


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, in which the slugs of headings are a Python object."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for item in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from _leaves(item)


def test_every_page_is_in_the_navigation_once():
    """A page of docs/ that mkdocs.yml does not name could not be found; add it to `nav` there."""
    nav = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), _Loader)["nav"]  # a loader derived from the safe one
    assert sorted(_leaves(nav)) == PAGES


def test_every_picture_is_shown_described_and_there():
    """Figures without a page, pages without their figure, and figures without words for who cannot see them are none."""
    shown = {}
    for page in PAGES:
        for picture in _PICTURE.finditer(text_of(Path("docs") / page)):
            assert len(picture["text"]) > 5, f"{page}: {picture['path']}"
            shown[picture["path"]] = (ROOT / "docs" / picture["path"]).exists()
    assert all(shown.values()), shown
    assert {f"figures/{name}.svg" for name in figures.FIGURES} <= set(shown)


def test_pictures_show_what_the_code_finds_now():
    """A change of the statistics that changes a figure has to draw it again: `make generate`."""
    assert figures.stale() == []


def test_pictures_are_of_modest_size():
    """A repository is no place for megabytes of paths."""
    assert all(path.stat().st_size < 60_000 for path in figures.FOLDER.glob("*.svg"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[a](../alerting/settings.yaml)", "[a](https://example.org/r/blob/main/alerting/settings.yaml)"),
        ("[a](../README.md#further)", "[a](https://example.org/r/blob/main/README.md#further)"),
        ("[a](labels.md#limits)", "[a](labels.md#limits)"),
        ("```sh test\nls\n```\n", "```sh\nls\n```\n"),
        ("```python\nx = 1\n```\n", "```python\nx = 1\n```\n"),
    ],
    ids=["file", "fragment", "page", "fence", "plain-fence"],
)
def test_the_site_reads_what_the_repository_shows(text, wanted):
    """Links out of docs/ become addresses, words behind a fence's language go, all else stays."""
    assert site_hooks.adapt(text, "https://example.org/r") == wanted


def test_every_option_of_every_command_is_on_its_page():
    """What argparse knows is what docs/cli.md says; names with a bar are escaped for the table."""
    page = "\n\n".join(cli_reference.pages())
    for command in cli_reference.COMMANDS:
        assert f"## driftgauge {command}\n" in page
    assert "| `--strata auto\\|always\\|never` |" in page
    assert "%(default)s" not in page


@pytest.mark.skipif(find_spec("material") is None, reason="mkdocs-material is not installed")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    """Strict: every link, fragment and page resolves. No font, script, style or picture comes from another host."""
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in site.glob("*.html")} >= {page.replace(".md", ".html") for page in PAGES}
    for path in site.glob("*.html"):
        assert not _FETCHED.search(path.read_text("utf-8")), path.name
