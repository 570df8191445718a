"""Which models there are: configured, registered by themselves, within limits, through reloads."""

from __future__ import annotations

import pytest

from driftgauge.config import LatencySettings, LimitSettings, ModelSettings, ReferenceSettings, Settings
from driftgauge.errors import DecodeError
from driftgauge.model import Registry
from tests.model.examples import START, batch, reference


def model(name, version="", **settings):
    return ModelSettings(name=name, version=version, **settings)


def registry(*models, references=None, **settings):
    return Registry(Settings(models=models, **settings), references or {})


def names(of):
    return [(model.name, model.version) for model in of.models]


def test_models_are_in_order_of_name_and_version():
    of = registry(model("b", "2"), model("b", "10"), model("a", "1"))
    assert names(of) == [("a", "1"), ("b", "10"), ("b", "2")]


def test_observed_model_registers_itself():
    of = registry()
    found = of.find("fraud", "3")
    assert of.find("fraud", "3") is found
    assert names(of) == [("fraud", "3")]


def test_version_is_0_when_none_is_named():
    assert registry().find("fraud").version == "0"


def test_unknown_model_is_refused_when_registration_is_off():
    of = registry(model("churn"), model("price", "1"), auto_register=False)
    assert of.find("churn", "99").settings.name == "churn"
    for name, version in (("fraud", "0"), ("price", "2")):
        with pytest.raises(DecodeError, match="known models: churn, price") as raised:
            of.find(name, version)
        assert raised.value.reason == "unknown_model"


def test_models_are_limited():
    of = registry(model("a", "1"), limits=LimitSettings(models=3))
    of.find("a", "2")
    of.find("b")
    said = r"3 versions are, each counts, and limits\.models is 3\. Configure the model by name .* raise limits\.models, or restart"
    with pytest.raises(DecodeError, match=said) as raised:
        of.find("c" * 500)
    assert raised.value.reason == "model_limit"
    assert len(str(raised.value)) < 320
    assert of.find("a", "1").version == "1"
    assert len(of.models) == 3


def test_own_settings_of_a_version_come_first():
    of = registry(model("a", "2", tick_seconds=2), model("a", tick_seconds=1))
    assert [of.find("a", version).settings.tick_seconds for version in ("1", "2")] == [1, 2]


def test_profile_says_which_version_it_is_of():
    """A model configured without a version is there from the start when its profile names one."""
    given = reference(500)
    object.__setattr__(given.provenance, "version", "7")
    settings = model("fraud", reference=ReferenceSettings(path="p.json"))
    assert names(registry(settings, references={"p.json": given})) == [("fraud", "7")]


def test_reload_keeps_the_state_of_what_has_not_changed():
    of = registry(model("a", "1"), model("b", "1"))
    for kept in of.models:
        kept.observe(batch(10), START)
    a, b = of.models
    changed = model("b", "1", latency=LatencySettings(warn_seconds=1.0))
    of.configure(Settings(models=(model("a", "1"), changed)), {})
    assert of.find("a", "1") is a
    assert of.find("b", "1") is b  # a threshold changes what is said, not what was counted
    assert b.settings == changed
    of.configure(Settings(models=(model("a", "1"), model("b", "1", count_windows=(500,)))), {})
    assert of.find("b", "1") is not b
    assert of.find("a", "1").view(START).counters.requests == 10


def test_stray_models_do_not_push_a_configured_one_out():
    """The limit is for models that register themselves; a configured one finds its place."""
    of = registry(model("fraud"), limits=LimitSettings(models=2))
    of.find("stray", "1")
    of.find("stray", "2")
    assert of.find("fraud", "7").name == "fraud"
    with pytest.raises(DecodeError, match=r"limits\.models"):
        of.find("stray", "3")


def test_reload_keeps_models_that_registered_themselves_while_they_may():
    of = registry()
    of.find("fraud")
    of.configure(Settings(models=(model("other", "1"),)), {})
    assert names(of) == [("fraud", "0"), ("other", "1")]
    of.configure(Settings(models=(model("other", "1"),), auto_register=False), {})
    assert names(of) == [("other", "1")]


def test_reload_takes_another_profile_and_keeps_the_same_one():
    path = {"reference": ReferenceSettings(path="p.json")}
    settings = Settings(models=(model("a", "1", **path),))
    of = Registry(settings, {"p.json": reference(500, seed=1)})
    first = of.find("a", "1")
    of.configure(settings, {"p.json": reference(500, seed=1)})
    assert of.find("a", "1") is first
    of.configure(settings, {"p.json": reference(500, seed=2)})
    assert of.find("a", "1") is not first


def test_learned_reference_survives_a_reload():
    settings = Settings(models=(model("a", "1", reference=ReferenceSettings(learn_rows=100)),))
    of = Registry(settings, {})
    of.find("a", "1").observe(batch(200), START)
    of.find("a", "1").flush(START)
    of.configure(settings, {})
    assert of.find("a", "1").view(START).state == "ready"
