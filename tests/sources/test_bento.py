"""Logs of `bentoml.monitor`, as BentoML 1.4 writes them."""

from __future__ import annotations

import json

import pytest

from driftgauge.errors import SourceError
from driftgauge.sources import Roles, open_source
from tests.sources.test_formats import plain

SCHEMA = {
    "meta_data": {"bento_name": "", "bento_version": "not available"},
    "columns": [
        {"name": "sepal length", "role": "feature", "type": "numerical"},
        {"name": "colour", "role": "feature", "type": "categorical"},
        {"name": "embedding", "role": "feature", "type": "numerical_sequence"},
        {"name": "pred", "role": "prediction", "type": "categorical"},
        {"name": "margin", "role": "prediction", "type": "numerical"},
        {"name": "truth", "role": "target", "type": "categorical"},
    ],
}


def line(number):
    return {
        "sepal length": 5.0 + number,
        "colour": None if number == 0 else "red",
        "embedding": [0.25 * number, 0.5],
        "pred": "setosa",
        "margin": 0.125,
        "truth": number % 2,
        "timestamp": f"2026-09-14T08:01:{number:02d}.500000",
        "request_id": "None" if number == 0 else str(10**17 + number),
        "trace_id": "0",
    }


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(found) + "\n" for found in lines))
    return path


@pytest.fixture
def monitor(tmp_path):
    """The folder of a monitor with two workers, one of whose files was rotated."""
    folder = tmp_path / "iris"
    write(folder / "schema" / "schema.0.log", [SCHEMA])
    write(folder / "data" / "data.0.log.2026-09-13", [line(0), line(1)])
    write(folder / "data" / "data.0.log", [line(2)])
    write(folder / "data" / "data.1.log", [line(3)])
    return folder


def test_a_folder_is_read_with_its_schema(monitor):
    """Roles are the schema's, sequences become columns, the oldest file comes first."""
    source = open_source(monitor)
    batches = list(source.batches())
    assert [batch.rows for batch in batches] == [2, 1, 1]
    assert source.progress() == 1
    first = batches[0]
    assert {name: plain(column) for name, column in first.inputs.items()} == {
        "sepal length": [5.0, 6.0],
        "colour": [None, "red"],
        "embedding[0]": [0.0, 0.25],
        "embedding[1]": [0.5, 0.5],
    }
    assert {name: plain(column) for name, column in first.outputs.items()} == {
        "prediction": ["setosa", "setosa"],
        "margin": [0.125, 0.125],
    }
    assert first.timestamps.tolist() == [1789372860.5, 1789372861.5]


def test_facts_are_handed_on_where_they_are_wanted(monitor):
    """The request's id names the row, the target is its label; large ids stay what they are."""
    batch = next(open_source(monitor, Roles(with_facts=True)).batches())
    assert plain(batch.outputs["driftgauge.id"]) == [None, str(10**17 + 1)]
    assert plain(batch.outputs["driftgauge.label"]) == [0.0, 1.0]


def test_a_file_alone(tmp_path):
    """Without a schema every column is a feature, unless roles say otherwise."""
    path = write(tmp_path / "data.0.log.2026-09-13", [line(1)])
    batch = next(open_source(path, Roles(prediction="pred", ignore=("margin", "truth"))).batches())
    assert set(batch.inputs) == {"sepal length", "colour", "embedding[0]", "embedding[1]"}
    assert set(batch.outputs) == {"prediction"}


def test_other_logs_are_refused(tmp_path):
    """A log that no monitor has written is told from one, and so is a broken schema."""
    path = write(tmp_path / "app.log", [{"message": "started"}])
    with pytest.raises(
        SourceError, match=r"app.log: line 1: expected a line of a BentoML monitor .* found \['message'\]"
    ):
        next(open_source(path).batches())
    write(tmp_path / "m" / "schema" / "schema.0.log", [{"columns": 5}])
    write(tmp_path / "m" / "data" / "data.0.log", [line(1)])
    with pytest.raises(SourceError, match="expected a schema of a BentoML monitor"):
        next(open_source(tmp_path / "m").batches())
    with pytest.raises(SourceError, match="expected a file, found a directory"):
        open_source(tmp_path)
