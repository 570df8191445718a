"""Who may read and who may write: every protection, every listener, every route that is registered."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from driftgauge.serve.guard.guard import EXEMPT
from tests.serve.certificates import Authority, client_context
from tests.serve.secured import HASH, TOKEN, Secured, basic, bearer

ROW = b'{"features": {"age": 41}, "prediction": 1}'
JSON = {"Content-Type": "application/json"}
LISTENERS = ("metrics", "ingest")
#: a request that shows nothing, and some that show something wrong
NOTHING: Mapping[str, str] = {}
WRONG = (
    NOTHING,
    bearer("a-token-of-the-tests-0002"),
    bearer(TOKEN[:-1]),
    bearer(TOKEN + "x"),
    bearer(""),
    {"Authorization": TOKEN},
    {"Authorization": f"Token {TOKEN}"},
    basic("prom", "wrong horse"),
    basic("nobody"),
    basic("", ""),
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic \xff"},
    {"Proxy-Authorization": f"Bearer {TOKEN}"},
    {"Cookie": f"token={TOKEN}"},
)


@dataclass(frozen=True)
class Setup:
    """A protection: what its files hold, and who is let in by it."""

    name: str
    tls: str = ""
    users: bool = False
    token: bool = False
    friends: tuple[Mapping[str, str], ...] = (NOTHING,)
    strangers: tuple[Mapping[str, str], ...] = ()
    #: certificates that a friend shows, and that strangers do
    shows: str = ""
    foreign: tuple[str, ...] = ()
    answer: int = field(default=401)


_PLAIN = "cert_file: server.crt, key_file: server.key"
_MUTUAL = f"{_PLAIN}, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert"
SETUPS = (
    Setup("none"),
    Setup("token", token=True, friends=(bearer(), {"authorization": f"bearer {TOKEN}"}), strangers=(*WRONG, basic())),
    Setup("basic", users=True, friends=(basic(),), strangers=(*WRONG, bearer())),
    Setup("token or basic", users=True, token=True, friends=(bearer(), basic()), strangers=WRONG),
    Setup("tls", tls=_PLAIN),
    Setup("tls and token", tls=_PLAIN, token=True, friends=(bearer(),), strangers=WRONG),
    Setup("tls and basic", tls=_PLAIN, users=True, friends=(basic(),), strangers=WRONG),
    Setup("mtls", tls=_MUTUAL, shows="friend", foreign=("", "foreign")),
    Setup(
        "mtls and token",
        tls=_MUTUAL,
        token=True,
        friends=(bearer(),),
        strangers=WRONG,
        shows="friend",
        foreign=("", "foreign"),
    ),
    Setup(
        "mtls of one name",
        tls=f"{_MUTUAL}, client_allowed_sans: [prometheus.monitoring]",
        shows="named",
        foreign=("", "foreign"),
    ),
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Issue certificates: the server's, two clients', and one of an authority that nobody trusts."""
    folder = tmp_path_factory.mktemp("certificates")
    own, other = Authority(folder / "own"), Authority(folder / "other")
    own.issue("server")
    pairs = {"friend": own.issue("friend"), "named": own.issue("named", "DNS:prometheus.monitoring")}
    return own, {**pairs, "foreign": other.issue("foreign")}


@pytest.fixture(scope="module", params=SETUPS, ids=lambda setup: setup.name)
def secured(request, certificates, tmp_path_factory):
    """Open an exporter of one setup; return the setup, the exporter and a maker of TLS contexts by who shows what."""
    setup, (own, pairs) = request.param, certificates
    listen = []
    if setup.tls or setup.users:
        users = f"basic_auth_users: {{prom: '{HASH}'}}" if setup.users else ""
        tls = f"tls_server_config: {{{setup.tls}}}" if setup.tls else ""
        (own.folder / "web.yml").write_text(f"{tls}\n{users}\n")
        listen += [f"{name}_web_config: {own.folder / 'web.yml'}" for name in LISTENERS]
    if setup.token:
        token = tmp_path_factory.mktemp("token") / "token"
        token.write_text(TOKEN + "\n")
        listen += [f"{name}_token_file: {token}" for name in LISTENERS]

    def context(shows: str) -> ssl.SSLContext | None:
        return client_context(str(own.path), *pairs.get(shows, ())) if setup.tls else None

    with Secured(", ".join(listen)) as exporter:
        yield setup, exporter, context


def every_route(exporter: Secured, listener: str) -> list[tuple[str, str]]:
    found = [(method, path) for method, path in exporter.routes(listener) if path not in EXEMPT]
    assert found
    return [
        *found,
        ("GET", "/no/such/route"),
        ("POST", "/no/such/route"),
        ("OPTIONS", "/metrics"),
        ("GET", "//metrics"),
    ]


@pytest.mark.parametrize("listener", LISTENERS)
def test_every_route_is_refused_to_strangers(secured, listener):
    setup, exporter, context = secured
    counts = exporter.engine.health.listeners[listener].refused
    before = counts["no_credentials"] + counts["wrong_credentials"]
    asked = 0
    for method, path in every_route(exporter, listener):
        # The first stranger shows nothing; the others try one route each way.
        strangers = setup.strangers if path in {"/metrics", "/-/reload"} else setup.strangers[:1]
        for headers in strangers:
            answer = exporter.ask(
                listener, method, path, b"{}" if method == "POST" else None, context=context(setup.shows), **headers
            )
            assert answer.status == setup.answer, (method, path, headers)
            assert answer.headers["WWW-Authenticate"]
            assert method == "HEAD" or answer.json["reason"] in {"no_credentials", "wrong_credentials"}
            asked += 1
    assert counts["no_credentials"] + counts["wrong_credentials"] == before + asked


@pytest.mark.parametrize("listener", LISTENERS)
def test_every_route_is_answered_to_friends(secured, listener):
    setup, exporter, context = secured
    for method, path in every_route(exporter, listener):
        for headers in setup.friends:
            body = b"{}" if method == "POST" else None
            answer = exporter.ask(listener, method, path, body, context=context(setup.shows), **headers, **JSON)
            assert answer.status not in {401, 403, 429, 500, 503}, (method, path)


def test_only_friends_observations_are_counted(secured):
    """What strangers send changes nothing; what a friend sends is counted, and a friend may read it."""
    setup, exporter, context = secured
    path = f"/v1/models/{setup.name.replace(' ', '-')}/observations"
    for headers in setup.strangers:
        exporter.ask("ingest", "POST", path, ROW, context=context(setup.shows), **headers, **JSON)
    for headers in setup.friends:
        answer = exporter.ask("ingest", "POST", path, ROW, context=context(setup.shows), **headers, **JSON)
        assert answer.status == 202
    scrape = exporter.ask("metrics", context=context(setup.shows), **setup.friends[0])
    assert scrape.status == 200
    sample = f'driftgauge_requests_total{{model="{setup.name.replace(" ", "-")}",version="0"}} {len(setup.friends)}.0'
    assert sample in scrape.body.decode()


@pytest.mark.parametrize("listener", LISTENERS)
def test_connections_with_a_foreign_certificate_end_in_the_handshake(secured, listener):
    setup, exporter, context = secured
    for shows in setup.foreign:
        with pytest.raises(OSError):  # noqa: PT011 - an alert, or the connection is reset, as the versions have it
            exporter.ask(listener, context=context(shows))


def test_a_certificate_of_another_name_is_refused(secured):
    """Where names are listed, being signed by the right authority is not enough."""
    setup, exporter, context = secured
    if setup.shows == "named":
        for listener in LISTENERS:
            for method, path in every_route(exporter, listener):
                answer = exporter.ask(listener, method, path, context=context("friend"))
                assert answer.status == 403, (method, path)
            assert exporter.ask(listener, path="/-/healthy", context=context("friend")).status == 200


@pytest.mark.parametrize("listener", LISTENERS)
def test_plain_http_is_not_answered_where_tls_is_wanted(secured, listener):
    setup, exporter, _ = secured
    if setup.tls:
        with pytest.raises(OSError):  # noqa: PT011 - the connection is closed or reset
            exporter.ask(listener, path="/-/healthy")


@pytest.mark.parametrize("listener", LISTENERS)
def test_health_needs_no_credentials_and_tells_nothing_else(secured, listener):
    setup, exporter, context = secured
    for path in sorted(EXEMPT):
        registered = ("GET", path) in exporter.routes(listener)
        answer = exporter.ask(listener, path=path, context=context(setup.shows))
        assert answer.status == (200 if registered else 404)
        if setup.strangers:
            assert exporter.ask(listener, "POST", path, context=context(setup.shows)).status == setup.answer


def test_metrics_say_how_the_listeners_are_protected(secured):
    setup, exporter, context = secured
    scheme = "http" if not setup.tls else "mtls" if setup.shows else "https"
    wanted = ",".join([*(["token"] if setup.token else []), *(["basic"] if setup.users else [])]) or "none"
    text = exporter.ask("metrics", context=context(setup.shows), **setup.friends[0]).body.decode()
    for listener in LISTENERS:
        labels = f'listener="{listener}",scheme="{scheme}",authentication="{wanted}"'
        assert f"driftgauge_listener_info{{{labels}}} 1.0" in text
        valid = f'driftgauge_listener_files_valid{{listener="{listener}"}} 1.0'
        assert (valid in text) == bool(setup.tls or setup.users or setup.token)


def test_names_of_the_setups_are_distinct():
    names: list[Any] = [setup.name for setup in SETUPS]
    assert len(set(names)) == len(names)
