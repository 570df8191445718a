"""`driftgauge report --offline`: real flights with faults put into them, named in one self-contained document."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from driftgauge.cli.main import main
from driftgauge.demo.faults import KILOMETRES_PER_MILE
from driftgauge.demo.flights import DAY_SECONDS, ID, KNOWN, TARGET, TIME, load

ROLES = ("--prediction", "pred", "--probability", "p", "--timestamp", TIME, "--label", "truth")


def answered(flights):
    """Return flights with what a simple model says of them, and what came true."""
    p = (1 / (1 + np.exp(-(flights["dep_delay"].clip(-20, 120) - 14) / 7.5))).clip(0.02, 0.98).round(4)
    found = flights.assign(p=p, pred=(p > 0.5).astype(int), truth=flights[TARGET].astype(int))
    return found.drop(columns=[TARGET, ID, KNOWN])


@pytest.fixture(scope="module")
def flights():
    """The first days of 2013."""
    every = load()
    known = every[every[TARGET].notna()]
    return answered(known[known[TIME] < known[TIME].iloc[0] + 24 * DAY_SECONDS])


@pytest.fixture(scope="module")
def reference(flights, tmp_path_factory):
    """The profile of the first eighteen days."""
    folder = tmp_path_factory.mktemp("flights")
    flights[flights[TIME] < flights[TIME].iloc[0] + 18 * DAY_SECONDS].to_parquet(folder / "train.parquet")
    path = folder / "profile.json"
    arguments = ("profile", "build", folder / "train.parquet", "-o", path, *ROLES, "--model", "delays", "--univariate")
    assert main([str(one) for one in arguments]) == 0
    return path


@pytest.fixture
def later(flights):
    """What came in the six days after it."""
    return flights[flights[TIME] >= flights[TIME].iloc[0] + 18 * DAY_SECONDS].reset_index(drop=True)


@pytest.fixture
def report(reference, tmp_path, drive):
    """Write rows to a file, and return what is reported about them."""

    def go(frame, *more):
        path = tmp_path / "current.parquet"
        frame.to_parquet(path)
        status, out, _ = drive("report", "--offline", path, "--reference", reference, *ROLES, *more)
        assert status == 0
        return json.loads(out) if "--json" in more else out

    return go


def causes(found):
    return [cause["cause"] for cause in found["diagnosis"]["causes"]]


def answers(found):
    return {one["question"]: one["answer"] for one in found["diagnosis"]["findings"]}


def test_days_like_those_before_have_neither_drift_nor_cause(report, later):
    """All four questions are answered with no, the last one by labels."""
    found = report(later, "--json")
    assert set(answers(found).values()) == {"no"}
    assert causes(found) == []
    assert (found["source"]["name"], found["model"]["name"]) == ("current.parquet", "delays")
    assert found["model"]["labels"]["windows"]["batch"]["accuracy"] == pytest.approx(0.9, abs=0.03)


def test_kilometres_for_miles_are_recognised(report, later):
    """From the second day on: the unit, the share of the rows, and when it began."""
    begin = later[TIME].iloc[0] + 2 * DAY_SECONDS
    miles = later["distance"]
    found = report(later.assign(distance=miles.where(later[TIME] < begin, miles * KILOMETRES_PER_MILE)), "--json")
    first = found["diagnosis"]["causes"][0]
    assert (first["cause"], first["columns"]) == ("unit_change", [{"feature": "distance", "role": "input"}])
    assert first["figures"]["amount"] == pytest.approx(KILOMETRES_PER_MILE)
    assert first["figures"]["share"] == pytest.approx((later[TIME] >= begin).mean(), abs=0.08)
    (column,) = found["columns"]
    assert abs(column["since"] - begin) <= DAY_SECONDS / 2
    assert answers(found)["data_drift"] == "yes"


def test_what_stands_still_is_recognised(report, later):
    found = report(later.assign(hour=np.where(later.index < len(later) / 2, later["hour"], 16)), "--json")
    assert causes(found)[0] == "one_value"
    assert found["diagnosis"]["causes"][0]["figures"]["amount"] == pytest.approx(16, abs=0.5)


def test_another_spelling_is_recognised_without_showing_any_value(report, later):
    """Only how many values are known ones but for their case; no value of the file is in the report."""
    shouted = later["carrier"].str.lower().where(later.index % 2 == 0, later["carrier"])
    found = report(later.assign(carrier=shouted), "--json")
    assert causes(found)[0] == "spelling"
    assert '"ev"' not in json.dumps(found)


def test_new_categories_are_named_where_they_are_frequent(report, later):
    """The one that many rows have, not the one that a few have: it may be an identifier."""
    carrier = later["carrier"].where(later.index % 5 != 0, "ZEPPELIN").where(later.index >= 8, "secret")
    found = report(later.assign(carrier=carrier), "--json")
    (cause,) = [one for one in found["diagnosis"]["causes"] if one["cause"] == "new_categories"]
    assert list(cause["figures"]["new"]) == ["ZEPPELIN"]
    assert "'ZEPPELIN' 20 %" in cause["said"]
    assert "secret" not in json.dumps(found)


def test_a_join_that_lost_its_key_is_recognised(report, later):
    lost = np.random.default_rng(1).random(len(later)) < 0.3
    blank = {name: later[name].astype(float).where(~lost) for name in ("distance", "hour", "minute")}
    found = report(later.assign(**blank), "--json")
    assert causes(found)[0] == "broken_join"
    assert answers(found)["data_quality"] == "yes"


def test_the_same_inputs_with_another_truth_are_concept_drift(report, later):
    """No input moves, and yet the model is right less often than on like rows of the profile."""
    flip = np.random.default_rng(2).random(len(later)) < 0.2
    found = report(later.assign(truth=np.where(flip, 1 - later["truth"], later["truth"])), "--json")
    assert answers(found) == {
        "data_drift": "no",
        "prediction_drift": "no",
        "data_quality": "no",
        "concept_drift": "yes",
    }
    assert causes(found)[0] == "concept_change"
    assert "in the reference" in found["diagnosis"]["causes"][0]["said"]


def test_harder_rows_are_no_concept_drift(report, later):
    """Where rows near the decision become frequent, the model is right less often, as it always was on such rows."""
    near = later[later["dep_delay"].between(5, 25)]
    found = report(pd.concat([later[later.index % 8 == 0], near]), "--json")
    assert answers(found)["concept_drift"] == "no"
    assert "harder_inputs" in causes(found)
    assert "concept_change" not in causes(found)


def test_another_share_of_late_flights_is_a_prior_shift(report, later):
    """Each class is recognised as well as before."""
    late = later[later["truth"] == 1]
    found = report(pd.concat([later, late, late, late]), "--json")
    assert "prior_shift" in causes(found)
    assert found["diagnosis"]["causes"][causes(found).index("prior_shift")]["figures"]["class"] in {"0", "1"}


def test_it_is_one_document_that_ends_with_the_causes(report, later):
    """Nothing is loaded and nothing runs; causes and what to check come last."""
    page = report(later.assign(distance=later["distance"] * KILOMETRES_PER_MILE))
    assert not re.search(r"<(script|img|link|iframe)|@import|url\(|https?://|href", page)
    assert page.count("<svg") == 2
    tail = page[page.index("Likely causes, and what to check next") :]
    for part in ("A changed unit", "miles to kilometres (times 1.609)", "Check: Ask the sender"):
        assert part in tail, part
    assert "How predictions turned out" in page
    assert "last batch" not in page


def test_a_file_without_event_times_has_a_report_without_curves(tmp_path, drive):
    """A drifted column is drawn against the reference; when it began cannot be told."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / name for name in ("may.csv", "june.csv", "may.json")]
    for path, factor in zip(paths, (1.0, 1.4), strict=False):
        pd.DataFrame({"income": factor * rng.lognormal(9, 0.5, 3_000)}).to_csv(path, index=False)
    assert drive("profile", "build", paths[0], "-o", paths[2])[0] == 0
    status, page, _ = drive("report", "--offline", paths[1], "--reference", paths[2])
    assert status == 0
    assert "income <small>input</small>" in page
    assert (page.count("<svg"), page.count("Distance over time")) == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--offline", "x.csv"), "--offline: expected --reference PROFILE"),
        (("--offline", "x.csv", "--reference", "p.json", "--address", "h:1"), "--offline: expected no --address"),
        (("--reference", "p.json", "--model", "m"), "--reference: expected --offline FILE"),
        ((), "--model: expected the name of a model"),
    ],
    ids=["no profile", "both", "no file", "nothing"],
)
def test_what_does_not_go_together_is_refused(drive, arguments, said):
    status, _, err = drive("report", *arguments)
    assert status == 2
    assert said in err


def test_a_regression_is_told_in_its_own_units(tmp_path, drive):
    """Errors that grow while nothing else moves, from CSV and a mapping file."""
    rng = np.random.default_rng(4)

    def write(name, count, noise):
        x = rng.normal(50, 10, count)
        rows = zip(x, 3 * x, 3 * x + rng.normal(0, noise, count), strict=True)
        (tmp_path / name).write_text("x,y,truth\n" + "".join(f"{a:.3f},{b:.3f},{c:.3f}\n" for a, b, c in rows))
        return tmp_path / name

    (tmp_path / "m.yaml").write_text("prediction: y\nlabel: truth\n")
    roles = ("--mapping", tmp_path / "m.yaml")
    profile = tmp_path / "p.json"
    assert drive("profile", "build", write("a.csv", 5_000, 4.0), "-o", profile, *roles)[0] == 0
    _, out, _ = drive("report", "--offline", write("b.csv", 2_000, 8.0), "--reference", profile, *roles, "--json")
    found = json.loads(out)
    assert causes(found) == ["concept_change"]
    assert (
        "the mean absolute error of 2000 labelled predictions in the file is 6."
        in found["diagnosis"]["causes"][0]["said"]
    )
