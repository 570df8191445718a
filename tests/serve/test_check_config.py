"""Configurations that are wrong in several places, or in places that protect."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from driftgauge.cli.main import main
from driftgauge.serve.loading import load
from tests.serve.harness import eventually, request

ROW = {"features": {"age": 41}, "prediction": 1}
INGEST = "/v1/models/fraud/observations"


def answers(port):
    with contextlib.suppress(OSError):
        return request("GET", "/-/healthy", port=port).status == 200


@pytest.mark.usefixtures("profile")
def test_check_config_says_all_that_is_wrong_at_once(tmp_path, capsys, monkeypatch):
    """Each mistake with its path, in the file and in the environment; names of columns are compared with the profile."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIFTGAUGE_LIMITS__ROWS", "1")
    Path("bad.yaml").write_text(
        """
        listen: {metrics: ":99999", socket_mode: "0999", soket: x}
        limits: {models: many, connections: 0}
        defaults: {drift: {warn: 0.5, alert: 0.2}}
        models:
          - {name: a, tick_second: 1, reference: {path: profile.json}}
          - {reference: {path: nothing.json}}
          - {name: b, clock: sundial, reference: {path: profile.json}, features: {agee: {warn: 0.1}}}
          - {name: c, reference: {path: nothing.json}}
        """
    )
    assert main(["check-config", "--config", "bad.yaml"]) == 2
    said = capsys.readouterr().err.splitlines()
    for wanted in (
        "listen.soket: unknown setting; did you mean 'socket'?",
        "listen.socket_mode: expected octal permissions",
        "limits.models: expected a whole number",
        "limits.connections: expected a number >= 1, got 0",
        "defaults.drift: expected 0 < warn <= alert <= 1",
        "models[0].tick_second: unknown setting; did you mean 'tick_seconds'?",
        "models[1].name: a model needs a name",
        "models[2].clock: expected one of 'wall', 'event'",
        "DRIFTGAUGE_LIMITS__ROWS: limits.rows: unknown setting; did you mean",
        "listen.metrics: expected a port of 0 to 65535, got ':99999'",
    ):
        assert any(line.startswith(f"driftgauge: {wanted}") for line in said), (wanted, said)


def test_wrong_values_in_lists_are_told_once_each(tmp_path, capsys):
    """A list of plain values cannot be looked through further; models beside it are, and only sound ones are described."""
    path = tmp_path / "lists.yaml"
    path.write_text(
        """
        models:
          - {name: a, labels: {classes: [0, 1]}, drift: {measures: [1]}}
          - {name: b, columns: [1, 2], count_windows: [x]}
          - 3
          - {name: c, drift: {alert: x}}
          - {name: sound}
        """
    )
    assert main(["check-config", "--config", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out.splitlines() == ["sound (every version): learns from 10000 rows"]
    assert told.err.splitlines() == [
        "driftgauge: models[0].labels.classes[0]: expected text, got a whole number (0); put it in quotes",
        "driftgauge: models[0].drift.measures[0]: expected text, got a whole number (1); put it in quotes",
        "driftgauge: models[1].columns[0]: expected text, got a whole number (1); put it in quotes",
        "driftgauge: models[1].count_windows[0]: expected a whole number, got text ('x')",
        "driftgauge: models[2]: expected a mapping, got a whole number (3)",
        "driftgauge: models[3].drift.alert: expected a number, got text ('x')",
    ]


@pytest.mark.usefixtures("profile")
def test_settings_of_a_column_that_the_profile_lacks_are_noticed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("near.yaml").write_text(
        "models: [{name: a, reference: {path: profile.json}, features: {agee: {warn: 0.1}, zip: {ignore: true}}}]"
    )
    assert main(["check-config", "--config", "near.yaml"]) == 2
    said = capsys.readouterr().err
    assert said == "driftgauge: models[0].features.agee: no such column in profile.json; did you mean 'age'?\n"
    assert load(Path("near.yaml"), {}).problems == ()


def test_a_model_that_registers_itself_is_logged_once(serve):
    process = serve().ready()
    for _ in range(3):
        assert process.ask("POST", INGEST, ROW).status == 202
    eventually(lambda: "registered itself" in process.log)
    assert process.end() == 0
    assert process.log.count("model registered itself") == 1
    assert "model=fraud" in process.log


def test_metrics_stay_closed_when_it_is_not_known_how_they_are_protected(serve):
    """A typing error beside the token's setting must not open what the token protects; a reload does."""
    process = serve("listen: {metrics_token_file: token, soket: x}")
    eventually(lambda: answers(process.ports[0]))
    assert process.get("/metrics").status == 503
    assert process.get("/-/healthy").status == 200
    (process.folder / "token").write_text("a-token-of-the-tests-0005")
    process.config.write_text("listen: {metrics_token_file: token}")
    eventually(process.healthy)
    assert process.ask("POST", "/-/reload").status == 200
    assert process.get("/metrics").status == 401
    answer = request("GET", "/metrics", port=process.ports[0], Authorization="Bearer a-token-of-the-tests-0005")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listen: {metrics: ':99999'}", "listen.metrics: expected a port of 0 to 65535, got ':99999'"),
        ("listen: {metrics_token_file: none}", "listen.metrics_token_file: none: No such file or directory"),
        ("listen: {metrics_web_config: none}", "listen.metrics_web_config: none: No such file or directory"),
        ("listen: {ingest_token_file: token}", "listen.ingest_token_file: listen.ingest is empty"),
        ("categories_key_file: none", "categories_key_file: none: No such file or directory"),
    ],
)
def test_protection_that_cannot_be_had_is_refused_when_strict(refused, text, said):
    metrics = {} if "metrics: ':" not in text else {"LISTEN__METRICS": ":99999"}
    assert refused(text, "--strict", **metrics).startswith(said)
