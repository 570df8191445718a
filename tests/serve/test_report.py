"""The report for a ticket: what it says, that it is one file, that names stay text, and the command that fetches it."""

from __future__ import annotations

import json
import re

import pytest

from driftgauge.cli.main import main
from driftgauge.drift.words import by_chance
from tests.page.scene import CONFIG, FRAUD, fraud, sent
from tests.serve.harness import MONDAY, Exporter

MODEL = "/api/v1/models/card-fraud/versions/3"


@pytest.fixture(scope="module")
def exporter():
    """A day that breaks at noon."""
    with Exporter(CONFIG) as made:
        sent(made, f"{FRAUD}/observations", fraud(2_000, 0))
        made.scrape()
        for hour in range(24):
            made.now = MONDAY + 3_600 * (hour + 1)
            sent(made, f"{FRAUD}/observations", fraud(100, hour + 1, broken=hour >= 12))
        made.tick()
        yield made


def test_it_says_what_drifted_since_when_and_how_sure(exporter):
    """Each drifted column with the window that decided, the chance in words, and the time from which on it was beyond."""
    found = exporter.get(f"{MODEL}/report?format=json").json
    columns = {column["feature"]: column for column in found["columns"]}
    assert found["drifted"] == len(columns)
    amount = columns["amount_eur"]
    assert amount["status"] == "alert"
    assert MONDAY + 12 * 3_600 <= amount["since"] <= MONDAY + 15 * 3_600
    assert "chance" in amount["chance"]
    assert (found["model"]["version"], found["time"]) == ("3", exporter.now)


def test_it_is_one_file_without_a_script(exporter):
    """Nothing is loaded, and the pictures are inside."""
    answer = exporter.get(f"{MODEL}/report")
    page = answer.body.decode()
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not re.search(r"<(script|img|link|iframe)|@import|url\(|https?://|href", page)
    assert page.count("<svg") >= 4
    for part in ("card-fraud version 3", "DriftgaugeFeatureDrift", "amount_eur", "of the drift", "learned, 2000 rows"):
        assert part in page, part


def test_names_stay_text():
    """Markup in the names of models, columns and categories is escaped."""
    nasty = '"><script>alert(1)</script>'
    with Exporter(
        f"models: [{{name: {json.dumps(nasty)}}}]\ndefaults: {{seasonality: none, reference: {{learn_rows: 300}}}}"
    ) as exporter:
        path = "/v1/models/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
        for hour, value in enumerate(("a", nasty, nasty)):
            exporter.now = MONDAY + 3_600 * hour
            assert exporter.post([{"features": {nasty: value}}] * 300, f"{path}/observations").status == 202
            exporter.scrape()
        exporter.tick()
        page = exporter.get(f"/api{path}/versions/0/report").body.decode()
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "✖ alert" in page


def test_a_model_without_an_evaluation_has_a_report_too():
    with Exporter() as exporter:
        exporter.post([{"features": {"age": 1}}])
        assert b"Nothing." in exporter.get("/api/v1/models/fraud/versions/0/report").body


def test_the_command_writes_it(exporter, tmp_path, capsys):
    """As HTML or JSON; what is not there is said in one line."""
    where = ["--address", f"127.0.0.1:{exporter.metrics_port}", "--version", "3"]
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    assert main(["report", "--model", "card-fraud", *where, "-o", str(page)]) == 0
    assert main(["report", "--model", "card-fraud", *where, "--json", "-o", str(data)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(data.read_text())["model"]["name"] == "card-fraud"
    assert main(["report", "--model", "none", *where]) == 2
    assert "none" in capsys.readouterr().err


def test_without_a_version_it_is_the_one_observed_last(capsys):
    """The others are named; a model that is not known is said to be unknown."""
    with Exporter() as exporter:
        where = ["--address", f"127.0.0.1:{exporter.metrics_port}", "--json"]
        for version in ("3", "10", "4"):
            exporter.now += 60
            exporter.post([{"features": {"age": 1}}], f"/v1/models/fraud/versions/{version}/observations")
        assert main(["report", "--model", "fraud", *where]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["model"]["version"] == "4"
        assert told.err.endswith("version 4, observed last; --version for 10, 3\n")
        assert main(["report", "--model", "frog", *where]) == 2
        assert "no model 'frog' version '0'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (None, None),
        (0.3, "as chance has it"),
        (1.0, "1 in 10 by chance"),
        (4.7, "1 in 50\u202f000 by chance"),
        (7.0, "1 in 10 million by chance"),
        (14.2, "1 in 100 trillion by chance"),
        (20.0, "not by chance"),
    ],
)
def test_evidence_in_words(evidence, words):
    assert by_chance(evidence) == words
