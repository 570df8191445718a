"""What the benchmarks send is what they say they send, and every script can be started."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from driftgauge.ingest import decode

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def _module(path: Path):
    """Load a module of the benchmarks, which are scripts and not on the path of the tests."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bodies():
    return _module(FOLDER / "support" / "bodies.py")


@pytest.mark.parametrize("form", ["binary", "columns", "json_rows"])
def test_every_form_of_a_table_decodes_to_it(bodies, form):
    """The same rows go in whatever the format, to the six digits that text has."""
    table = bodies.table(np.random.default_rng(0), 50, 7)
    body, headers = getattr(bodies, form)(table)
    decoded = decode(
        body,
        content_type=headers["Content-Type"],
        header_length=headers.get("Inference-Header-Content-Length"),
    )
    assert decoded.accepted == 50
    assert list(decoded.batch.inputs) == bodies.names(7)
    found = np.stack(list(decoded.batch.inputs.values()), axis=1)
    np.testing.assert_allclose(found, table, rtol=1e-5)


def test_event_times_travel_with_the_rows(bodies):
    """A binary body may carry an event time for each row."""
    times = np.arange(50) + 1_767_225_600.0
    body, headers = bodies.binary(bodies.table(np.random.default_rng(0), 50, 7), times)
    decoded = decode(
        body, content_type=headers["Content-Type"], header_length=headers["Inference-Header-Content-Length"]
    )
    np.testing.assert_array_equal(decoded.batch.timestamps, times)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_says_what_it_measures_and_can_be_run(path):
    """A benchmark has a docstring, and a `main` that runs only when it is started."""
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    assert any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
    assert ast.unparse(tree.body[-1].test) == "__name__ == '__main__'"


def test_the_overview_names_every_script():
    """A benchmark that nobody knows of is not run."""
    text = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"`{path.name}`" in text for path in SCRIPTS)
