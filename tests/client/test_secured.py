"""Clients and commands against an exporter that wants a token, over TLS, with certificates of a private authority."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest

import driftgauge
from driftgauge.cli.main import main
from driftgauge.client.options import options_of
from tests.serve.certificates import Authority, client_context
from tests.serve.harness import eventually
from tests.serve.secured import TOKEN, Secured, bearer

OTHER = "a-token-of-the-tests-0004"


@pytest.fixture
def secured(tmp_path):
    """Open an exporter whose ports speak TLS and whose ingest port wants a token; yield it and what reaches it."""
    authority = Authority(tmp_path / "ca")
    authority.issue("server")
    (authority.folder / "web.yml").write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}")
    token = tmp_path / "token"
    token.write_text(TOKEN)
    web = authority.folder / "web.yml"
    listen = f"ingest_web_config: {web}, metrics_web_config: {web}, ingest_token_file: {token}"
    with Secured(listen) as exporter:
        yield exporter, {"ca_file": str(authority.path), "token_file": str(token)}


def requests(exporter: Secured, model: str = "fraud") -> int:
    views = exporter.run(exporter.engine.views())
    return sum(view.counters.requests for view in views if view.name == model)


def monitor(exporter: Secured, **options: str):
    endpoint = f"https://127.0.0.1:{exporter.port('ingest')}"
    return driftgauge.Monitor("fraud", endpoint=endpoint, flush_seconds=0.02, timeout_seconds=10.0, **options)


def test_the_client_sends_over_tls_with_a_token_from_a_file(secured):
    exporter, reach = secured
    with closing(monitor(exporter, **reach)) as client:
        client.log({"age": 41}, prediction=1)
        assert client.flush(20)
    assert requests(exporter) == 1


def test_the_environment_says_the_same(secured, monkeypatch):
    exporter, reach = secured
    monkeypatch.setenv("DRIFTGAUGE_CLIENT_ENDPOINT", f"https://127.0.0.1:{exporter.port('ingest')}")
    monkeypatch.setenv("DRIFTGAUGE_CLIENT_CA_FILE", reach["ca_file"])
    monkeypatch.setenv("DRIFTGAUGE_CLIENT_TOKEN", TOKEN)
    with closing(driftgauge.Monitor("fraud", flush_seconds=0.02, timeout_seconds=10.0)) as client:
        client.log({"age": 41}, prediction=1)
        assert client.flush(20)
    assert requests(exporter) == 1


def test_rows_wait_while_a_token_is_rotated_on_one_side_only(secured, tmp_path):
    """Nothing is lost: what is refused is sent again when the client has been given the new token too."""
    exporter, reach = secured
    mine = tmp_path / "mine"
    mine.write_text(OTHER)
    refused = exporter.engine.health.listeners["ingest"].refused
    with closing(monitor(exporter, **(reach | {"token_file": str(mine)}))) as client:
        client.log({"age": 41}, prediction=1)
        eventually(lambda: refused["wrong_credentials"] > 0)
        assert requests(exporter) == 0
        mine.write_text(TOKEN)
        assert client.flush(20)
    assert requests(exporter) == 1


def test_an_exporter_that_nobody_vouches_for_gets_nothing(secured, tmp_path):
    """Neither rows nor the token: the connection ends in the handshake."""
    exporter, reach = secured
    other = Authority(tmp_path / "other")
    client = monitor(exporter, **(reach | {"ca_file": str(other.path)}))
    client.log({"age": 41}, prediction=1)
    client.close()
    assert requests(exporter) == 0
    assert sum(exporter.engine.health.listeners["ingest"].refused.values()) == 0


def test_a_bad_token_is_a_mistake_that_does_not_quote_it():
    said = []
    found = options_of({"token": "secret\r\nX-Evil: 1"}, lambda kind, text: said.append((kind, text)))
    assert found.token == ""
    assert said[0][0] == "option token"
    assert "secret" not in said[0][1]


@pytest.fixture
def options(secured):
    exporter, reach = secured
    return ["--ca-file", reach["ca_file"], "--address", f"https://127.0.0.1:{exporter.port('ingest')}"]


def test_a_baseline_is_accepted_with_a_token_only(secured, options, capsys):
    """Without one the command says what is missing."""
    exporter, reach = secured
    body = json.dumps([{"features": {"age": number}, "prediction": number % 2} for number in range(30)]).encode()
    context = client_context(reach["ca_file"])
    headers = {"Content-Type": "application/json"} | bearer()
    path = "/v1/models/fraud/observations"
    assert exporter.ask("ingest", "POST", path, body, context=context, **headers).status == 202
    accept = ["baseline", "accept", "--model", "fraud", *options]
    assert main(accept) == 2
    assert "credentials are missing" in capsys.readouterr().err
    assert main([*accept, "--token-file", reach["token_file"]]) == 2
    assert "still learning its reference" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "ftp://x:1"], "--address ftp://x:1: expected host:port"),
        (["--token-file", "/none/token", "--address", "127.0.0.1:1"], "--token-file: "),
        (["--ca-file", "/none/ca", "--address", "https://127.0.0.1:1"], "--ca-file, --cert-file, --key-file: "),
    ],
)
def test_options_that_cannot_be_used_are_named(arguments, said, capsys):
    assert main(["baseline", "accept", "--model", "fraud", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"driftgauge: {said}")


def test_health_is_asked_over_tls_without_a_token(options, capsys):
    assert main(["healthcheck", *options]) == 0
    assert main(["healthcheck", *options[2:]]) == 1  # the system's authorities do not vouch for it
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["healthy", "unhealthy"]


@pytest.mark.parametrize("protection", ["none", "tls", "mtls"])
def test_healthcheck_finds_its_way_by_the_configuration(tmp_path, protection, capsys):
    """Whatever the listeners are: plain, TLS, or with client certificates that a probe does not have."""
    authority = Authority(tmp_path / "ca")
    authority.issue("server", "DNS:exporter.shop.svc")  # not the name that is asked
    mutual = ", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert" * (protection == "mtls")
    (authority.folder / "web.yml").write_text(
        f"tls_server_config: {{cert_file: server.crt, key_file: server.key{mutual}}}" * (protection != "none")
    )
    web = f"metrics_web_config: {authority.folder / 'web.yml'}"
    with Secured(web) as exporter:
        config = tmp_path / "driftgauge.yaml"
        config.write_text(
            f"listen: {{socket: '', ingest: '127.0.0.1:1', metrics: ':{exporter.port('metrics')}', {web}}}"
        )
        assert main(["healthcheck", "--config", str(config)]) == 0
        assert capsys.readouterr().out.startswith("healthy")
        if protection == "mtls":
            cert, key = authority.issue("probe")
            assert main(["healthcheck", "--config", str(config), "--cert-file", cert, "--key-file", key]) == 0
            assert capsys.readouterr().out == "healthy\n"
    assert main(["healthcheck", "--config", str(config)]) == 1


def test_healthcheck_asks_the_socket_that_the_configuration_names(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "driftgauge.yaml").write_text("listen: {socket: here.sock}")
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind("here.sock")
    assert main(["healthcheck", "--config", "driftgauge.yaml"]) == 1
    assert capsys.readouterr().out.startswith("unhealthy: here.sock: ")
    assert main(["healthcheck", "--config", "none.yaml"]) == 2
    assert capsys.readouterr().err.startswith("driftgauge: --config none.yaml: ")
