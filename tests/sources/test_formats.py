"""The same table in every form gives the same batches."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from driftgauge.batch import Batch, Categories, Column, Mixed
from driftgauge.sources import Roles, Source, from_arrays, from_frame, open_source

ROWS = 250
ROLES = Roles(
    prediction="label",
    probabilities=("p0", "p1"),
    timestamp="at",
    ignore=("id",),
    outputs=("score",),
    categorical=("zip",),
)


def table() -> pd.DataFrame:
    random = np.random.default_rng(7)
    share = random.uniform(size=ROWS)
    amount = random.normal(size=ROWS)
    amount[::7] = np.nan
    plan = random.choice(np.array(["basic", "pro, yearly", 'say "hi"', "größe"]), ROWS).astype(object)
    plan[::5] = None
    start = pd.Timestamp("2026-09-14T08:00:00Z")
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "at": [start + pd.Timedelta(seconds=61 * row) for row in range(ROWS)],
            "amount": amount,
            "visits": random.integers(0, 9, ROWS),
            "zip": random.integers(501, 99950, ROWS),
            "plan": plan,
            "label": random.choice(np.array(["no", "yes"]), ROWS),
            "p0": 1 - share,
            "p1": share,
            "score": random.normal(size=ROWS),
        }
    )


def texts(column: Categories) -> list[str | None]:
    return [None if code < 0 else column.vocabulary[code] for code in column.codes]


def plain(column: Column) -> list[object]:
    if isinstance(column, Mixed):
        return [*plain(column.numbers), *texts(column.categories)]
    if isinstance(column, Categories):
        return list(texts(column))
    return [None if np.isnan(value) else float(value) for value in column]


def facts(batch: Batch) -> dict[str, object]:
    """A batch as plain values: the order of a vocabulary is no fact."""
    return {
        "rows": batch.rows,
        "columns": {(role, name): plain(column) for role, name, column in batch.columns},
        "probabilities": None if batch.probabilities is None else batch.probabilities.tolist(),
        "timestamps": None if batch.timestamps is None else batch.timestamps.tolist(),
        "requests": (batch.requests.count, len(batch.requests.latencies)),
    }


def as_csv(folder, frame) -> Source:
    frame.to_csv(folder / "t.csv", index=False)
    return open_source(folder / "t.csv", ROLES, chunk_rows=100)


def as_tsv_gz(folder, frame) -> Source:
    frame.to_csv(folder / "t.tsv.gz", index=False, sep="\t")
    return open_source(str(folder / "t.tsv.gz"), ROLES, chunk_rows=100)


def as_json_lines(folder, frame) -> Source:
    records = frame.assign(at=frame["at"].map(pd.Timestamp.isoformat)).astype(object)
    records = records.where(records.notna(), None).to_dict("records")
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return open_source(folder / "t.jsonl", ROLES, chunk_rows=100)


def as_json_lines_gz(folder, frame) -> Source:
    as_json_lines(folder, frame)
    (folder / "t.jsonl.gz").write_bytes(gzip.compress((folder / "t.jsonl").read_bytes()))
    return open_source(folder / "t.jsonl.gz", ROLES, chunk_rows=100)


def as_parquet(folder, frame) -> Source:
    pytest.importorskip("pyarrow")
    frame.astype({"plan": "category"}).to_parquet(folder / "t.parquet")
    return open_source(folder / "t.parquet", ROLES, chunk_rows=100)


def as_frame(_, frame) -> Source:
    return from_frame(frame.astype({"plan": "category"}), ROLES, chunk_rows=100)


def as_arrays(_, frame) -> Source:
    held = {name: frame[name].to_numpy() for name in frame.columns if name not in {"at", "plan"}}
    lists = {"at": [str(moment) for moment in frame["at"]], "plan": frame["plan"].astype(object).tolist()}
    return from_arrays({**held, **lists}, ROLES, chunk_rows=100)


FORMS = [as_csv, as_tsv_gz, as_json_lines, as_json_lines_gz, as_parquet, as_frame, as_arrays]


@pytest.fixture
def frame():
    return table()


def expected(frame) -> list[dict[str, object]]:
    return [facts(batch) for batch in from_frame(frame, ROLES, chunk_rows=100).batches()]


@pytest.mark.parametrize("form", FORMS)
def test_one_table_is_the_same_batches_in_every_form(form, frame, tmp_path):
    """Names, numbers, categories, missing values, outputs, probabilities and times do not depend on the format."""
    found = [facts(batch) for batch in form(tmp_path, frame).batches()]
    assert [batch["rows"] for batch in found] == [100, 100, 50]
    assert found == expected(frame)


@pytest.mark.parametrize("form", FORMS)
def test_a_second_pass_gives_the_same_batches(form, frame, tmp_path):
    """A source begins anew with every call of `batches`, even while another pass is under way."""
    source = form(tmp_path, frame)
    other = source.batches()
    next(other)
    first = [facts(batch) for batch in source.batches()]
    assert [facts(batch) for batch in source.batches()] == first
    assert len(list(other)) == 2


@pytest.mark.parametrize("form", FORMS)
def test_progress_rises_to_one(form, frame, tmp_path):
    """The share read never falls within a pass, and is one at its end."""
    source = form(tmp_path, frame)
    assert source.progress() == 0.0
    shares = [source.progress() for _ in source.batches()]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert source.progress() == 1.0


@pytest.mark.parametrize(
    ("form", "name", "rows"),
    [
        (as_csv, "t.csv", None),
        (as_json_lines, "t.jsonl", None),
        (as_parquet, "t.parquet", ROWS),
        (as_frame, "dataframe", ROWS),
        (as_arrays, "arrays", ROWS),
    ],
)
def test_a_source_knows_its_name_and_perhaps_its_rows(form, name, rows, frame, tmp_path):
    """The name has no directories; rows are known where they need no reading."""
    source = form(tmp_path, frame)
    assert (source.name, source.rows()) == (name, rows)


def test_batches_count_one_request_a_row(frame, tmp_path):
    """A file knows no requests: each row counts as one, without a latency."""
    batch = next(as_csv(tmp_path, frame).batches())
    assert (batch.requests.count, len(batch.requests.latencies)) == (batch.rows, 0)
