"""`driftgauge score`: a batch job's file as metrics, as JSON and as an exit status."""

from __future__ import annotations

import http.server
import json
import shutil
import stat
import subprocess
import threading

import numpy as np
import pytest

from driftgauge.cli.pushgateway import group_path
from driftgauge.model.batch_job import BatchJob, calibrated_window
from driftgauge.profile import HOURS, loads

from .conftest import ROLES, rows, write_csv

#: rows two minutes apart
EVERY = 120.0


def series(text):
    """Return the samples of a text by what stands before their values."""
    lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def of_age(metric, model="credit", version="0", **labels):
    pairs = {"model": model, "version": version, "feature": "age", "role": "input"} | labels
    return f"driftgauge_{metric}{{{','.join(f'{name}={json.dumps(value)}' for name, value in pairs.items())}}}"


def wavering(count, seed, *, start=0, shift=0.0, by_day=8.0):
    """Return rows two minutes apart whose age wanders by *by_day* from day to day."""
    table = rows(count, seed, shift=shift)
    for number, row in enumerate(table):
        row["at"] = 1.75e9 + EVERY * (start + number)
        row["age"] = round(float(row["age"]) + by_day * np.sin(1.7 * (row["at"] // 86_400)), 1)
    return table


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """The profile of thirty days that differ from one another."""
    from driftgauge.cli.main import main

    folder = tmp_path_factory.mktemp("calibrated")
    write_csv(folder / "train.csv", wavering(21_600, 1))
    path = folder / "profile.json"
    assert main(["profile", "build", str(folder / "train.csv"), "-o", str(path), *ROLES, "--categorical", "zip"]) == 0
    return path


@pytest.fixture
def gateway():
    """A Pushgateway that remembers what it was sent, and answers what it is told to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.taken.append((self.command, self.path, self.headers["Content-Type"], body))
            self.send_response(self.server.answer)
            self.end_headers()
            self.wfile.write(b"pushed metrics are invalid" if self.server.answer >= 400 else b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.answer = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_textfile_holds_the_metrics_of_the_exporter(data, profile, tmp_path, drive):
    """Score, floor, evidence, status and thresholds of every column stand in it under the window `batch`."""
    out = tmp_path / "credit.prom"
    status, said, _ = drive(
        "score", data / "drifted.csv", "--reference", profile, *ROLES, "--model", "credit", "--textfile", out
    )
    assert status == 0
    assert said.startswith("drifted.csv: alert: 7 columns compared, 1 alert, 6 ok\n")
    found = series(out.read_text())
    assert found[of_age("drift_status")] == 2
    assert found[of_age("drift_debiased", window="batch")] > 0.2
    assert found[of_age("drift_evidence", window="batch")] > 6
    assert found[of_age("drift_samples", window="batch")] == 1_000
    assert found[of_age("drift_threshold", window="batch", severity="critical")] >= 0.2
    assert found[of_age("feature_mean", window="batch")] == pytest.approx(47, abs=1.5)
    assert found['driftgauge_drift_model_status{model="credit",version="0"}'] == 2
    assert not any("_total{" in name or "_bucket{" in name for name in found)


def test_the_textfile_is_one_that_its_reader_takes(data, profile, tmp_path, drive):
    """It is readable by everybody, has no temporary file beside it, and promtool has nothing to say."""
    out = tmp_path / "credit.prom"
    drive("score", data / "same.csv", "--reference", profile, *ROLES, "--model", "credit", "--textfile", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["credit.prom"]
    if shutil.which("promtool"):
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=out.read_bytes(), capture_output=True, check=False
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_standard_output_carries_the_metrics_alone(data, profile, drive):
    """With `--textfile -` the summary goes to standard error."""
    _, out, err = drive("score", data / "same.csv", "--reference", profile, *ROLES, "--model", "m", "--textfile", "-")
    assert series(out)[of_age("drift_status", model="m")] == 0
    assert err.startswith("same.csv: ok: ")


def test_a_push_replaces_the_group_of_job_model_and_version(data, profile, gateway, drive):
    """The gateway gets one PUT with the text that a textfile would hold; names with a slash travel in base64."""
    url = f"http://127.0.0.1:{gateway.server_port}/"
    arguments = ("score", data / "drifted.csv", "--reference", profile, *ROLES, "--model", "team/credit")
    status, said, _ = drive(*arguments, "--version", "3", "--pushgateway", url, "--job", "nightly", "--exit-status")
    assert status == 4
    [(method, path, kind, body)] = gateway.taken
    assert (method, path) == ("PUT", "/metrics/job/nightly/model@base64/dGVhbS9jcmVkaXQ/version/3")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert series(body)[of_age("drift_status", model="team/credit", version="3")] == 2
    assert f"metrics: {url.rstrip('/')}{path}" in said
    _, text, _ = drive(*arguments, "--version", "3", "--textfile", "-")
    assert text == body


def test_empty_grouping_values_have_a_spelling_of_their_own():
    """A path segment cannot be empty; the gateway reads `=` in base64 as nothing."""
    assert group_path("a b", model="", version="1") == "/metrics/job/a%20b/model@base64/=/version/1"


@pytest.mark.parametrize("answer", [400, 500])
def test_a_refused_push_is_an_error(answer, data, profile, gateway, drive):
    """What the gateway says against it is shown, with exit status 2."""
    gateway.answer = answer
    url = f"http://127.0.0.1:{gateway.server_port}"
    status, _, err = drive(
        "score", data / "same.csv", "--reference", profile, *ROLES, "--model", "m", "--pushgateway", url
    )
    assert status == 2
    assert f"--pushgateway '{url}': answered {answer}" in err
    assert "pushed metrics are invalid" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--textfile", "out.txt"], "expected a name that ends with .prom"),
        (["--textfile", "out.prom"], "--model: expected the model's name"),
        (["--pushgateway", "gateway:9091", "--model", "m"], "expected an address such as http://pushgateway:9091"),
        (["--pushgateway", "http://127.0.0.1:1", "--model", "m"], "Connection refused"),
        (["--job", "nightly"], "expected --pushgateway URL beside it"),
        (["--warn", "0.5"], "expected 0 < warn <= alert <= 1"),
        (["--evidence", "301"], "--evidence: expected 0 to 300"),
    ],
)
def test_mistakes_are_named(arguments, message, data, profile, drive):
    """What cannot be done is one line that names the option, and exit status 2."""
    status, _, err = drive("score", data / "same.csv", "--reference", profile, *ROLES, *arguments)
    assert status == 2
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["same.csv"], 0),
        (["drifted.csv"], 4),
        (["drifted.csv", "--alert", "0.9"], 3),
        (["drifted.csv", "--least-samples", "2000"], 5),
    ],
    ids=["ok", "alert", "warn", "undecided"],
)
def test_the_exit_status_is_the_verdict_when_asked_for(arguments, status, data, profile, drive):
    """--exit-status lets a pipeline stop; without it a file that could be scored is a success."""
    command = ("score", data / arguments[0], "--reference", profile, *ROLES, *arguments[1:])
    assert drive(*command, "--exit-status")[0] == status
    assert drive(*command)[0] == 0


def test_the_scores_are_those_of_compare(data, profile, drive):
    """Without calibration a file scores as `profile compare` scores it."""
    arguments = (*ROLES[:4], "--ignore", "id", "at", "--json")
    _, scored, _ = drive("score", data / "drifted.csv", "--reference", profile, *arguments)
    _, compared, _ = drive("profile", "compare", profile, data / "drifted.csv", *arguments)
    added = {"warn", "alert", "undecided"}
    columns = [
        {key: value for key, value in column.items() if key not in added} for column in json.loads(scored)["columns"]
    ]
    assert columns == json.loads(compared)["columns"]


def test_thresholds_are_raised_by_chunks_as_long_as_the_batch(calibrated, tmp_path, drive):
    """A day like many of the reference's is no drift; the document says which length raised the threshold."""
    path = write_csv(tmp_path / "day.csv", wavering(720, 5, start=30 * 720))
    _, out, _ = drive("score", path, "--reference", calibrated, *ROLES, "--json")
    document = json.loads(out)
    age = next(column for column in document["columns"] if column["name"] == "age")
    assert document["rule"]["calibrated_window"] == "24h"
    assert document["rule"]["span_seconds"] == EVERY * 719
    assert age["alert"] > 0.3
    assert age["status"] == "ok"
    assert any("raised to what 24h chunks of the reference reach" in note for note in document["notes"])
    assert any("'age' from 0." in note for note in document["notes"])


def test_without_event_times_the_given_thresholds_hold(calibrated, tmp_path, drive):
    """A file whose rows have no times is judged by the defaults, and the output says so."""
    path = write_csv(tmp_path / "day.csv", wavering(720, 5, start=30 * 720))
    _, out, _ = drive("score", path, "--reference", calibrated, *ROLES[:4], "--ignore", "id", "at", "--json")
    document = json.loads(out)
    assert document["rule"]["calibrated_window"] is None
    assert {column["alert"] for column in document["columns"]} == {0.2}
    assert document["notes"] == ["thresholds 0.1 and 0.2 as given: the rows have no event times"]


def test_a_batch_that_strays_too_far_is_not_judged(tmp_path, drive):
    """Where the reference's own days are further apart than any drift, the status is undecided and says why."""
    write_csv(tmp_path / "train.csv", wavering(21_600, 1, by_day=60.0))
    profile = tmp_path / "p.json"
    drive("profile", "build", tmp_path / "train.csv", "-o", profile, *ROLES, "--categorical", "zip")
    path = write_csv(tmp_path / "day.csv", wavering(720, 5, start=30 * 720, by_day=60.0))
    _, out, _ = drive("score", path, "--reference", profile, *ROLES, "--json")
    document = json.loads(out)
    age = next(column for column in document["columns"] if column["name"] == "age")
    assert (age["status"], age["undecided"], age["alert"]) == ("undecided", "too_variable", None)
    assert "too variable to be judged over 24h: 'age'" in document["notes"]
    _, text, _ = drive("score", path, "--reference", profile, *ROLES, "--model", "credit", "--textfile", "-")
    assert series(text)[of_age("drift_undecided", reason="too_variable")] == 1


@pytest.mark.parametrize(("hours", "window"), [(1, "6h"), (20, "24h"), (100, "7d"), (2_000, "7d")])
def test_the_nearest_calibrated_length_counts(hours, window, calibrated):
    """Lengths are compared by their ratio, and only those with enough chunks count."""
    reference = loads(calibrated.read_bytes())
    batch = BatchJob(reference.profile, (0.0, hours * 3_600.0), np.zeros(HOURS, dtype=np.int64))
    assert calibrated_window(reference, batch).name == window


def test_an_hour_is_compared_with_the_same_hour(tmp_path, drive):
    """With counts by hour in the reference, a batch of one hour is not taken for drift because it is not the whole day."""
    table = rows(30_000, 1)
    for number, row in enumerate(table):
        row["at"] = 1.75e9 + 60.0 * number
        row["age"] = round(float(row["age"]) + 12.0 * np.sin(2 * np.pi * row["at"] / 86_400), 1)
    hour = [row for row in table if row["at"] % 86_400 // 3_600 == 6][:600]
    six = 1.75e9 // 86_400 * 86_400 + 30 * 86_400 + 6 * 3_600
    hour = [row | {"at": six + 6.0 * number} for number, row in enumerate(hour)]
    write_csv(tmp_path / "train.csv", table)
    path = write_csv(tmp_path / "hour.csv", hour)
    debiased = {}
    for strata in ("always", "never"):
        profile = tmp_path / f"{strata}.json"
        drive("profile", "build", tmp_path / "train.csv", "-o", profile, *ROLES, "--strata", strata)
        rule = ("--least-samples", "10")
        _, out, _ = drive("score", path, "--reference", profile, *ROLES, *rule, "--json")
        age = next(column for column in json.loads(out)["columns"] if column["name"] == "age")
        debiased[strata] = age["debiased"]
    assert debiased["always"] < 0.1
    assert debiased["never"] > 0.2
