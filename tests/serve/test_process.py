"""The exporter as a process: signals, sockets, configurations good and bad, exit statuses and logs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from driftgauge.cli.main import main
from driftgauge.config import ListenSettings
from driftgauge.errors import ConfigError
from driftgauge.serve.listeners import check_exposure
from driftgauge.serve.loading import load
from tests.serve.harness import eventually, request

ROW = {"features": {"age": 41}, "prediction": 1}
INGEST = "/v1/models/fraud/observations"


def test_sigterm_answers_what_is_in_flight_removes_the_socket_and_ends_with_0(serve):
    process = serve().ready()
    assert stat.S_ISSOCK(Path(process.socket).stat().st_mode)
    body = json.dumps([ROW] * 20_000).encode()
    pieces = (body[start : start + 100_000] for start in range(0, len(body), 100_000))

    def halting():
        yield next(pieces)
        eventually(lambda: process.scrape()["driftgauge_ingest_queue_bytes"])
        process.signal(signal.SIGTERM)
        eventually(lambda: "stopping" in process.log)
        yield from pieces

    answer = request(
        "POST", INGEST, halting(), unix=process.socket, Content_Type="application/json", Transfer_Encoding="chunked"
    )
    assert (answer.status, answer.json["accepted"]) == (202, 20_000)
    assert process.wait() == 0
    assert not Path(process.socket).exists()


def test_interrupt_ends_it_too(serve):
    process = serve().ready()
    process.signal(signal.SIGINT)
    assert process.wait() == 0


def test_socket_has_the_wanted_permissions(serve):
    process = serve(LISTEN__SOCKET_MODE="0600").ready()
    assert stat.S_IMODE(Path(process.socket).stat().st_mode) == 0o600


def test_reload_takes_the_new_file_and_keeps_what_has_not_changed(serve):
    """By HTTP and by signal; a bad file leaves the old configuration in force, and the metrics say so."""
    process = serve("models: [{name: fraud}]").ready()
    assert process.ask("POST", INGEST, ROW).status == 202
    process.config.write_text("models: [{name: fraud}]\nauto_register: false")
    assert process.ask("POST", "/-/reload").status == 200
    assert process.ask("POST", "/v1/models/churn/observations", ROW).status == 404
    assert process.scrape()['driftgauge_requests_total{model="fraud",version="0"}'] == 1

    process.config.write_text("models: [{name: fraud, tick_second: 1}]")
    answer = process.ask("POST", "/-/reload")
    assert (answer.status, answer.json["detail"][:43]) == (400, "models[0].tick_second: unknown setting; did")
    scrape = process.scrape()
    assert (scrape["driftgauge_config_reload_success"], scrape["driftgauge_config_valid"]) == (0, 1)
    assert process.ask("POST", INGEST, ROW).status == 202

    process.config.write_text("auto_register: true")
    process.signal(signal.SIGHUP)
    eventually(lambda: process.scrape()["driftgauge_config_reload_success"] == 1)
    assert process.ask("POST", "/v1/models/churn/observations", ROW).status == 202

    process.config.write_text("limits: [")
    process.signal(signal.SIGHUP)
    eventually(lambda: process.scrape()["driftgauge_config_reload_success"] == 0)
    assert process.ask("POST", INGEST, ROW).status == 202
    assert process.end() == 0


def test_invalid_configuration_at_start_is_degraded_until_it_is_mended(serve):
    """A sidecar must not keep a model from starting: it answers, counts nothing, and says so."""
    process = serve("limits: {models: many}").ready()
    answer = process.ask("POST", INGEST, ROW)
    assert (answer.status, answer.json["reason"]) == (503, "config_invalid")
    assert (process.get("/-/ready").status, process.get("/-/healthy").status) == (503, 200)
    scrape = process.scrape()
    assert (scrape["driftgauge_config_valid"], scrape["driftgauge_config_reload_success"]) == (0, 0)
    assert scrape['driftgauge_ingest_dropped_total{reason="config_invalid"}'] == 1
    assert "limits.models: expected a whole number" in process.log

    process.config.write_text("")
    assert process.ask("POST", "/-/reload").status == 200
    assert process.ask("POST", INGEST, ROW).status == 202
    assert (process.get("/-/ready").status, process.scrape()["driftgauge_config_valid"]) == (200, 1)


def test_degraded_start_opens_no_ingest_to_other_machines(serve):
    """Where that was configured without saying that it is insecure, loopback is opened instead."""
    process = serve(LISTEN__INGEST="0.0.0.0:0").ready()
    eventually(lambda: "takes observations from other machines without authentication" in process.log)
    eventually(lambda: "msg=listening" in process.log)
    listening = next(line for line in process.lines if "msg=listening" in line)
    assert "ingest=127.0.0.1:0" in listening


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("limits: {models: many}", {}, "limits.models: expected a whole number, got text ('many')"),
        ("a: [", {}, "not YAML: line 1, column 5"),
        (
            "models: [{name: a, reference: {path: nothing.json}}]",
            {},
            "models[0].reference.path: nothing.json: No such file or directory",
        ),
        (
            "",
            {"LISTEN__INGEST": "0.0.0.0:9871"},
            "listen.ingest: '0.0.0.0:9871' takes observations from other machines",
        ),
        ("", {"LISTEN__METRICS": "nonsense"}, "listen.metrics: expected host:port such as"),
        ("", {"LISTEN__SOCKET": "x" * 200}, "listen.socket: cannot listen on 'xxx"),
    ],
)
def test_strict_refuses_in_one_line(refused, text, environ, said):
    assert refused(text, "--strict", **environ).startswith(said)


def test_insecure_may_be_said():
    """Then other machines may observe."""
    check_exposure(ListenSettings(ingest="0.0.0.0:9871", insecure=True))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.1.2.3:1", ""])
def test_loopback_needs_no_permission(address):
    check_exposure(ListenSettings(ingest=address))


@pytest.mark.parametrize(
    "address", ["0.0.0.0:1", ":1", "[::]:1", "10.0.0.1:1", "example.org:1", "localhost.example.org:1"]
)
def test_other_addresses_are_refused(address):
    with pytest.raises(ConfigError, match="without authentication"):
        check_exposure(ListenSettings(ingest=address))


def test_port_in_use_is_refused_in_one_line(refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(LISTEN__METRICS=address)
    assert said == f"listen.metrics: cannot listen on '{address}': Address already in use"


def test_stale_socket_is_replaced(serve, tmp_path):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(os.path.relpath(tmp_path / "ingest.sock"))
    process = serve().ready()
    assert process.ask("POST", INGEST, ROW).status == 202


def test_live_socket_is_not_taken_away(refused, tmp_path):
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(os.path.relpath(tmp_path / "ingest.sock"))
        live.listen()
        said = refused()
    assert said == "listen.socket: cannot listen on 'ingest.sock': another process listens on it"
    assert (tmp_path / "ingest.sock").exists()


def test_file_in_the_place_of_the_socket_is_left_alone(refused, tmp_path):
    (tmp_path / "ingest.sock").write_text("precious")
    assert refused() == "listen.socket: cannot listen on 'ingest.sock': the path exists and is no socket"
    assert (tmp_path / "ingest.sock").read_text() == "precious"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), ""),
        (lambda path: path.write_text("hello"), ""),
        (lambda path: path.write_bytes(b"[" * 100_000), ""),
        (
            lambda path: path.write_text(
                re.sub(r'("format_version"|"version"): *\d+', r"\1:999", path.read_text(), count=1)
            ),
            "999",
        ),
    ],
    ids=["missing", "cut off", "text", "nested", "other version"],
)
def test_unusable_profile_is_a_problem_that_names_the_file(profile, damage, said):
    """It is told in one line, whatever is wrong with it."""
    damage(profile)
    config = profile.with_name("driftgauge.yaml")
    config.write_text(f"models: [{{name: fraud, reference: {{path: {profile}}}}}]")
    (problem,) = load(config, {}).problems
    assert problem.startswith(f"models[0].reference.path: {profile}: ")
    assert said in problem
    assert "\n" not in problem


def test_unusable_profile_leaves_a_model_that_counts_traffic(serve, profile):
    """Nothing is judged without its reference, and nothing else is learned in its place."""
    profile.write_text("hello")
    process = serve("models: [{name: fraud, reference: {path: profile.json}}, {name: churn}]").ready()
    assert process.ask("POST", INGEST, [ROW] * 3).status == 202
    scrape = process.scrape()
    assert scrape['driftgauge_predictions_total{model="fraud",version="0"}'] == 3
    assert (scrape["driftgauge_config_valid"], process.get("/-/ready").status) == (0, 200)
    assert process.get("/api/v1/models/fraud/versions/0").json["state"] == "no_reference"
    assert "profile.json" in process.log
    assert "Traceback" not in process.log


@pytest.mark.usefixtures("profile")
def test_good_profile_is_used_from_the_start(serve):
    process = serve("models: [{name: fraud, version: '7', reference: {path: profile.json}}]", "--strict").ready()
    found = process.get("/api/v1/models/fraud/versions/7").json
    assert (found["state"], found["reference"]["rows"], found["reference"]["mode"]) == ("ready", 500, "file")


def test_healthcheck_tells_by_its_exit_status(serve, capsys):
    process = serve().ready()
    assert main(["healthcheck", "--socket", process.socket]) == 0
    assert main(["healthcheck", "--address", f"127.0.0.1:{process.ports[0]}"]) == 0
    process.end()
    assert main(["healthcheck", "--socket", process.socket]) == 1
    assert main(["healthcheck", "--address", f"127.0.0.1:{process.ports[0]}"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["healthy", "healthy"]
    assert all(line.startswith("unhealthy: ") for line in said[2:])


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_logs_are_lines_of_facts_without_what_was_observed(serve, form):
    """Also at the most talkative level, also when bodies are refused."""
    process = serve(LOG__FORMAT=form, LOG__LEVEL="debug").ready()
    secret = "4111111111111111"
    bad = [
        {"features": secret},
        {"features": {"card": secret}, "prediction": secret, "ts": secret},
        ROW | {"status": secret},
    ]
    for body in (bad[:1], bad[1:2], bad, secret):
        process.ask("POST", INGEST, body)
    process.ask("POST", "/-/reload")
    assert process.end() == 0
    assert "4111" not in process.log
    assert any("body refused" in line for line in process.lines)
    for line in process.lines:
        facts = json.loads(line) if form == "json" else dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line))
        assert {"ts", "level", "msg"} <= set(facts)


def test_many_connections_are_served(serve):
    """A third of the events of some senders come on new connections."""
    process = serve().ready()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: process.ask("POST", INGEST, ROW).status, range(200)))
    assert set(answers) == {202}
    assert process.scrape()['driftgauge_requests_total{model="fraud",version="0"}'] == 200


@pytest.mark.usefixtures("profile")
def test_check_config_says_what_it_understood(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text("models: [{name: a, reference: {path: profile.json}}, {name: b, version: '2'}]")
    Path("bad.yaml").write_text(
        "models: [{name: a, reference: {path: nothing.json}}, {name: b, reference: {path: nothing.json}}]"
    )
    assert main(["check-config", "--config", "good.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a (every version): profile of 500 rows",
        "b 2: learns from 10000 rows",
        "the configuration is valid",
    ]
    assert main(["check-config", "--config", "bad.yaml"]) == 2
    assert capsys.readouterr() == (
        "b (every version): its profile cannot be read\n",
        f"driftgauge: models[0].reference.path: nothing.json: No such file or directory (in {tmp_path})\n",
    )
    assert main(["check-config", "--config", "none.yaml"]) == 2
    assert capsys.readouterr().err.startswith("driftgauge: none.yaml: ")


def test_metrics_prints_the_contract(capsys):
    assert main(["metrics"]) == 0
    assert "driftgauge_requests_total{model,version}" in capsys.readouterr().out
    assert main(["metrics", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Metrics")
