"""The page of the benchmarks: sections are renewed one by one, tables and what was skipped come out as Markdown."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def page_writer(monkeypatch):
    """The module `all`, which is a script."""
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("benchmarks_all", FOLDER / "all.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_every_script_has_a_place(page_writer):
    """What is not in the list would never run."""
    scripts = {path.stem for path in FOLDER.glob("*.py")} - {"all"}
    assert scripts == {*page_writer.COSTS, *page_writer.STUDIES}


def test_a_section_is_renewed_and_the_others_stay(page_writer, tmp_path):
    """Sections stand in the order of the list, whatever was measured last."""
    page = tmp_path / "benchmarks.md"
    for name, text in (("scrape", "one"), ("ingest", "two"), ("scrape", "three")):
        page_writer.write(page_writer.Section(name, f"## {name}\n\n{text}", failed=False), page)
    text = page.read_text("utf-8")
    assert text.startswith(page_writer.INTRODUCTION)
    assert text.endswith("## ingest\n\ntwo\n\n## scrape\n\nthree\n")


def test_a_script_is_run_and_its_tables_are_gathered(page_writer, monkeypatch, tmp_path, capfd):
    """Tables, notes, and what was left out are on the page; a failure is said and counted."""
    (tmp_path / "fine.py").write_text(
        "from support.report import show, skip\n"
        "show('Title', ('what', 'ms'), [('a|b', '1.0')], ['a note'])\n"
        "skip('a peer', 'not installed')\n"
    )
    (tmp_path / "support").symlink_to(FOLDER / "support")
    (tmp_path / "broken.py").write_text("raise SystemExit(3)\n")
    monkeypatch.setattr(page_writer, "FOLDER", tmp_path)
    fine, broken = (page_writer.measure(name, with_plots=False) for name in ("fine", "broken"))
    capfd.readouterr()
    assert (
        "**Title**\n\n| what | ms |\n| --- | ---: |\n| a/b | 1.0 |\n\na note.\n\nSkipped: a peer: not installed"
        in fine.text
    )
    assert not fine.failed
    assert broken.failed
    assert "exit status 3" in broken.text


@pytest.mark.usefixtures("page_writer")
def test_what_a_script_shows_is_kept_for_the_page(monkeypatch, tmp_path, capsys):
    """Each table is a line of JSON in the file that the environment names; without it nothing is written."""
    from support import report

    report.show("Title", ("what",), [("x",)])
    monkeypatch.setenv(report.RESULTS, str(tmp_path / "results"))
    report.show("Title", ("what",), [("x",)])
    capsys.readouterr()
    lines = (tmp_path / "results").read_text("utf-8").splitlines()
    assert [json.loads(line)["rows"] for line in lines] == [[["x"]]]
