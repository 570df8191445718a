"""The web configuration file: what is understood, and what is refused with its path."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from driftgauge.errors import ConfigError
from driftgauge.serve.guard.tls import build_context
from driftgauge.serve.guard.tokens import parse_tokens
from driftgauge.serve.guard.web_config import parse_web_config
from tests.serve.certificates import Authority

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
PAIR = "cert_file: a.crt, key_file: a.key"


def test_everything_that_the_format_has_is_understood():
    found = parse_web_config(
        f"""
        tls_server_config:
          cert_file: tls.crt
          key_file: /etc/tls.key
          client_ca_file: ca.crt
          client_auth_type: RequireAndVerifyClientCert
          client_allowed_sans: [prometheus, 10.0.0.1]
          min_version: TLS12
          max_version: TLS12
          cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
          prefer_server_cipher_suites: false
          curve_preferences: [CurveP384]
        http_server_config:
          http2: true
          headers: {{X-Frame-Options: deny, Content-Security-Policy: ""}}
        basic_auth_users: {{alice: {HASH}}}
        rate_limit: {{interval: 500ms, burst: 20}}
        """,
        "/etc/driftgauge/web.yml",
    )
    tls = found.tls
    assert tls is not None
    assert (tls.cert_file, tls.key_file, tls.client_ca_file) == (
        "/etc/driftgauge/tls.crt",
        "/etc/tls.key",
        "/etc/driftgauge/ca.crt",
    )
    assert (tls.client_auth, tls.allowed_sans) == (ssl.CERT_REQUIRED, ("prometheus", "10.0.0.1"))
    assert (tls.least, tls.most) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    assert (tls.ciphers, tls.server_order, tls.curve) == (("ECDHE-RSA-AES128-GCM-SHA256",), False, "secp384r1")
    assert (found.headers, found.users) == ({"X-Frame-Options": "deny"}, {"alice": HASH})
    assert (found.interval_seconds, found.burst) == (0.5, 20)


@pytest.mark.parametrize("text", ["", "{}", "http_server_config:", "rate_limit: {interval: 0}"])
def test_an_empty_file_protects_nothing(text):
    found = parse_web_config(text, "web.yml")
    assert (found.tls, found.users, found.interval_seconds) == (None, {}, 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("[1]", "expected a mapping"),
        ("tls_config: {}", "tls_config: unknown setting; did you mean 'tls_server_config'?"),
        ("tls_server_config: {certfile: a}", "tls_server_config.certfile: unknown setting; did you mean 'cert_file'?"),
        ("tls_server_config: 1", "tls_server_config: expected a mapping, got int"),
        ("tls_server_config: {cert_file: 1}", "tls_server_config.cert_file: expected text, got int"),
        ("tls_server_config: {cert_file: a}", "tls_server_config: expected one of key_file and key"),
        ("tls_server_config: {key_file: a}", "tls_server_config: expected one of cert_file and cert"),
        (f"tls_server_config: {{{PAIR}, cert: x}}", "tls_server_config: expected one of cert_file and cert"),
        ("tls_server_config: {min_version: TLS13}", "expected cert_file and key_file beside min_version"),
        (f"tls_server_config: {{{PAIR}, min_version: TLS10}}", "min_version: TLS10 is broken"),
        (f"tls_server_config: {{{PAIR}, max_version: '1.3'}}", "max_version: expected TLS12 or TLS13, got '1.3'"),
        (f"tls_server_config: {{{PAIR}, min_version: TLS13, max_version: TLS12}}", "min_version is above max_version"),
        (f"tls_server_config: {{{PAIR}, client_auth_type: Yes please}}", "client_auth_type: expected one of"),
        (f"tls_server_config: {{{PAIR}, client_auth_type: RequireAnyClientCert}}", "that nobody vouches for"),
        (f"tls_server_config: {{{PAIR}, client_auth_type: RequireAndVerifyClientCert}}", "needs client_ca_file"),
        (f"tls_server_config: {{{PAIR}, client_ca_file: ca}}", "expected client_auth_type RequireAndVerifyClientCert"),
        (f"tls_server_config: {{{PAIR}, client_allowed_sans: [a]}}", "client_allowed_sans: expected client_auth_type"),
        (f"tls_server_config: {{{PAIR}, cipher_suites: [RC4]}}", "unknown or insecure suite 'RC4'"),
        (f"tls_server_config: {{{PAIR}, cipher_suites: TLS}}", "cipher_suites: expected a list of texts"),
        (
            f"tls_server_config: {{{PAIR}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25]}}",
            "did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?",
        ),
        (f"tls_server_config: {{{PAIR}, curve_preferences: [X25519]}}", "curve_preferences: expected one of CurveP256"),
        (f"tls_server_config: {{{PAIR}, prefer_server_cipher_suites: 1}}", "expected true or false"),
        ("http_server_config: {http3: true}", "http_server_config.http3: unknown setting; did you mean 'http2'?"),
        ("http_server_config: {headers: {X-Mine: a}}", "http_server_config.headers.X-Mine: unknown setting"),
        ("http_server_config: {headers: {X-Frame-Options: maybe}}", "expected deny or sameorigin, got 'maybe'"),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\r\\nSet-Cookie: b"}}', "expected one line of printable"),
        ("basic_auth_users: {prom: secret}", "basic_auth_users.prom: expected a bcrypt hash"),
        ("basic_auth_users: {prom: 12}", "basic_auth_users.prom: expected a bcrypt hash"),
        (f"basic_auth_users: {{'a:b': {HASH}}}", "basic_auth_users.a:b: expected a name without a colon"),
        (f"basic_auth_users: {{prom: {HASH.replace('$10$', '$30$')}}}", "expected a bcrypt cost of 4 to 16, got 30"),
        ("rate_limit: {interval: often}", "rate_limit.interval: expected a duration such as 1s, got 'often'"),
        ("rate_limit: {interval: 1s, burst: -1}", "rate_limit.burst: expected a number of requests, got '-1'"),
        ("rate_limit: {interval: 1s}", "rate_limit.burst: expected at least 1"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_path(text, said):
    with pytest.raises(ConfigError) as caught:
        parse_web_config(text, "web.yml")
    assert str(caught.value).startswith("web.yml: ")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_context_has_what_was_asked_for(tmp_path):
    authority = Authority(tmp_path / "ca")
    authority.issue("server")
    found = parse_web_config(
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt, min_version: TLS13,"
        " client_auth_type: VerifyClientCertIfGiven, curve_preferences: [CurveP256],"
        " cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], prefer_server_cipher_suites: false}",
        str(authority.folder / "web.yml"),
    )
    assert found.tls is not None
    context = build_context(found.tls)
    assert (context.minimum_version, context.verify_mode) == (ssl.TLSVersion.TLSv1_3, ssl.CERT_OPTIONAL)
    twelve = [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
    assert twelve == ["ECDHE-RSA-AES128-GCM-SHA256"]
    assert not context.options & ssl.OP_CIPHER_SERVER_PREFERENCE


def test_certificates_may_stand_in_the_file_itself(tmp_path):
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("server")
    texts = {"cert": cert, "key": key, "client_ca": authority.path}
    lines = [
        f"  {name}: |\n" + "".join(f"    {line}\n" for line in Path(path).read_text().splitlines())
        for name, path in texts.items()
    ]
    text = "tls_server_config:\n" + "".join(lines) + "  client_auth_type: RequireAndVerifyClientCert\n"
    found = parse_web_config(text, "web.yml")
    assert found.tls is not None
    assert len(build_context(found.tls).get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"server.crt": None}, "tls_server_config.cert_file: "),
        ({"server.key": None}, "tls_server_config.key_file: "),
        ({"ca.crt": None}, "tls_server_config.client_ca_file: "),
        ({"ca.crt": "nonsense"}, "tls_server_config.client_ca_file: expected PEM certificates"),
        ({"server.crt": "nonsense"}, "tls_server_config: cert_file and key_file cannot be used together"),
        ({"server.key": "other.key"}, "key values mismatch"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_files_that_cannot_be_used_are_named(tmp_path, change, said):
    authority = Authority(tmp_path / "ca")
    authority.issue("server")
    authority.issue("other")
    for name, value in change.items():
        path = authority.folder / name
        text = (authority.folder / value).read_text() if value == "other.key" else value
        path.unlink() if text is None else path.write_text(text)
    found = parse_web_config(
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt,"
        " client_auth_type: RequireAndVerifyClientCert}",
        str(authority.folder / "web.yml"),
    )
    assert found.tls is not None
    with pytest.raises(ConfigError) as caught:
        build_context(found.tls)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "tooshort", "x" * 15, "with blank " * 3, "ünïcödé" * 4, "x" * 20 + "\x00", "ab" * 10 + "\n" + "c"],
)
def test_tokens_that_protect_nothing_are_refused_without_being_quoted(text):
    with pytest.raises(ConfigError) as caught:
        parse_tokens(text, "token")
    assert str(caught.value).startswith("token: ")
    assert not text.strip() or text.split()[0] not in str(caught.value)
