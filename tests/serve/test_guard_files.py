"""Files of the guard are read again while listeners run: tokens, certificates, authorities, users."""

from __future__ import annotations

import shutil
import socket
import ssl

import pytest

from driftgauge.errors import ConfigError
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.guard.guard import Guard
from driftgauge.serve.guard.protection import GuardFiles
from tests.serve.certificates import Authority, client_context
from tests.serve.harness import eventually
from tests.serve.secured import HASH, TOKEN, Secured, basic, bearer

OTHER = "a-token-of-the-tests-0003"


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


def status(exporter: Secured, headers: dict[str, str], listener: str = "metrics") -> int:
    return exporter.ask(listener, **headers).status


def served(port: int) -> bytes:
    """Return the certificate that is shown there."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as wrapped:
        return wrapped.getpeercert(binary_form=True)


def test_a_token_is_replaced_without_a_restart_and_without_a_gap(token):
    """While two stand in the file both are good; the listeners' tokens are not each other's."""
    with Secured(f"metrics_token_file: {token}, ingest_token_file: {token}.ingest") as exporter:
        assert status(exporter, bearer()) == 200
        token.write_text(f"{TOKEN}\n{OTHER}\n")
        exporter.refresh("metrics")
        assert [status(exporter, bearer(one)) for one in (TOKEN, OTHER)] == [200, 200]
        token.write_text(f"{OTHER}\n")
        exporter.refresh("metrics")
        assert [status(exporter, bearer(one)) for one in (TOKEN, OTHER)] == [401, 200]


def test_files_are_looked_at_by_themselves(token, monkeypatch):
    monkeypatch.setattr("driftgauge.serve.doors.Guard", lambda *a, **k: Guard(*a, **k, reread_seconds=0.02))
    with Secured(f"metrics_token_file: {token}") as exporter:
        assert status(exporter, bearer(OTHER)) == 401
        token.write_text(OTHER)
        eventually(lambda: status(exporter, bearer(OTHER)) == 200)


@pytest.mark.parametrize("text", ["", "short", "two words of one token", "tök" * 10, "x" * 2_000_000], ids=len)
def test_a_token_file_that_becomes_unusable_leaves_the_former_token(token, text):
    """The metric says so, and says so no longer once it is mended."""
    with Secured(f"metrics_token_file: {token}") as exporter:
        token.write_text(text)
        exporter.refresh("metrics")
        sample = 'driftgauge_listener_files_valid{listener="metrics"}'
        assert exporter.scrape(**bearer())[sample] == 0
        token.write_text(TOKEN)
        exporter.refresh("metrics")
        assert exporter.scrape(**bearer())[sample] == 1


def test_a_listener_whose_files_cannot_be_read_tells_health_alone(tmp_path):
    """Until they can; then it opens by itself."""
    path = tmp_path / "later"
    with Secured(f"metrics_token_file: {path}") as exporter:
        assert exporter.ask("metrics", path="/-/healthy").status == 200
        answer = exporter.ask("metrics", **bearer())
        assert (answer.status, answer.json["reason"]) == (503, "closed")
        assert exporter.counted("refused", listener="metrics", reason="closed") == 1
        path.write_text(TOKEN)
        exporter.refresh("metrics")
        assert (status(exporter, bearer()), status(exporter, {})) == (200, 401)


def test_a_listener_speaks_tls_as_soon_as_its_certificate_is_there(tmp_path):
    """It answers health in plain text until then, and nothing else."""
    authority = Authority(tmp_path / "ca")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: late.crt, key_file: late.key}")
    with Secured(f"metrics_web_config: {tmp_path / 'web.yml'}") as exporter:
        assert [exporter.ask("metrics", path=path).status for path in ("/-/healthy", "/metrics")] == [200, 503]
        cert, key = authority.issue("server")
        shutil.copy(cert, tmp_path / "late.crt")
        shutil.copy(key, tmp_path / "late.key")
        exporter.refresh("metrics")
        context = client_context(str(authority.path))

        def answers() -> bool:
            try:
                return exporter.ask("metrics", context=context).status == 200
            except (OSError, KeyError):  # while it is opened again
                return False

        eventually(answers)


def test_a_certificate_is_rotated_without_a_restart(tmp_path):
    """Open connections go on; a half-written pair never serves."""
    authority = Authority(tmp_path / "ca")
    for name in ("one", "two"):
        authority.issue(name)
    folder = tmp_path / "live"
    folder.mkdir()

    def put(cert: str, key: str) -> None:
        shutil.copy(authority.folder / f"{cert}.crt", folder / "tls.crt")
        shutil.copy(authority.folder / f"{key}.key", folder / "tls.key")

    put("one", "one")
    (folder / "web.yml").write_text("tls_server_config: {cert_file: tls.crt, key_file: tls.key}")
    with Secured(f"metrics_web_config: {folder / 'web.yml'}") as exporter:
        port, context = exporter.port("metrics"), client_context(str(authority.path))
        first = served(port)
        put("two", "one")  # caught in the middle
        exporter.refresh("metrics")
        assert served(port) == first
        assert exporter.scrape(context=context)['driftgauge_listener_files_valid{listener="metrics"}'] == 0
        put("two", "two")
        exporter.refresh("metrics")
        assert served(port) != first
        assert exporter.scrape(context=context)['driftgauge_listener_files_valid{listener="metrics"}'] == 1


def test_authorities_of_clients_are_rotated_too(tmp_path):
    own, other = Authority(tmp_path / "own"), Authority(tmp_path / "other")
    own.issue("server")
    mine, theirs = own.issue("client"), other.issue("client")
    shutil.copy(own.path, own.folder / "clients.crt")
    (own.folder / "web.yml").write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: clients.crt,"
        " client_auth_type: RequireAndVerifyClientCert}"
    )
    with Secured(f"metrics_web_config: {own.folder / 'web.yml'}") as exporter:
        assert exporter.ask("metrics", context=client_context(str(own.path), *mine)).status == 200
        shutil.copy(other.path, own.folder / "clients.crt")
        exporter.refresh("metrics")
        assert exporter.ask("metrics", context=client_context(str(own.path), *theirs)).status == 200
        with pytest.raises(OSError):  # noqa: PT011 - an alert, or the connection is reset
            exporter.ask("metrics", context=client_context(str(own.path), *mine))


def test_users_are_read_again(tmp_path):
    path = tmp_path / "web.yml"
    path.write_text(f"basic_auth_users: {{prom: '{HASH}'}}")
    with Secured(f"metrics_web_config: {path}") as exporter:
        assert status(exporter, basic()) == 200
        path.write_text(f"basic_auth_users: {{other: '{HASH}'}}")
        exporter.refresh("metrics")
        assert [status(exporter, basic(user)) for user in ("prom", "other")] == [401, 200]


def test_protection_is_not_taken_away_from_a_running_listener(tmp_path):
    """An emptied file is a mistake, not a wish; so is TLS that comes or goes."""
    path = tmp_path / "web.yml"
    path.write_text(f"basic_auth_users: {{prom: '{HASH}'}}")
    with Secured(f"metrics_web_config: {path}") as exporter:
        path.write_text("")
        exporter.refresh("metrics")
        assert [status(exporter, headers) for headers in ({}, basic())] == [401, 200]
        authority = Authority(tmp_path / "ca")
        cert, key = authority.issue("server")
        path.write_text(
            f"basic_auth_users: {{prom: '{HASH}'}}\ntls_server_config: {{cert_file: {cert}, key_file: {key}}}"
        )
        exporter.refresh("metrics")
        assert exporter.scrape(**basic())['driftgauge_listener_files_valid{listener="metrics"}'] == 0


def test_a_file_that_is_missing_is_told_once_until_it_changes(tmp_path, caplog):
    """The log does not fill while nobody mends it."""
    guard = Guard(GuardFiles("metrics", token_file=str(tmp_path / "none")), ListenerCounts("metrics"))
    for _ in range(3):
        with pytest.raises(ConfigError, match=r"listen\.metrics_token_file: .*none: No such file"):
            guard.read()
    assert sum("cannot be used" in record.message for record in caplog.records) <= 1
    guard._passwords.close()
