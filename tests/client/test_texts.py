"""Texts among the features: reduced in the client, and the exporter's windows are the same as if it had read them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from driftgauge.batch import Batch, Tokens, column_of
from driftgauge.client import TextReading
from driftgauge.derive import text_facts
from driftgauge.reference import BuildOptions, build
from tests.serve.harness import Exporter, of_model
from tests.serve.test_token_drift import texts

SAID = ["the cat sat on the mat", "room 101", "caf\u00e9 " * 900]


def tokens_of(exporter, name="review"):
    """Return the sorted buckets of each row that came."""
    found = []
    for batch in exporter.batches:
        tokens = batch.tokens[name]
        found += [sorted(tokens.buckets[a:b].tolist()) for a, b in pairwise(tokens.starts.tolist())]
    return found


def expected_of(said, **reading):
    facts = text_facts(said, "review", **reading)
    ends = facts.tokens.starts.tolist()
    rows = [sorted(facts.tokens.buckets[a:b].tolist()) for a, b in pairwise(ends)]
    return facts.columns, rows


def as_frame(said):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"review": said, "age": range(len(said))})


FORMS = {
    "rows": lambda said: [{"review": text, "age": row} for row, text in enumerate(said)],
    "columns": lambda said: {"review": said, "age": list(range(len(said)))},
    "array": lambda said: {"review": np.array(said, dtype=object), "age": np.arange(len(said))},
    "frame": as_frame,
}


@pytest.mark.parametrize("form", FORMS)
def test_facts_and_tokens_are_sent_and_no_text(make, exporter, form):
    """However texts are logged, what arrives are the facts of the whole text and its tokens; nothing of it can be read."""
    monitor = make(exporter, texts=["review"])
    monitor.log(features=FORMS[form](SAID), prediction=[0, 1, 0])
    for text in SAID:
        monitor.log(features={"review": text, "age": 1}, prediction=1)
    assert monitor.flush()
    columns, rows = expected_of(SAID * 2)
    for name, values in columns.items():
        assert exporter.column(name) == pytest.approx(values.tolist()), name
    assert tokens_of(exporter) == rows
    assert exporter.column("age")[:3] == [0, 1, 2]
    assert exporter.column("review") == [None] * 6
    assert not any(
        word in sent.content for sent in exporter.sent for word in (b"cat sat", b"room 1", "caf\u00e9".encode())
    )


def test_missing_texts_and_numbers_in_their_place(make, exporter):
    """A missing text has no facts and no tokens; a row without the feature neither."""
    monitor = make(exporter, texts="review")
    for features in ({"review": None, "age": 1}, {"review": "a b", "age": 2}, {"age": 3}, {"review": 7.0, "age": 4}):
        monitor.log(features=features, prediction=0)
    assert monitor.flush()
    found = dict(
        zip(
            exporter.column("age"), zip(exporter.column("review.length"), tokens_of(exporter), strict=True), strict=True
        )
    )
    assert {age: length for age, (length, _) in found.items()} == {1: None, 2: 2.0, 3: None, 4: None}
    assert [age for age, (_, tokens) in found.items() if tokens] == [2]


def test_a_tokenizer_of_ones_own(make, exporter, caplog):
    """Tokens, their length and the share of unknown ones are the tokenizer's; one that fails costs the text alone."""
    reading = TextReading(list, {"a", "b"})
    monitor = make(exporter, texts={"review": reading, "title": int})
    monitor.log(features={"review": "abc", "title": "no number", "age": 3}, prediction=0)
    assert monitor.flush()
    columns, rows = expected_of(["abc"], tokenize=list, vocabulary={"a", "b"})
    assert exporter.column("review.oov_ratio") == pytest.approx(columns["review.oov_ratio"].tolist())
    assert tokens_of(exporter) == rows
    assert exporter.column("age") == [3]
    assert "text 'title' is left out: ValueError" in caplog.text


@pytest.mark.parametrize("given", [3, {"review": 3}, [3]], ids=["a number", "no callable", "no name"])
def test_what_texts_cannot_be_is_told(make, exporter, caplog, given):
    """A mistake leaves texts as they ever were: categories, cut."""
    monitor = make(exporter, texts=given)
    monitor.log(features={"review": "x" * 2_000}, prediction=0)
    assert monitor.flush()
    assert exporter.column("review") == ["x" * 1_024]
    assert "texts=" in caplog.text


@pytest.mark.parametrize(("first", "expected"), [(0, 0), (5_000, 2)])
def test_the_exporter_compares_what_the_client_reduced(make, folder, first, expected):
    """The same words as the profile's are ok, other words alert, though the exporter has not seen one of them."""
    known = Batch(2_000, inputs={"review": column_of(texts(2_000))[0]})
    reference = build(lambda: [known], BuildOptions("train", 0.0, texts=("review",)))
    text = "models: [{name: flights, seasonality: none, reference: {path: p}}]"
    with Exporter(text, unix=str(folder / "real"), references={"p": reference}) as real:
        monitor = make(f"unix:{folder / 'real'}", texts=["review"], timeout_seconds=20)
        for said in texts(300, first=first, seed=2):
            monitor.log(features={"review": said}, prediction=0.5)
        assert monitor.flush(20)
        real.now += 60
        real.tick()
        found = real.scrape()
    where = {"feature": "review", "window": "1h"}
    assert of_model(found, "token_samples", "flights", **where) == 300
    assert of_model(found, "token_status", "flights", **where) == expected
    broken = {name for name, count in found.items() if "schema_violations" in name and count}
    assert not {name for name in broken if "review" in name}


def test_packed_tokens_are_unpacked():
    """The order of tokens is lost, their numbers are not; what is no packed row is counted and has none."""
    tokens = Tokens(np.array([2_047, 0, 64, 64], dtype=np.int32), np.array([0, 3, 3, 4]))
    again, wrong = Tokens.unpacked([*tokens.packed(), None])
    assert (again.buckets.tolist(), again.starts.tolist(), wrong) == ([0, 64, 2_047, 64], [0, 3, 3, 4, 4], 0)
    broken = ["A", "A*", "gA", "\u00e9\u00e9", 7, "AB"]
    again, wrong = Tokens.unpacked(broken)
    assert (again.buckets.tolist(), again.lengths.tolist(), wrong) == ([1], [0, 0, 0, 0, 0, 1], 5)
