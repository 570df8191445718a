"""`driftgauge profile compare`: drift between a reference and a file or another profile."""

from __future__ import annotations

import json

import pytest

from driftgauge.cli.profile_report import chance

from .conftest import ROLES, rows, write_csv


def columns(out):
    return {column["name"]: column for column in json.loads(out)["columns"]}


def test_what_drifted_comes_first(data, profile, drive):
    """The shifted column alerts with its evidence; the others stay silent."""
    status, out, _ = drive("profile", "compare", profile, data / "drifted.csv", *ROLES)
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "alert: 7 columns compared, 1 alert, 6 ok"
    table = [line.split() for line in lines[5:11]]
    assert table[0][0] == "age"
    assert table[0][1] == "alert"
    assert all("ok" in row for row in table[1:])
    assert "1 in 10^" in lines[5]
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in out


def test_the_same_distribution_is_silent(data, profile, drive):
    """A thousand rows without drift raise nothing, although their plain scores are far from zero."""
    _, out, _ = drive("profile", "compare", profile, data / "same.csv", *ROLES, "--json")
    found = columns(out)
    assert json.loads(out)["status"] == "ok"
    assert found["age"]["score"] > 0.03
    assert found["age"]["debiased"] < found["age"]["score"]
    assert found["zip"]["missing_ratio"] == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["same.csv"], 0),
        (["drifted.csv"], 4),
        (["drifted.csv", "--alert", "0.9"], 3),
        (["drifted.csv", "--least-samples", "2000"], 5),
        (["drifted.csv", "--evidence", "250"], 0),
    ],
    ids=["ok", "alert", "warn", "undecided", "not sure enough"],
)
def test_the_exit_status_is_the_verdict_when_asked_for(arguments, status, data, profile, drive):
    """--exit-status lets a pipeline stop; without it a comparison that could be made is a success."""
    command = ("profile", "compare", profile, data / arguments[0], *ROLES, *arguments[1:])
    assert drive(*command, "--exit-status")[0] == status
    assert drive(*command)[0] == 0


def test_naive_thresholds_cry_wolf(profile, tmp_path, drive):
    """With few rows the plain score exceeds its threshold without any drift; the debiased one does not."""
    path = write_csv(tmp_path / "few.csv", rows(150, 5))
    assert drive("profile", "compare", profile, path, *ROLES, "--exit-status")[0] == 0
    status, out, _ = drive("profile", "compare", profile, path, *ROLES, "--exit-status", "--naive")
    assert status in {3, 4}
    assert "naive: the plain score was judged" in out


def test_a_profile_of_the_same_bins_compares(profile, drive):
    _, out, _ = drive("profile", "compare", profile, profile, "--json")
    assert {column["score"] for column in columns(out).values()} == {0.0}
    assert {column["kl_bits"] for column in columns(out).values()} == {0.0}


def test_profiles_of_other_edges_are_refused(data, profile, tmp_path, drive):
    """Quantile edges of two data sets differ; the message says what to do instead."""
    other = tmp_path / "other.json"
    drive("profile", "build", data / "same.csv", "-o", other, *ROLES, "--categorical", "zip")
    status, _, err = drive("profile", "compare", profile, other)
    assert status == 2
    assert "different edges (columns 'age', 'income'" in err
    assert "compare the reference with the data file itself" in err


def test_a_file_that_lacks_columns_says_so(profile, tmp_path, drive):
    """A missing column counts as missing, an unknown one is left out, absent outputs are not judged."""
    path = write_csv(tmp_path / "t.csv", [{"age": row["age"], "plan": row["plan"], "new": 1} for row in rows(500, 6)])
    _, out, _ = drive("profile", "compare", profile, path, "--json")
    document, found = json.loads(out), columns(out)
    assert document["notes"] == [
        "t.csv lacks 'income', 'zip': their rows count as missing",
        "not in the reference and left out: 'new'",
        "not compared: 'confidence.top1', 'prediction', 'proba[1]'; say --prediction, --probability or --output-column to compare outputs",
    ]
    assert (found["income"]["missing_ratio"], found["income"]["status"]) == (1.0, "alert")
    assert (found["prediction"]["status"], found["prediction"]["score"]) == ("undecided", None)


def test_categories_that_look_like_numbers_stay_text(profile, data, drive):
    """Codes such as 007 were text in the reference, so they are text in every file compared with it."""
    _, out, _ = drive("profile", "compare", profile, data / "same.csv", *ROLES, "--json")
    assert columns(out)["zip"]["status"] == "ok"


def test_class_labels_are_the_same_as_numbers_and_as_text(tmp_path, drive):
    """Labels inferred from numbers are the same classes when another file spells them 1.0."""
    first = write_csv(tmp_path / "a.csv", [{"x": i % 7, "y": i % 2} for i in range(400)])
    second = write_csv(tmp_path / "b.csv", [{"x": i % 7, "y": float(i % 2)} for i in range(400)])
    drive("profile", "build", first, "-o", tmp_path / "p.json", "--prediction", "y")
    _, out, _ = drive("profile", "compare", tmp_path / "p.json", second, "--prediction", "y", "--json")
    assert columns(out)["prediction"]["score"] == 0


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (0.0, "likely"),
        (0.31, "1 in 2"),
        (2.0, "1 in 100"),
        (5.48, "1 in 300,000"),
        (7.02, "1 in 10 million"),
        (9.0, "1 in 1 billion"),
        (14.9, "1 in 700 trillion"),
        (300.0, "1 in 10^300"),
        (float("nan"), "-"),
    ],
)
def test_evidence_in_words(evidence, words):
    """The odds of chance, rounded so that chance never looks smaller than it is."""
    assert chance(evidence) == words
