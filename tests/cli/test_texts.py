"""Texts and embeddings of data files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge.profile import loads
from tests.serve.harness import Exporter, of_model


def lines(rows, seed, *, words=("good", "bad", "film", "plot"), shift=0.0):
    """Return JSON lines with a review and an embedding of eight dimensions."""
    rng = np.random.default_rng(seed)
    return "\n".join(
        json.dumps(
            {"review": " ".join(rng.choice(words, 20)) + f" {number}"}
            | {f"e[{i}]": round(float(value), 6) for i, value in enumerate(rng.normal(shift, 1, 8))}
        )
        for number in range(rows)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("texts")
    (place / "train.jsonl").write_text(lines(1_000, 1))
    (place / "same.jsonl").write_text(lines(500, 2))
    (place / "other.jsonl").write_text(lines(500, 3, words=("parcel", "refund"), shift=0.6))
    return place


@pytest.fixture
def profile(folder, drive):
    path = folder / "profile.json"
    if not path.exists():
        status, _, said = drive(
            "profile", "build", folder / "train.jsonl", "-o", path, "--text", "review", "--embedding", "e"
        )
        assert status == 0, said
    return path


def test_a_profile_has_facts_and_none_of_the_texts(profile):
    """Columns of facts, tokens and the mean embedding; no word of a review."""
    reference = loads(profile.read_bytes())
    names = {column.name for column in reference.profile.spec.schema.columns}
    assert {"review.length", "review.digit_ratio", "e.norm", "e.residual"} <= names
    assert not {"review", "e[0]"} & names
    assert set(reference.sketches) == {"tokens of review", "embedding of e"}
    assert "film" not in profile.read_text()


@pytest.mark.parametrize(("file", "drifts"), [("same", False), ("other", True)])
def test_compare_says_what_tokens_and_embeddings_do(folder, profile, drive, file, drifts):
    """Beside the columns, the distance of the tokens and of the mean embeddings, each with its evidence."""
    status, out, _ = drive("profile", "compare", profile, folder / f"{file}.jsonl", "--json")
    assert status == 0
    found = {record["name"]: record for record in json.loads(out)["beside_columns"]}
    assert set(found) == {"tokens of review", "embedding of e"}
    assert all((record["evidence"] > 6) == drifts for record in found.values())
    assert (json.loads(out)["notes"] == []) or not drifts
    _, shown, _ = drive("profile", "compare", profile, folder / f"{file}.jsonl")
    assert "tokens of review: distance" in shown
    assert "embedding of e: distance" in shown


def test_the_exporter_reduces_what_comes_in(profile):
    """A server that sends the texts and the vectors as they are is compared with the facts of the reference."""
    rows = [json.loads(line) for line in lines(300, 5, shift=1.5).splitlines()]
    text = f"models: [{{name: m, seasonality: none, reference: {{path: {profile}}}}}]"
    with Exporter(text, references={str(profile): loads(profile.read_bytes())}) as exporter:
        assert exporter.post([{"features": row} for row in rows], "/v1/models/m/observations").status == 202
        exporter.now += 60
        exporter.tick()
        scrape = exporter.scrape()
    score = {"role": "input", "window": "1h"}
    assert of_model(scrape, "drift_debiased", "m", feature="e.norm", **score) > 0.2
    assert of_model(scrape, "drift_debiased", "m", feature="review.length", **score) < 0.1
    assert not any(count for name, count in scrape.items() if name.startswith("driftgauge_schema_violations_total"))


def test_a_text_may_be_an_output(folder, drive):
    """What a model wrote has facts that are outputs, numeric even where all answers have few lengths."""
    path = folder / "answers.json"
    status, _, said = drive(
        "profile", "build", folder / "train.jsonl", "-o", path, "--text", "review", "--output-column", "review"
    )
    assert status == 0, said
    reference = loads(path.read_bytes())
    facts = {column.name: (column.role, column.kind) for column in reference.profile.spec.schema.columns}
    assert facts["review.length"] == facts["review.characters"] == ("output", "numeric")
    assert set(reference.sketches) == {"tokens of review"}


def test_score_says_it_too(folder, profile, drive):
    """What stands beside the columns is in the report for people and in the document for programs."""
    status, out, _ = drive("score", folder / "other.jsonl", "--reference", profile)
    assert status == 0
    assert {"embedding of e", "tokens of review"} <= {line.partition(": distance ")[0] for line in out.splitlines()}
    _, out, _ = drive("score", folder / "other.jsonl", "--reference", profile, "--json")
    assert {record["name"] for record in json.loads(out)["beside_columns"]} == {"embedding of e", "tokens of review"}


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (("--embedding", "f"), "no column 'f[0]' for embedding, did you mean 'e[0]'?"),
        (("--text", "reviews"), "no column 'reviews' for text, did you mean 'review'?"),
    ],
)
def test_a_misspelt_text_or_embedding_is_refused(folder, drive, tmp_path, named, said):
    """As any other column that is named and not there."""
    status, _, told = drive("profile", "build", folder / "train.jsonl", "-o", tmp_path / "p.json", *named)
    assert (status, said in told) == (2, True), told
