"""Every file that the documents for developers name exists, and their picture of the tree is today's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, prose, text_of

PACKAGE = ROOT / "exporter/driftgauge"
FOR_DEVELOPERS = (Path("ARCHITECTURE.md"), Path("CONTRIBUTING.md"))
_NAMED = re.compile(r"`(?P<path>[\w.\-/]+(?:/|\.(?:py|md|sh|txt|toml|ya?ml|json)))`")
_OF_REPOSITORY = re.compile(
    r"`(?P<path>(?:\.ci|alerting|benchmarks|dashboards|deploy|docs|examples|exporter|fuzz|scripts|tests)/[\w./\-]+)`"
)
#: what a step of a recipe is about to make
_TO_BE_MADE = re.compile(r"NAME")
_LAYOUT = re.compile(r"^## Layout\n+```\n(?P<tree>.*?)^```$", re.MULTILINE | re.DOTALL)
#: what users have, not the repository
_THEIRS = {"profile.json", "train.csv", "driftgauge.yaml"}


@pytest.mark.parametrize("document", FOR_DEVELOPERS, ids=str)
def test_every_path_that_developers_are_told_exists(document):
    """A path is below the repository, the package, or one of the package's folders that the sentence is about."""
    known = {path.name for path in PACKAGE.rglob("*.py")}
    for found in _NAMED.finditer(prose(document)):
        path = found["path"]
        if path in _THEIRS or _TO_BE_MADE.search(path):
            continue
        places = (ROOT / path, PACKAGE / path, *((folder / path) for folder in PACKAGE.iterdir() if folder.is_dir()))
        assert any(place.exists() for place in places) or path in known, f"{document}: {path}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_path_of_the_repository_that_is_named_exists(document):
    """A document that names a file of this repository leads somewhere."""
    for found in _OF_REPOSITORY.finditer(prose(document)):
        if not _TO_BE_MADE.search(found["path"]):
            assert (ROOT / found["path"]).exists(), f"{document}: {found['path']}"


def _tree() -> str:
    found = _LAYOUT.search(text_of(Path("ARCHITECTURE.md")))
    assert found is not None
    return found["tree"]


def test_the_layout_names_every_package_and_no_other():
    """Whoever adds a package says in ARCHITECTURE.md what it is for."""
    named = set(re.findall(r"^    (\w+)/", _tree(), re.MULTILINE))
    assert named == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_the_layout_names_every_module_beside_the_packages():
    """The modules that everything may import are few; each is named."""
    package = _tree().split("\nalerting/")[0]
    assert set(re.findall(r"\b(\w+\.py)\b", package)) == {path.name for path in PACKAGE.glob("[!_]*.py")}


def test_the_layout_names_every_folder_of_the_repository():
    """Folders at the top, without those that begin with a dot or that git ignores."""
    named = set(re.findall(r"^([\w.]+)/", _tree(), re.MULTILINE))
    ignored = {"dist", "build", "demo-data", "node_modules"}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    assert named >= {name for name in there - ignored if any((ROOT / name).iterdir())}
    assert all((ROOT / name).is_dir() for name in named)
