"""`driftgauge baseline`: accept through a running exporter, from alert to ok and over a restart; merge stored profiles."""

from __future__ import annotations

import asyncio
import http.client
import json

import numpy as np
import pytest

from driftgauge.cli.connection import UnixConnection
from driftgauge.profile import loads

from .conftest import rows, write_csv

pytest.importorskip("aiohttp")

from driftgauge.demo.processes import exporter, free_port

#: a Monday
START = 1_790_000_000.0
ROWS = 2_000
CONFIG = """\
listen: {{socket: {socket}, metrics: "127.0.0.1:{port}"}}
models:
  - {{name: team/credit, version: "3", clock: event, reference: {{path: {profile}}}}}
"""
MODEL = "/v1/models/team%2Fcredit/versions/3"


def applications(count, seed, *, shift=0.0, start=START, every=60.0):
    """Return applications with an event time, some days of them."""
    rng = np.random.default_rng(seed)
    return {
        "columns": {"age": rng.normal(40 + shift, 10, count).round(1).tolist()},
        "ts": (start + every * np.arange(count)).tolist(),
    }


def ask(connection, method, path, body=None):
    connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


@pytest.fixture
def started(tmp_path):
    """Start `driftgauge serve` with a profile, do something with it, and stop it."""
    socket = tmp_path / "i.sock"

    def run(profile, story):
        port = free_port()
        config = tmp_path / "driftgauge.yaml"
        config.write_text(CONFIG.format(socket=socket, port=port, profile=profile))

        def observe(**options):
            status, answer = ask(
                UnixConnection(str(socket), 20), "POST", f"{MODEL}/observations", applications(**options)
            )
            assert (status, answer["rejected"]) == (202, 0)

        def about():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            return ask(connection, "GET", f"/api{MODEL}")[1]

        async def serve():
            async with exporter(config, f"http://127.0.0.1:{port}"):
                return await asyncio.to_thread(story, observe, about)

        return asyncio.run(serve())

    run.socket = socket
    return run


@pytest.fixture
def trained(tmp_path, drive):
    data = write_csv(
        tmp_path / "train.csv",
        [{"age": round(float(age), 1)} for age in np.random.default_rng(0).normal(40, 10, 20_000)],
    )
    path = tmp_path / "profile.json"
    assert drive("profile", "build", data, "-o", path)[0] == 0
    return path


def test_from_alert_to_ok_and_over_a_restart(started, trained, tmp_path, drive):
    """Drifted days alert; accepted, they are ok; stored, they are ok after a restart too."""
    new = tmp_path / "new.json"
    before = trained.read_bytes()

    def story(observe, about):
        observe(count=ROWS, seed=1, shift=10.0)
        assert about()["status"] == "alert"
        status, out, err = drive(
            "baseline", "accept", "--model", "team/credit", "--version", "3", "--socket", started.socket, "-o", new
        )
        assert (status, err) == (0, "")
        assert "model team/credit version 3: 24h is the new reference, 1,4" in out
        assert f"written to {new}" in out
        assert about()["status"] == "ok"
        observe(count=200, seed=2, shift=10.0, start=START + 60.0 * ROWS)
        assert about()["status"] == "ok"
        return about()["reference"]["digest"]

    digest = started(trained, story)
    assert trained.read_bytes() == before
    assert loads(new.read_bytes()).digest == digest

    def again(observe, about):
        observe(count=ROWS, seed=3, shift=10.0)
        found = about()
        return found["status"], found["reference"]["mode"], found["reference"]["digest"]

    assert started(new, again) == ("ok", "file", digest)


def test_without_an_output_it_says_that_nothing_was_stored(started, trained, drive):
    """The exporter keeps what was accepted in memory, and the command says so."""

    def story(observe, about):
        observe(count=ROWS, seed=1)
        arguments = ("--model", "team/credit", "--version", "3", "--socket", started.socket)
        _, out, _ = drive("baseline", "accept", *arguments, "--merge-old", "0.5", "--window", "7d")
        assert "7d is the new reference, 12,000 rows" in out
        assert f"store the profile at {trained}, where the configuration looks for it" in out
        status, out, err = drive("baseline", "accept", *arguments, "-o", "-")
        assert status == 0
        assert 1_425 <= loads(out).rows <= 1_440  # a window's oldest slot is the one that ends
        assert "24h is the new reference" in err
        assert drive("baseline", "accept", *arguments, "--window", "2d")[2].startswith("driftgauge: window '2d'")
        assert "known models: team/credit version 3" in drive("baseline", "accept", *arguments[:2], *arguments[4:])[2]
        return about()["previous_reference"]["name"]

    assert started(trained, story) == "window 7d of train.csv"


def test_nobody_listening_is_an_error(tmp_path, drive):
    """Without an exporter there is nothing to accept; the option that says where is named."""
    status, _, err = drive("baseline", "accept", "--model", "m", "--socket", tmp_path / "none.sock")
    assert status == 2
    assert f"--socket {tmp_path / 'none.sock'}: expected a running exporter" in err
    assert (
        "--address 127.0.0.1:x: expected" in drive("baseline", "accept", "--model", "m", "--address", "127.0.0.1:x")[2]
    )


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_accepted(tmp_path, drive):
    """A profile that could not be stored must not become the baseline by the way."""
    status, _, err = drive(
        "baseline", "accept", "--model", "m", "--socket", tmp_path / "none.sock", "-o", tmp_path / "no" / "p.json"
    )
    assert status == 2
    assert "does not exist" in err


@pytest.fixture
def halves(tmp_path, drive):
    """Profiles of two files in the same bins: flags and categories."""
    paths = []
    for number in (1, 2):
        table = [{"flag": row["id"] % 2, "plan": row["plan"]} for row in rows(1_000, number)]
        write_csv(tmp_path / f"{number}.csv", table)
        paths.append(tmp_path / f"{number}.json")
        assert drive("profile", "build", tmp_path / f"{number}.csv", "-o", paths[-1])[0] == 0
    return paths


def test_merge_adds_stored_profiles(halves, tmp_path, drive):
    """The old profile counts by its weight, the new one whole."""
    out = tmp_path / "both.json"
    status, said, _ = drive("baseline", "merge", *halves, "--weight", "0.5", "-o", out)
    assert status == 0
    merged = loads(out.read_bytes())
    assert merged.rows == 1_500
    assert f"{out}: 1,500 rows, digest {merged.digest}" in said
    assert "counted 0.5 times" in said
    assert merged.provenance.name == "1.csv and 2.csv"


def test_merge_refuses_other_edges(profile, data, tmp_path, drive):
    """Quantile edges of two files differ, and counts cannot bridge that; nothing is written."""
    other = tmp_path / "other.json"
    roles = ("--features", "age", "income")
    for name in ("train", "same"):
        drive("profile", "build", data / f"{name}.csv", "-o", tmp_path / f"{name}.json", *roles)
    status, _, err = drive("baseline", "merge", tmp_path / "train.json", tmp_path / "same.json", "-o", other)
    assert status == 2
    assert "different edges (columns 'age', 'income')" in err
    assert not other.exists()
    assert (
        "expected a number from 0 to 1000"
        in drive("baseline", "merge", profile, profile, "--weight", "-1", "-o", other)[2]
    )
