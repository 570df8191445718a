"""`driftgauge backtest` on files."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from driftgauge.cli.main import main

START = 1_799_625_600.0
HOUR = 3_600.0


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Five weeks of two columns, ten rows an hour in no order; `price` moves at the beginning of the fifth week."""
    rng = np.random.default_rng(1)
    times = START + rng.permutation(np.arange(5 * 168 * 10)) * HOUR / 10
    price = rng.normal(10, 1, len(times)) + 2.0 * (times >= START + 4 * 168 * HOUR)
    path = tmp_path_factory.mktemp("backtest") / "log.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["at", "price", "age"])
        for moment, one, other in zip(times, price, rng.normal(40, 9, len(times)), strict=True):
            out.writerow([datetime.fromtimestamp(moment, UTC).isoformat(), f"{one:.3f}", f"{other:.1f}"])
    return path


CHANGE = datetime.fromtimestamp(START + 4 * 168 * HOUR, UTC).isoformat()
UNTIL = datetime.fromtimestamp(START + 168 * HOUR, UTC).isoformat()


def test_report_says_rates_delays_and_that_the_defaults_do(log, capsys):
    """A calm log needs no other thresholds, and the known change is found."""
    arguments = ["--timestamp", "at", "--until", UNTIL, "--change", CHANGE, "--changed", "price", "--every", "12"]
    assert main(["backtest", str(log), *arguments]) == 0
    text = capsys.readouterr().out
    assert "false alert episodes a week" in text
    assert "delay from the change to the first alert of price" in text
    assert "the calibrated thresholds keep to it" in text


def test_json_holds_the_same(log, capsys):
    """Rates, delays in seconds and the proposal, for programs."""
    arguments = ["--timestamp", "at", "--until", UNTIL, "--change", CHANGE, "--every", "12", "--json"]
    assert main(["backtest", str(log), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["proposal"]["fits"] is True
    calibrated = found["thresholds"][0]
    assert calibrated["threshold"] == "calibrated"
    assert 0 < calibrated["delay_seconds"] <= 2 * 86_400
    assert found["columns"]["price"]["delay_seconds"] == calibrated["delay_seconds"]
    assert found["columns"]["age"] == {"counted": True, "false_episodes": 0, "delay_seconds": None}


def test_without_a_reference_the_first_third_is_one(log, capsys):
    """What is played begins after it; the move at the end then counts as false, because nobody knows of it."""
    assert main(["backtest", str(log), "--timestamp", "at", "--every", "12", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    begin = datetime.fromtimestamp(START + 11 * 86_400, UTC).strftime("%Y-%m-%dT%H:%MZ")
    assert found["from"] == begin
    assert found["columns"]["price"]["false_episodes"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--timestamp: expected the column"),
        (["--timestamp", "at", "--until", "soon"], "--until 'soon': expected a time"),
        (["--timestamp", "at", "--every", "0.1"], "--every 0.1: expected 0.25 to 24"),
        (["--timestamp", "at", "--weeks", "0"], "--weeks 0.0: expected a number > 0"),
        (
            ["--timestamp", "at", "--until", UNTIL, "--change", "2001-01-01"],
            "--change 2001-01-01: expected a time within",
        ),
        (["--timestamp", "at", "--until", UNTIL, "--changed", "prise"], "--changed 'prise': expected a column"),
        (["--timestamp", "at", "--until", "1999-01-01"], "no rows"),
    ],
)
def test_mistakes_are_named(log, capsys, arguments, message):
    """Status 2 and one line that says what was expected."""
    assert main(["backtest", str(log), *arguments]) == 2
    assert message in capsys.readouterr().err
