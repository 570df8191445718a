"""The examples of the documents do what the documents say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, blocks
from tests.docs.running import SOCKET, exporter, free_port, run_shell

README = Path("README.md")

WITH_SHELL = [document for document in DOCUMENTS if blocks(document, "sh test")]
#: the client's page has tests of its own, with the models that its examples take for granted
OTHERS = {Path("docs/client.md")}
WITH_PYTHON = [document for document in DOCUMENTS if blocks(document, "python") and document not in OTHERS]


def _script(document: Path) -> str:
    """Return the document's shell blocks as one script, on a port of its own."""
    return "\n".join(blocks(document, "sh test")).replace("9870", str(free_port()))


@pytest.fixture(scope="module")
def tour(tmp_path_factory) -> str:
    """What the blocks of the README print, run once."""
    if shutil.which("curl") is None or shutil.which("awk") is None:
        pytest.skip("curl and awk are not installed")
    return run_shell(_script(README), tmp_path_factory.mktemp("readme"))


def test_every_shell_block_of_the_readme_runs(tour):
    """The tour starts a server, sends rows, builds a profile and attaches a model without an error."""
    assert '"accepted": 5000' in tour
    assert tour.count('"rejected": 0') == 5
    assert "the configuration is valid" in tour
    assert tour.rstrip().endswith("refused")


def test_the_readme_shows_the_drift_that_it_promises(tour):
    """Undrifted rows are ok; 40 % more income warns or alerts, and only in that column."""
    lines = [line for line in tour.splitlines() if line.startswith("driftgauge_drift_status{")]
    statuses = [(line.split('feature="')[1].split('"')[0], float(line.split()[-1])) for line in lines]
    before, after = statuses[: len(statuses) // 2], dict(statuses[len(statuses) // 2 :])
    assert [status for _, status in before] == [0.0] * 4
    assert after.pop("income") in {1.0, 2.0}
    assert set(after.values()) == {0.0}


@pytest.mark.parametrize("document", [document for document in WITH_SHELL if document != README], ids=str)
def test_every_shell_block_of_a_page_runs(document, tmp_path):
    """The blocks of one page are one script."""
    run_shell(_script(document), tmp_path)


@pytest.mark.parametrize("document", WITH_PYTHON, ids=str)
def test_every_python_block_of_a_page_runs(document, tmp_path, monkeypatch):
    """The blocks of one page are one program, which may talk to an exporter; their asserts hold."""
    monkeypatch.chdir(tmp_path)
    with exporter(tmp_path) as port:
        monkeypatch.setenv("INGEST_SOCKET", SOCKET)
        monkeypatch.setenv("DRIFTGAUGE_CLIENT_ENDPOINT", f"unix:{tmp_path / SOCKET}")
        code = "\n".join(blocks(document, "python")).replace("9870", str(port))
        exec(compile(code, str(document), "exec"), {"__name__": "example"})
