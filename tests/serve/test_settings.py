"""Configuration text to settings: every mistake has a message that begins with the path."""

from __future__ import annotations

import pytest

from driftgauge.config import ListenSettings, Settings
from driftgauge.errors import ConfigError
from driftgauge.serve.documents import MOST_VALUES
from driftgauge.serve.settings import parse, parse_listen

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

WRONG = {
    "unknown section": ("limit: {}", "limit: unknown setting; did you mean 'limits'?"),
    "unknown setting": ("limits: {model: 3}", "limits.model: unknown setting; did you mean 'models'?"),
    "nothing near": (
        "log: {zzz: 3}",
        "log.zzz: unknown setting; known are format, level",
    ),
    "unknown in a model": (
        "models: [{name: a}, {name: b, drift: {wran: 1}}]",
        "models[1].drift.wran: unknown setting; did you mean 'warn'?",
    ),
    "unknown in a feature": (
        "defaults: {features: {age: {kinds: numeric}}}",
        "defaults.features.age.kinds: unknown setting; did you mean 'kind'?",
    ),
    "text for a number": ("limits: {models: many}", "limits.models: expected a whole number, got text ('many')"),
    "number for text": (
        "models: [{name: a, version: 3}]",
        "models[0].version: expected text, got a whole number (3); put it in quotes",
    ),
    "octal number": (
        "listen: {socket_mode: 0660}",
        "listen.socket_mode: expected text, got a whole number (432); put it in quotes",
    ),
    "number for a section": ("listen: 3", "listen: expected a mapping, got a whole number (3)"),
    "mapping for a list": ("models: {name: a}", "models: expected a list, got a mapping"),
    "list entry": (
        "defaults: {drift: {measures: [psi, 3]}}",
        "defaults.drift.measures[1]: expected text, got a whole number (3); put it in quotes",
    ),
    "no choice": ("defaults: {clock: lunar}", "defaults.clock: expected one of 'wall', 'event', got 'lunar'"),
    "impossible": ("limits: {models: 0}", "limits.models: expected a number >= 1, got 0"),
    "impossible in a model": (
        "models: [{name: a}, {name: b, features: {x: {warn: 3}}}]",
        "models[1].features.x.warn: expected a distance in (0, 1], got 3.0",
    ),
    "two that disagree": (
        "defaults: {drift: {warn: 0.5, alert: 0.1}}",
        "defaults.drift: expected 0 < warn <= alert <= 1, got warn 0.5 and alert 0.1",
    ),
    "infinite": ("defaults: {tick_seconds: .inf}", "defaults.tick_seconds: expected a number > 0, got inf"),
    "unknown measure": ("defaults: {drift: {measures: [psy]}}", "defaults.drift.measures: unknown ['psy'], expected"),
    "nameless model": ("models: [{version: '1'}]", "models[0].name: a model needs a name"),
    "twice": ("models: [{name: a}, {name: a}]", "models[1]: 'a' version '' is configured twice"),
    "too many": ("limits: {models: 1}\nmodels: [{name: a}, {name: b}]", "models: 2 configured, limits.models is 1"),
    "key twice": ("limits:\n  models: 1\n  models: 2", "line 3: key 'models' is given twice"),
    "key no text": ("1: 2", "line 1: expected text as a key, got int '1'"),
    "key a list": ("? [a]\n: 1", "line 1: expected text as a key, got list"),
    "no mapping": ("- 1", "expected a mapping of settings, got list"),
    "no YAML": ("a: [1", "not YAML: line 1, column 6: expected ',' or ']'"),
    "tab": ("limits:\n\tmodels: 1", "not YAML: line 2, column 1: found character '\\t'"),
    "control character": ("\x00", "not YAML: unacceptable character #x0000"),
    "object": ("x: !!python/object:os.system 1", "not YAML: line 1, column 4: could not determine a constructor"),
    "no such day": ("x: 2026-13-45", "not usable YAML: month must be in 1..12"),
    "endless number": ("limits: {models: " + "9" * 5_000 + "}", "not usable YAML: Exceeds the limit"),
    "bomb": (BOMB, f"line 6: expands to more than {MOST_VALUES} values"),
    "snake": ("a: &a [*a]", "line 1: an anchor contains itself"),
    "deep": ("[" * 2_000, "not usable YAML: nested too deeply"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_mistake_is_named_by_its_path(text, message):
    with pytest.raises(ConfigError) as raised:
        parse(text, {})
    said = str(raised.value)
    assert said.startswith(message)
    assert "\n" not in said
    assert len(said) < 300


@pytest.mark.parametrize("text", ["", "# nothing", "limits:\n", "limits:\nmodels:\ndefaults:\n  drift:\n"])
def test_empty_file_and_empty_sections_are_the_defaults(text):
    assert parse(text, {}) == Settings()


def test_model_starts_from_the_defaults():
    """Sections are merged, lists and values replaced."""
    text = """
    defaults:
      tick_seconds: 5
      drift: {warn: 0.15, measures: [psi, ks]}
      features: {age: {kind: numeric}}
    models:
      - {name: a, drift: {alert: 0.5, measures: [psi]}, features: {plan: {ignore: true}}}
      - {name: b, tick_seconds: 7}
    """
    a, b = parse(text, {}).models
    assert (a.tick_seconds, a.drift.warn, a.drift.alert, a.drift.measures) == (5, 0.15, 0.5, ("psi",))
    assert set(a.features) == {"age", "plan"}
    assert (b.tick_seconds, b.drift.warn) == (7, 0.15)


def test_merge_keys_of_yaml_work():
    settings = parse("defaults: &d {tick_seconds: 5}\nmodels: [{<<: *d, name: a}]", {})
    assert settings.models[0].tick_seconds == 5


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("LISTEN__METRICS", ":9999", lambda s: s.listen.metrics),
        ("LISTEN__SOCKET_MODE", "0600", lambda s: s.listen.socket_mode),
        ("DEFAULTS__VERSION", "7", lambda s: s.defaults.version),
        ("DEFAULTS__CLOCK", "event", lambda s: s.defaults.clock),
    ],
)
def test_environment_gives_text_as_it_is(name, text, read):
    """A version of digits or octal permissions need no quotes there."""
    assert read(parse("", {f"DRIFTGAUGE_{name}": text})) == text


def test_environment_gives_numbers_switches_and_lists():
    settings = parse(
        "limits: {models: 3}",
        {
            "DRIFTGAUGE_LIMITS__MODELS": "7",
            "DRIFTGAUGE_AUTO_REGISTER": "false",
            "DRIFTGAUGE_DEFAULTS__DRIFT__MEASURES": "[psi]",
            "DRIFTGAUGE_DEFAULTS__DRIFT__EVIDENCE": "5",
            "DRIFTGAUGE_DEFAULTS__FEATURES__AGE__WARN": "0.3",
            "DRIFTGAUGE_LISTEN__INGEST": "",
        },
    )
    drift = settings.defaults.drift
    assert (settings.limits.models, settings.auto_register, drift.measures, drift.evidence) == (7, False, ("psi",), 5)
    assert settings.defaults.features["age"].warn == 0.3
    assert settings.listen.ingest == ""


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("LIMITS__MODEL", "3", "limits.model: unknown setting; did you mean 'models'?"),
        ("LIMITS__MODELS", "x", "limits.models: expected a whole number, got text ('x')"),
        ("LIMITS__MODELS", "[1", "not YAML: line 1, column 3"),
        ("LIMITS__MODELS__X", "1", "limits.models: not a section of settings"),
        ("LIMITS", "3", "limits: a section of settings; a variable sets one setting"),
        ("MODELS__0__NAME", "a", "models: not a section of settings"),
        ("DEFAULTS__CLOCK", "lunar", "defaults.clock: expected one of 'wall', 'event', got 'lunar'"),
    ],
)
def test_mistake_in_the_environment_names_the_variable(name, text, message):
    with pytest.raises(ConfigError) as raised:
        parse("", {f"DRIFTGAUGE_{name}": text})
    assert str(raised.value).startswith(f"DRIFTGAUGE_{name}: {message}")


@pytest.mark.parametrize(
    "name",
    [
        "DRIFTGAUGE_CONFIG",
        "DRIFTGAUGE_SERVICE_HOST",
        "DRIFTGAUGE_SERVICE_PORT",
        "DRIFTGAUGE_SERVICE_PORT_METRICS",
        "DRIFTGAUGE_PORT",
        "DRIFTGAUGE_PORT_9870_TCP",
        "DRIFTGAUGE_PORT_9870_TCP_ADDR",
        "DRIFTGAUGE_METRICS_PORT_9870_TCP_PROTO",
        "OTHER_LIMITS__MODELS",
    ],
)
def test_variables_that_are_no_settings_are_left_alone(name):
    """Kubernetes sets such variables in every pod when a Service is called driftgauge."""
    assert parse("", {name: "tcp://10.0.0.1:9870"}) == Settings()


@pytest.mark.parametrize(
    "text",
    ["listen: {metrics: ':1'}\nlimits: {models: 0}", "listen: {metrics: ':1'}\nlisten_: 3"],
)
def test_listen_is_read_from_an_otherwise_invalid_file(text):
    assert parse_listen(text, {"DRIFTGAUGE_LIMITS__MODELS": "x"}).metrics == ":1"


def test_listen_comes_from_the_environment_when_the_file_is_no_yaml():
    assert parse_listen("a: [", {"DRIFTGAUGE_LISTEN__METRICS": ":2"}).metrics == ":2"


def test_listen_is_the_default_when_nothing_can_be_read():
    assert parse_listen("listen: 3", {"DRIFTGAUGE_LISTEN__METRIC": ":2"}) == ListenSettings()
