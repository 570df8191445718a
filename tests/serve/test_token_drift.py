"""Texts on every way into the exporter: the words of the reference are ok, those of another vocabulary alert."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge.batch import Batch, column_of
from driftgauge.derive import token_facts
from driftgauge.profile import dumps, loads
from driftgauge.reference import BuildOptions, build
from tests.serve.harness import Exporter, eventually, of_model
from tests.serve.loggers import log
from tests.serve.proxy.rig import Forwarding, answer, post

ROWS = 300


def numbers(rows, *, first, seed):
    """Return lists of 5 to 30 of 800 token numbers, frequent and rare, from *first* on."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, 801) ** -1.0
    drawn = rng.choice(800, (rows, 30), p=weights / weights.sum()) + first
    return [row[: rng.integers(5, 31)].tolist() for row in drawn]


def texts(rows, *, first=0, seed=1):
    return [" ".join(f"w{number}" for number in row) for row in numbers(rows, first=first, seed=seed)]


def profile(batch, *names):
    """Return what a training job stored, as the exporter reads it."""
    return loads(dumps(build(lambda: [batch], BuildOptions("train", 0.0, texts=names))))


@pytest.fixture(scope="module")
def references():
    column = column_of(texts(2_000))[0]
    ids = token_facts(numbers(2_000, first=0, seed=1), "ids")
    return {
        "review": profile(Batch(2_000, inputs={"review": column}), "review"),
        "llm": profile(
            Batch(2_000, inputs={"llm.prompt": column}, outputs={"llm.completion": column}),
            "llm.prompt",
            "llm.completion",
        ),
        "ids": profile(Batch(2_000, inputs=ids.columns, tokens={"ids": ids.tokens})),
    }


def tensor(name, said):
    return {"inputs": [{"name": name, "shape": [len(said)], "datatype": "BYTES", "data": said}]}


def observations(exporter, said):
    return exporter.post([{"features": {"review": text}} for text in said], "/v1/models/m/observations")


def columns(exporter, said):
    return exporter.post({"columns": {"review": said}}, "/v1/models/m/observations")


def lines(exporter, said):
    body = "\n".join(json.dumps({"features": {"review": text}}) for text in said).encode()
    return exporter.post(body, "/v1/models/m/observations", Content_Type="application/x-ndjson")


def open_inference(exporter, said):
    return exporter.post(tensor("review", said), "/v1/models/m/observations")


def kserve(exporter, said):
    given = {"outputs": [{"name": "y", "shape": [len(said)], "datatype": "FP64", "data": [0.5] * len(said)}]}
    log(exporter, "1", "request", tensor("review", said), inferenceservicename="m")
    return log(exporter, "1", "response", given, inferenceservicename="m")


WAYS = {way.__name__: way for way in (observations, columns, lines, open_inference, kserve)}


def configured(reference):
    return f"models: [{{name: m, seasonality: none, reference: {{path: {reference}}}}}]\nkserve: {{path: /}}"


def judged(exporter, text):
    """Return status, overlap and texts of the hour after an evaluation."""
    exporter.now += 60
    exporter.tick()
    found = exporter.scrape()
    figures = (
        of_model(found, f"token_{name}", "m", feature=text, window="1h")
        for name in ("status", "overlap_ratio", "samples")
    )
    broken = {
        name: value
        for name, value in found.items()
        if "schema_violations" in name and value and '"prediction"' not in name
    }
    assert not broken
    return tuple(figures)


def _arrived(exporter):
    return exporter.scrape().get('driftgauge_predictions_total{model="m",version="0"}') == ROWS


@pytest.mark.parametrize("way", WAYS)
def test_texts_of_every_form_are_compared(references, way):
    """The same words are ok and share the most frequent ones, other words alert; no row breaks the schema."""
    for first, expected in ((0, 0), (5_000, 2)):
        with Exporter(configured("review"), references=references) as exporter:
            assert WAYS[way](exporter, texts(ROWS, first=first, seed=2)).status == 202
            eventually(lambda e=exporter: _arrived(e), "the rows are not counted")
            status, overlap, samples = judged(exporter, "review")
        assert (status, samples) == (expected, ROWS)
        assert (overlap > 0.6) if expected == 0 else (overlap < 0.3)


@pytest.mark.parametrize("form", ["list", "tensor"])
@pytest.mark.parametrize(("first", "expected"), [(0, 0), (5_000, 2)])
def test_token_numbers_are_compared(references, form, first, expected):
    """Lists of whole numbers in JSON and tensors of them are texts where the reference says so."""
    said = numbers(ROWS, first=first, seed=3)
    body = [{"features": {"ids": row}} for row in said]
    if form == "tensor":
        said = [row[:5] for row in said]
        shape = [ROWS, 5]
        body = {"inputs": [{"name": "ids", "shape": shape, "datatype": "INT64", "data": np.ravel(said).tolist()}]}
    with Exporter(configured("ids"), references=references) as exporter:
        assert exporter.post(body, "/v1/models/m/observations").status == 202
        status, _, samples = judged(exporter, "ids")
    assert (status, samples) == (expected, ROWS)


def test_lists_are_no_columns_where_no_reference_counts_them(references):
    """A list of numbers is a value of the wrong type, as ever, unless it is a text."""
    with Exporter(configured("review"), references=references) as exporter:
        exporter.post([{"features": {"review": "w1 w2", "other": [1, 2]}}], "/v1/models/m/observations")
        found = exporter.scrape()
    assert of_model(found, "schema_violations_total", "m", feature="other", reason="wrong_type") == 1


@pytest.mark.parametrize(("first", "expected"), [(0, 0), (5_000, 2)])
def test_prompts_and_answers_are_compared(references, first, expected):
    """The proxy's observer counts the words of prompts (inputs) and of completions (outputs) against the profile's."""
    said, told = texts(ROWS, first=0, seed=4), texts(ROWS, first=first, seed=5)
    body = json.dumps({"model": "m", "prompt": said}).encode()
    choices = [{"index": place, "text": text, "finish_reason": "stop"} for place, text in enumerate(told)]
    reply = answer(json.dumps({"model": "m", "choices": choices}).encode())
    with Forwarding(configured("llm"), references=references) as rig:
        assert rig.exchange(post("/v1/completions", body), answer=[reply]) == reply
        rig.settled()
        rig.now += 60
        rig.tick()
        found = rig.scrape()
    asked, answered = (
        of_model(found, "token_status", "m", feature=f"llm.{name}", window="1h") for name in ("prompt", "completion")
    )
    assert (asked, answered) == (0, expected)
    length = {"feature": "llm.completion.length", "role": "output", "window": "1h"}
    assert of_model(found, "drift_samples", "m", **length) == ROWS
