"""The proxy as a command, as a part of the sidecar, and with configurations that make no sense."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from driftgauge.cli.main import main
from driftgauge.config import Settings
from driftgauge.errors import ConfigError
from driftgauge.forwarding import ProxySettings
from driftgauge.serve.proxy import parse_upstream
from driftgauge.serve.settings import parse, parse_proxy
from tests.serve.harness import eventually, of_model, request
from tests.serve.process import Process, _free_port

REPLY = json.dumps({"choices": [{"text": "x", "finish_reason": "length"}], "usage": {"completion_tokens": 8}}).encode()


class _Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(REPLY)))
        self.end_headers()
        self.wfile.write(REPLY)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def model():
    """Return the address of a model server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(20)


def check_forwarding(process, port):
    """Make a call through a process and see it counted."""
    told = request(
        "POST", "/v1/completions", b'{"model": "m", "prompt": ""}', port=port, Content_Type="application/json"
    )
    assert (told.status, told.body) == (200, REPLY)
    name = 'driftgauge_finish_reasons_total{model="m",version="0",reason="length"}'
    eventually(lambda: process.scrape().get(name) == 1)
    assert of_model(process.scrape(), "tokens_total", "m", kind="completion") == 8


def test_the_command_forwards(tmp_path, model):
    """`driftgauge proxy` is a proxy and its metrics; SIGTERM ends it."""
    port = _free_port()
    arguments = ("--upstream", model, "--listen", f"127.0.0.1:{port}")
    process = Process(tmp_path, "", *arguments, command="proxy").ready()
    try:
        eventually(lambda: process.scrape().get("driftgauge_proxy_requests_in_flight") == 0)
        check_forwarding(process, port)
    finally:
        assert process.end() == 0, process.log


def test_the_sidecar_forwards(tmp_path, model):
    """One process takes observations and forwards calls."""
    port = _free_port()
    text = f'proxy: {{upstream: "{model}", listen: "127.0.0.1:{port}"}}'
    process = Process(tmp_path, text).ready()
    try:
        check_forwarding(process, port)
        told = process.ask("POST", "/v1/models/fraud/observations", [{"features": {"age": 41}, "prediction": 1}])
        assert told.status == 202
    finally:
        assert process.end() == 0, process.log


def test_a_bad_configuration_still_forwards(tmp_path, model):
    """What is wrong elsewhere stops the counting; calls pass."""
    port = _free_port()
    text = f'proxy: {{upstream: "{model}", listen: "127.0.0.1:{port}"}}\ndefaults: {{drift: {{warn: 7}}}}'
    process = Process(tmp_path, text)
    try:
        eventually(lambda: _passes(port))
        assert process.get("/-/ready").status == 503
        name = 'driftgauge_proxy_unobserved_total{reason="config_invalid"}'
        eventually(lambda: process.scrape().get(name, 0) >= 1)
    finally:
        assert process.end() == 0, process.log


def _passes(port):
    try:
        return request("POST", "/v1/completions", b"{}", port=port).status == 200
    except OSError:
        return False


UNUSABLE = [
    "",
    "127.0.0.1:8080",
    "ftp://a",
    "http://",
    "http://a/b",
    "http://a?b=c",
    "http://u:p@a",
    "http://a:x",
    "http://[",
]


@pytest.mark.parametrize("text", UNUSABLE)
def test_upstreams_are_checked(text):
    with pytest.raises(ConfigError, match=r"^proxy.upstream: expected http://host:port, got"):
        parse_upstream(text)


def test_upstreams_have_default_ports():
    assert (parse_upstream("http://[::1]").host, parse_upstream("https://model/").port) == ("::1", 443)


def test_the_section_is_read_whatever_else_is_wrong():
    """Traffic depends on it: it is found in a file whose other parts make no sense."""
    text = "proxy: {upstream: 'http://a:1'}\nnonsense: 1"
    assert parse_proxy(text, {}).upstream == "http://a:1"
    assert parse_proxy("", {"DRIFTGAUGE_PROXY__UPSTREAM": "http://b"}).upstream == "http://b"
    assert parse_proxy("- a\n- [", {}) == ProxySettings()


@pytest.mark.parametrize("text", ["proxy: [", "proxy: {upstrem: x}", "proxy: {body_bytes: 1}\nx: 1", "a: [\nproxy: {}"])
def test_a_section_that_cannot_be_read_is_refused(text):
    """A process that looks alive and forwards nothing would be worse than one that does not start."""
    with pytest.raises(ConfigError):
        parse_proxy(text, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [("body_bytes", 1), ("connect_seconds", 0), ("drain_seconds", -1), ("connect_seconds", ".inf")],
)
def test_settings_are_checked(setting, value):
    with pytest.raises(ConfigError, match=setting):
        parse(f"proxy: {{{setting}: {value}}}", {})


def test_a_proxy_is_enough_to_observe():
    """Without a proxy something else must take observations."""
    parse("listen: {socket: ''}\nproxy: {upstream: 'http://a'}", {})
    with pytest.raises(ConfigError, match="nothing could be observed"):
        parse("listen: {socket: ''}", {})
    assert Settings().proxy.upstream == ""


def test_the_command_needs_an_upstream(capsys):
    assert main(["proxy"]) == 2
    assert "--upstream" in capsys.readouterr().err
