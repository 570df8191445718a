"""`driftgauge profile build` and `show`: from a data file to a profile that a person can read."""

from __future__ import annotations

import json

import pytest

from driftgauge.profile import loads

from .conftest import ROLES, rows, write_csv, write_json_lines

pytestmark = pytest.mark.usefixtures("profile")


def names(reference):
    return [(column.role, column.name, column.kind) for column in reference.profile.spec.schema.columns]


def test_a_profile_has_the_columns_that_the_exporter_counts(profile):
    """Roles become inputs and outputs; class probabilities become the columns that the exporter derives."""
    reference = loads(profile.read_bytes())
    assert sorted(names(reference)) == [
        ("input", "age", "numeric"),
        ("input", "income", "numeric"),
        ("input", "plan", "categorical"),
        ("input", "zip", "categorical"),
        ("output", "confidence.top1", "numeric"),
        ("output", "prediction", "categorical"),
        ("output", "proba[1]", "numeric"),
    ]
    assert reference.rows == 4_000
    assert reference.provenance.name == "train.csv"
    assert reference.provenance.time_range == (1.75e9, 1.75e9 + 60 * 3_999)


def test_every_format_gives_the_same_profile(profile, tmp_path, drive):
    """CSV, JSON lines and Parquet of the same rows have the same digest."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    table = rows(4_000, 1)
    pandas.DataFrame(table).to_parquet(tmp_path / "t.parquet")
    wanted = loads(profile.read_bytes()).digest
    for path in (write_json_lines(tmp_path / "t.jsonl", table), tmp_path / "t.parquet"):
        status, out, _ = drive("profile", "build", path, "-o", tmp_path / "p.json", *ROLES, "--categorical", "zip")
        assert status == 0
        assert f"digest {wanted}" in out


def test_the_summary_says_what_was_built(data, tmp_path, drive):
    status, out, err = drive(
        "profile", "build", data / "same.csv", "-o", tmp_path / "p.json", "--model", "credit", "--version", "3"
    )
    assert status == 0
    assert err == ""  # no bar where standard error is no terminal
    assert "p.json: 1,000 rows, 9 columns (8 numeric, 1 categorical)" in out
    assert "note: only 1000 rows" in out
    about = loads((tmp_path / "p.json").read_bytes()).provenance
    assert (about.model, about.version) == ("credit", "3")


def test_standard_output_carries_the_profile_alone(data, drive):
    """With `-o -` the summary goes to standard error, so the output can be piped."""
    status, out, err = drive("profile", "build", data / "same.csv", "-o", "-")
    assert status == 0
    assert loads(out).rows == 1_000
    assert err.startswith("profile: 1,000 rows")


def test_given_kinds_win(data, tmp_path, drive):
    """--categorical and --numeric are about the file's columns, the prediction included."""
    path = tmp_path / "p.json"
    drive(
        "profile",
        "build",
        data / "same.csv",
        "-o",
        path,
        *ROLES,
        "--numeric",
        "approved",
        "--categorical",
        "zip",
        "age",
    )
    kinds = {name: kind for _, name, kind in names(loads(path.read_bytes()))}
    assert kinds["prediction"] == "numeric"
    assert (kinds["zip"], kinds["age"]) == ("categorical", "categorical")


def test_chosen_features_and_bins(data, tmp_path, drive):
    path = tmp_path / "p.json"
    drive(
        "profile",
        "build",
        data / "same.csv",
        "-o",
        path,
        "--features",
        "age",
        "--output-column",
        "p_yes",
        "--bins",
        "5",
    )
    reference = loads(path.read_bytes())
    assert names(reference) == [("input", "age", "numeric"), ("output", "p_yes", "numeric")]
    assert [len(edges) for edges in reference.profile.spec.histogram.edges] == [4, 4]


def test_a_profile_is_replaced_whole(data, tmp_path, drive):
    """A build that fails leaves the old profile, and no temporary file stays."""
    path = tmp_path / "p.json"
    path.write_text("old")
    assert drive("profile", "build", data / "same.csv", "-o", path, "--prediction", "nope")[0] == 2
    assert path.read_text() == "old"
    assert drive("profile", "build", data / "same.csv", "-o", path)[0] == 0
    assert [file.name for file in tmp_path.iterdir()] == ["p.json"]
    assert path.stat().st_mode & 0o044  # a pod's other users may read it


def test_show_says_what_a_profile_holds(profile, drive):
    status, out, _ = drive("profile", "show", profile)
    assert status == 0
    assert out.startswith("train.csv: 4,000 rows\ncreated ")
    assert "times   2025-06-15T15:06:40Z to 2025-06-18T09:45:40Z" in out
    assert "\x1b" not in out
    lines = {line.split()[0]: line for line in reversed(out.splitlines()) if line}
    assert lines["age"].split()[1:4] == ["input", "20", "0.0%"]
    assert "basic 59.7%, plus" in lines["plan"]
    assert max(map(len, out.splitlines())) <= 100


def test_show_draws_one_column(profile, drive):
    _, out, _ = drive("profile", "show", profile, "--column", "plan")
    cells = [line.split() for line in out.splitlines()[2:]]
    assert [cell[0] for cell in cells] == ["basic", "plus", "gold", "(other)", "(missing)"]
    assert [len(cell[3]) if len(cell) > 3 else 0 for cell in cells] == sorted(
        (len(cell[3]) if len(cell) > 3 else 0 for cell in cells), reverse=True
    )


def test_bins_of_single_values_are_named_after_them(tmp_path, drive):
    """Edges that only set a value apart do not show: 0 is `x = 0`, not a sliver around it."""
    path = write_csv(tmp_path / "t.csv", [{"flag": flag} for flag in (0, 1, 1, 0, 1)])
    drive("profile", "build", path, "-o", tmp_path / "p.json")
    _, out, _ = drive("profile", "show", tmp_path / "p.json", "--column", "flag")
    labels = [line.split("  ")[0].strip() for line in out.splitlines()[2:]]
    assert labels == ["x < 0", "x = 0", "0 < x <= 1", "x > 1", "(missing)"]


def test_show_as_json(profile, drive):
    _, out, _ = drive("profile", "show", profile, "--json")
    document = json.loads(out)
    assert document["rows"] == 4_000
    columns = {column["name"]: column for column in document["columns"]}
    assert sum(cell["count"] for cell in columns["income"]["bins"]) == 4_000
    assert columns["income"]["missing_ratio"] == pytest.approx(0.05, abs=0.01)
    assert columns["age"]["mean"] == pytest.approx(40.0, abs=0.5)
    assert 0 < columns["age"]["noise_floor"] < 0.05


def test_a_category_cannot_move_the_cursor(tmp_path, drive):
    """Control characters in data are shown as escapes."""
    path = write_json_lines(tmp_path / "t.jsonl", [{"plan": "\x1b[2Jboo"}, {"plan": "b"}] * 10)
    drive("profile", "build", path, "-o", tmp_path / "p.json")
    for arguments in ([], ["--column", "plan"]):
        _, out, _ = drive("profile", "show", tmp_path / "p.json", *arguments)
        assert "\x1b" not in out
        assert "\\x1b[2Jboo" in out


BAD = {
    "no data file": (["build", "{tmp}/nope.csv", "-o", "{tmp}/p"], "nope.csv: no such file"),
    "unknown kind of file": (["build", "{data}/profile.json", "-o", "{tmp}/p"], "profile.json: unknown kind of file"),
    "unknown column": (
        ["build", "{data}/same.csv", "-o", "{tmp}/p", "--prediction", "aproved"],
        "no column 'aproved' for prediction, did you mean 'approved'?",
    ),
    "both kinds": (
        ["build", "{data}/same.csv", "-o", "{tmp}/p", "--numeric", "age", "--categorical", "age"],
        "column 'age': expected one of --categorical and --numeric, found both",
    ),
    "no directory": (["build", "{data}/same.csv", "-o", "{tmp}/a/p"], "/a' does not exist"),
    "a directory": (["build", "{data}/same.csv", "-o", "{tmp}"], "expected a file to write, found a directory"),
    "no rows": (["build", "{tmp}/empty.csv", "-o", "{tmp}/p"], "no rows to build a profile from"),
    "no profile file": (["show", "{tmp}/nope.json"], "nope.json: no such file"),
    "data shown": (["show", "{data}/same.csv"], "expected a profile, found a data file"),
    "truncated profile": (["show", "{tmp}/cut.json"], "cut.json: not a complete JSON document"),
    "other version": (["show", "{tmp}/other.json"], "other.json: format version 99, this driftgauge reads version 1"),
    "other JSON": (["show", "{tmp}/list.json"], 'expected a JSON object with "format": "driftgauge-profile"'),
    "unknown column shown": (
        ["show", "{data}/profile.json", "--column", "ages"],
        "no column 'ages', did you mean 'age'?",
    ),
    "profile as data": (
        ["compare", "{data}/same.csv", "{data}/same.csv"],
        "same.csv: expected a profile, found a data file",
    ),
    "thresholds": (
        ["compare", "{data}/profile.json", "{data}/same.csv", "--warn", "0.3"],
        "--warn 0.3, --alert 0.2: expected 0 < warn <= alert <= 1",
    ),
    "negative evidence": (
        ["compare", "{data}/profile.json", "{data}/same.csv", "--evidence", "-1"],
        "--evidence -1.0: expected a number >= 0",
    ),
    "nothing to compare": (["compare", "{data}/profile.json", "{tmp}/empty.csv"], "no rows to compare"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_that_names_it(arguments, message, *, data, profile, tmp_path, drive):
    """What cannot be used ends the command with status 2 and one line that says what was expected."""
    text = profile.read_text()
    (tmp_path / "empty.csv").write_text("age,income,plan,zip\n")
    (tmp_path / "cut.json").write_text(text[: len(text) // 2])
    (tmp_path / "other.json").write_text(text.replace('"format_version": 1', '"format_version": 99'))
    (tmp_path / "list.json").write_text("[]")
    status, out, err = drive("profile", *(argument.format(tmp=tmp_path, data=data) for argument in arguments))
    assert (status, out) == (2, "")
    assert err.startswith("driftgauge: ")
    assert message in err
    assert err.count("\n") == 1
