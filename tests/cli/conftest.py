"""Small data files with known drift, and the profile of the first of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from driftgauge.cli.main import main

ROLES = ("--prediction", "approved", "--probability", "p_yes", "--timestamp", "at", "--ignore", "id")
COLUMNS = ("id", "at", "age", "income", "plan", "zip", "approved", "p_yes")


def rows(count, seed, *, shift=0.0):
    """Return loan applications; *shift* moves the age by so many standard deviations."""
    rng = np.random.default_rng(seed)
    probability = rng.random(count).round(4)
    table = zip(
        range(count),
        1.75e9 + 60.0 * np.arange(count),
        rng.normal(40.0 + 10.0 * shift, 10.0, count).round(1),
        np.where(rng.random(count) < 0.05, np.nan, rng.lognormal(10.0, 1.0, count).round(2)),
        rng.choice(["basic", "plus", "gold"], count, p=[0.6, 0.3, 0.1]),
        [f"{code:03d}" for code in rng.integers(0, 12, count)],
        (probability > 0.5).astype(int),
        probability,
        strict=True,
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in table]


def known(value):
    return isinstance(value, str) or not np.isnan(value)


def write_csv(path: Path, table) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows({name: value if known(value) else "" for name, value in row.items()} for row in table)
    return path


def write_json_lines(path: Path, table) -> Path:
    lines = ({name: np.asarray(value).item() if known(value) else None for name, value in row.items()} for row in table)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """A directory with train.csv, the same distribution in same.csv, an older population in drifted.csv."""
    folder = tmp_path_factory.mktemp("data")
    write_csv(folder / "train.csv", rows(4_000, 1))
    write_csv(folder / "same.csv", rows(1_000, 2))
    write_csv(folder / "drifted.csv", rows(1_000, 3, shift=0.7))
    return folder


@pytest.fixture(scope="session")
def profile(data):
    """The profile of train.csv."""
    path = data / "profile.json"
    assert main(["profile", "build", str(data / "train.csv"), "-o", str(path), *ROLES, "--categorical", "zip"]) == 0
    return path


@pytest.fixture
def drive(capsys):
    """Run a command and return its exit status, standard output and standard error."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run
