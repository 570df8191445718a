"""`driftgauge replay`: files of the past, to an exporter in this process, with every row accounted for."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.cli import replay_run
from driftgauge.cli.pace import Pace
from driftgauge.errors import SourceError
from driftgauge.ingest import decode
from tests.serve.harness import Exporter, samples

from .conftest import ROLES, rows, write_csv

START = 1.75e9
CONFIG = "defaults: {clock: event, reference: {learn_rows: 100}}"


@pytest.fixture
def exporter():
    with Exporter(CONFIG) as running:
        yield running


@pytest.fixture
def send(drive, exporter):
    """Replay to the exporter; return the exit status, what was said, and the scrape."""

    def run(*arguments):
        status, out, err = drive("replay", *arguments, "--address", f"127.0.0.1:{exporter.port}")
        return status, out + err, samples(exporter.get("/metrics").body.decode())

    return run


class Sink:
    """An exporter that answers as it is told and remembers what it took."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.taken: list[Batch] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = sink.answers.pop(0) if sink.answers else 202
                sink.keys.append(self.headers["Idempotency-Key"])
                length = self.headers["Inference-Header-Content-Length"]
                found = decode(body, content_type=self.headers["Content-Type"], header_length=length)
                if status == 202:
                    sink.taken.append(found.batch)
                text = json.dumps({"accepted": found.accepted, "rejected": 0, "detail": "too many"}).encode()
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(20)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@pytest.mark.parametrize("version", ["", "3"])
def test_every_row_arrives_with_its_time(tmp_path, send, version):
    """Totals are the file's; a model on the event clock sees the rows when they happened."""
    path = write_csv(tmp_path / "log.csv", rows(6_000, 1))
    status, said, found = send(path, "--model", "credit", *ROLES, *(["--version", version] if version else []))
    labels = f'{{model="credit",version="{version or "0"}"}}'
    assert status == 0
    assert "6,000 rows in 2 bodies" in said
    assert "accepted 6,000, rejected 0" in said
    assert found[f"driftgauge_predictions_total{labels}"] == found[f"driftgauge_requests_total{labels}"] == 6_000
    assert f"driftgauge_client_processes{labels}" not in found
    late = labels.replace("}", ',reason="late"}')
    assert found[f"driftgauge_late_observations_total{late}"] == 0
    known = (
        f'driftgauge_drift_samples{{model="credit",version="{version or "0"}",feature="age",role="input",window="24h"}}'
    )
    assert 1_300 <= found[known] <= 1_441  # a row a minute


def test_facts_go_with_the_rows(tmp_path, drive):
    """Latency, status, id, label and segment are sent as facts and are no features."""
    table = [
        row | {"rid": f"r{n}", "took": 0.5, "state": "timeout" if n % 10 == 0 else "ok", "truth": n % 2, "land": "de"}
        for n, row in enumerate(rows(100, 1))
    ]
    path = write_csv(tmp_path / "log.csv", table)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "{prediction: approved, proba: p_yes, timestamp: at, id: rid, label: truth, latency_s: took, status: state,"
        " segments: land, ignore: [id, land]}"
    )
    with Sink() as sink:
        status, _, _ = drive("replay", path, "--model", "m", "--mapping", mapping, "--address", sink.address)
    (batch,) = sink.taken
    assert status == 0
    assert set(batch.inputs) == {"age", "income", "plan", "zip"}
    assert set(batch.outputs) == {"prediction"}
    assert (batch.requests.count, batch.requests.failures) == (100, {"timeout": 10})
    assert batch.segments["land"].vocabulary == ("de",)
    assert batch.ids.vocabulary[:2] == ("r0", "r1")
    assert batch.labels.tolist() == [n % 2 for n in range(100)]
    assert batch.requests.latencies.tolist() == [0.5] * 100
    np.testing.assert_allclose(batch.timestamps, START + 60.0 * np.arange(100))
    np.testing.assert_allclose(batch.probabilities[1:10, 1], [row["p_yes"] for row in table[1:10]])


def test_observations_are_read_as_they_are(tmp_path, drive):
    """JSON lines in the form of observations need no arguments; their own fields are facts."""
    lines = [
        {
            "id": n,
            "ts": START + n,
            "features": {"age": n},
            "prediction": n % 2,
            "latency_s": 0.1,
            "segment": {"land": "de"},
        }
        for n in range(50)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Sink() as sink:
        assert drive("replay", path, "--model", "m", "--address", sink.address)[0] == 0
    (batch,) = sink.taken
    assert (set(batch.inputs), set(batch.outputs), batch.rows) == ({"age"}, {"prediction"}, 50)
    assert batch.requests.latencies.tolist() == [0.1] * 50
    np.testing.assert_array_equal(batch.timestamps, START + np.arange(50.0))


def test_a_busy_exporter_is_waited_for(tmp_path, drive):
    """A refused body is sent again with its key, and nothing is lost or counted twice."""
    path = write_csv(tmp_path / "log.csv", rows(5_000, 1))
    with Sink(429, 429, 202, 503) as sink:
        status, out, _ = drive("replay", path, "--model", "m", *ROLES, "--address", sink.address)
    assert (status, sum(batch.rows for batch in sink.taken)) == (0, 5_000)
    assert "accepted 5,000, rejected 0, waited 3 times" in out
    assert [sink.keys.count(key) for key in dict.fromkeys(sink.keys)] == [3, 2]


def test_a_refusal_ends_the_replay(tmp_path, drive):
    """What the exporter will never take is an error with its words and the row."""
    path = write_csv(tmp_path / "log.csv", rows(5_000, 1))
    with Sink(202, 413) as sink:
        status, _, err = drive("replay", path, "--model", "m", *ROLES, "--address", sink.address)
    assert status == 2
    assert "refused row 4,097 and on: 413 too many" in err


def test_no_exporter_is_an_error(tmp_path, drive, monkeypatch):
    """After the time of a restart the replay gives up and says where it tried."""
    monkeypatch.setattr(replay_run, "PATIENCE_SECONDS", 0.0)
    path = write_csv(tmp_path / "log.csv", rows(10, 1))
    status, _, err = drive("replay", path, "--model", "m", "--socket", tmp_path / "nobody")
    assert status == 2
    assert "no exporter took a body" in err
    assert "FileNotFoundError" in err


def test_offline_prints_the_scores(data, profile, drive):
    """With a profile the whole file is scored, as `driftgauge score` does it; facts are no features there."""
    given = [*ROLES[:-2], "--id", "id"]
    replayed = drive("replay", data / "drifted.csv", "--model", "m", "--reference", profile, *given, "--exit-status")
    scored = drive("score", data / "drifted.csv", "--reference", profile, *ROLES, "--exit-status")
    assert replayed == scored
    assert "age" in replayed[1]
    status, _, err = drive("replay", data / "drifted.csv", "--model", "m", "--reference", profile, "--speed", "2")
    assert status == 2
    assert "--reference scores without an exporter" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour: red", "unknown key 'colour'"),
        ("prediction: [a, b]", "prediction: expected the name of a column"),
        ("proba: 5", "proba: expected names of columns"),
        ("- a", "expected a mapping"),
        ("{", "cannot be read as YAML"),
    ],
    ids=["key", "single", "several", "list", "syntax"],
)
def test_a_mapping_that_is_none(tmp_path, data, drive, text, words):
    """A bad mapping file is an error that names the file and what was expected."""
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    status, _, err = drive("replay", data / "same.csv", "--model", "m", "--mapping", path)
    assert status == 2
    assert str(path) in err
    assert words in err


def test_arguments_go_before_the_mapping(tmp_path, data, profile, drive):
    """One mapping serves all commands; what an argument says counts."""
    path = tmp_path / "mapping.yaml"
    path.write_text("{prediction: zip, proba: p_yes, timestamp: at, ignore: [id], label: plan}")
    status, out, err = drive(
        "score", data / "same.csv", "--reference", profile, "--mapping", path, "--prediction", "approved"
    )
    assert (status, err) == (0, "")
    assert "lacks 'plan'" in out  # the label is no feature


class Hours:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 5_000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(times, speed, mode):
    hours = Hours()
    pace = Pace(speed, mode, hours.clock, hours.sleep)
    sent = []
    for part in np.array_split(np.asarray(times, dtype=float), 2):
        batch = Batch(len(part), inputs={"at": part}, timestamps=part)
        sent += [(hours.now, piece) for piece in pace.parts(batch)]
    return sent


@pytest.mark.parametrize("mode", ["keep", "shift", "none"])
def test_speed_says_when_rows_are_sent(mode):
    """At 60 an hour takes a minute; no row comes early or more than a second late, and all come in order."""
    times = START + np.sort(np.random.default_rng(1).uniform(0, 3_600, 500))
    sent = paced(times, 60.0, mode)
    assert np.concatenate([part.inputs["at"] for _, part in sent]).tolist() == times.tolist()
    for at, part in sent:
        due = 5_000 + (part.inputs["at"] - times[0]) / 60
        assert (due <= at + 1e-6).all()
        assert (due > at - 1.0).all()
        expected = {"keep": part.inputs["at"], "shift": due}.get(mode)
        if expected is None:
            assert part.timestamps is None
        else:
            np.testing.assert_allclose(part.timestamps, expected)
    assert sent[-1][0] == pytest.approx(5_060, abs=1)


def test_rows_out_of_order_go_with_those_before_them():
    """A time that steps back, or is missing, is never waited for again."""
    sent = paced([START, START + 100, START + 50, np.nan, START + 101, START + 20], 10.0, "keep")
    assert [at - 5_000 for at, _ in sent] == pytest.approx([0, 10, 10.1])


def test_as_fast_as_possible_never_waits():
    """Without a speed only the times are moved."""
    sent = paced([START, START + 100, START + 200, START + 300], None, "shift")
    assert [at for at, _ in sent] == [5_000.0, 5_000.0]
    assert np.concatenate([part.timestamps for _, part in sent]).tolist() == [5_000, 5_100, 5_200, 5_300]


def test_pace_needs_times():
    """Without event times there is no speed."""
    pace = Pace(2.0, "keep", Hours().clock, Hours().sleep)
    with pytest.raises(SourceError, match="--timestamp"):
        list(pace.parts(Batch(1)))
    with pytest.raises(SourceError, match="no event times"):
        list(pace.parts(Batch(1, timestamps=np.array([np.nan]))))
