"""What changes under a running exporter: profiles, configuration, models that go and come back, versions that roll out.

That a broken configuration leaves the old one in force is in tests/serve/test_process.py.
"""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch
from driftgauge.profile import dumps
from driftgauge.reference import BuildOptions, build
from tests.faults.load import Load, rows
from tests.serve.harness import eventually

CREATED = 1.7e9
MODEL = "{name: fraud, version: '%s', reference: {path: %s}}"


def write(folder, name, seed):
    """Replace a profile as whoever deploys one does: beside its place, then renamed."""
    chance = np.random.default_rng(seed)
    inputs = {f"x{column}": chance.integers(0, 101, 1_000).astype(float) for column in range(3)}
    batch = Batch(1_000, inputs=inputs, outputs={"prediction": chance.integers(0, 2, 1_000).astype(float)})
    beside = folder / f"{name}.new"
    beside.write_text(dumps(build(lambda: [batch], BuildOptions(name, CREATED))))
    beside.replace(folder / name)


def digest(process, version="1"):
    names = [name for name in process.scrape() if name.startswith("driftgauge_reference_info")]
    (found,) = [name for name in names if f'version="{version}"' in name]
    return found.partition('reference="')[2].partition('"')[0]


def observe(process, model="fraud", version="1", first=0):
    return process.ask("POST", f"/v1/models/{model}/versions/{version}/observations", rows(first)).status


def requests(process, model="fraud", version="1"):
    return process.scrape().get(f'driftgauge_requests_total{{model="{model}",version="{version}"}}')


def test_a_profile_is_replaced_under_load(serve, tmp_path):
    """A reload takes the new one; a broken or missing one is refused and the last good one stays; no body is lost."""
    write(tmp_path, "p.json", 1)
    process = serve(f"models: [{MODEL % ('1', 'p.json')}]").ready()
    load = Load(process.socket)
    seen = [digest(process)]
    for seed in (2, 3):
        write(tmp_path, "p.json", seed)
        assert process.ask("POST", "/-/reload").status == 200
        seen.append(digest(process))
    assert len(set(seen)) == 3
    good = (tmp_path / "p.json").read_bytes()
    for bad in (good[: len(good) // 2], b"", b"\0" * 100):
        (tmp_path / "p.json").write_bytes(bad)
        assert process.ask("POST", "/-/reload").status == 400
        assert digest(process) == seen[-1]
    (tmp_path / "p.json").unlink()
    assert process.ask("POST", "/-/reload").status == 400
    assert (digest(process), observe(process)) == (seen[-1], 202)
    (tmp_path / "p.json").write_bytes(good)
    assert process.ask("POST", "/-/reload").status == 200
    load.stop()
    assert load.rows == load.sent > 0
    assert process.scrape()["driftgauge_config_reload_success"] == 1


def test_a_model_that_disappears_and_returns_begins_anew(serve):
    """Its series go with it and it is unknown meanwhile; the other model notices nothing."""
    both, one = (
        "models: [{name: fraud, version: '1'}, {name: risk, version: '1'}]",
        "models: [{name: risk, version: '1'}]",
    )
    process = serve(f"auto_register: false\nstate: {{directory: state, interval_seconds: 1}}\n{both}").ready()
    assert {observe(process), observe(process, "risk")} == {202}
    process.config.write_text(f"auto_register: false\n{one}")
    assert process.ask("POST", "/-/reload").status == 200
    assert (observe(process), requests(process), requests(process, "risk")) == (404, None, 10)
    assert not any('model="fraud"' in name for name in process.scrape())
    process.config.write_text(f"auto_register: false\n{both}")
    assert process.ask("POST", "/-/reload").status == 200
    assert observe(process) == 202
    assert (requests(process), requests(process, "risk")) == (10, 10)


def test_a_rollout_of_a_version_keeps_two_references_apart(serve, tmp_path):
    """Each version is compared with its own profile, over restarts too, until the old one is taken away."""
    write(tmp_path, "1.json", 1)
    write(tmp_path, "2.json", 2)
    old, new = MODEL % ("1", "1.json"), MODEL % ("2", "2.json")
    state = "state: {directory: state, interval_seconds: 1}\nauto_register: false\n"
    process = serve(f"{state}models: [{old}]").ready()
    assert (observe(process), observe(process, version="2")) == (202, 404)
    process.config.write_text(f"{state}models: [{old}, {new}]")
    assert process.ask("POST", "/-/reload").status == 200
    assert (observe(process), observe(process, version="2")) == (202, 202)
    found = digest(process, "1"), digest(process, "2")
    assert found[0] != found[1]
    assert (requests(process, version="1"), requests(process, version="2")) == (20, 10)
    assert process.end() == 0
    process = serve(f"{state}models: [{old}, {new}]").ready()
    assert (digest(process, "1"), digest(process, "2")) == found
    assert process.scrape()["driftgauge_checkpoint_restored_models"] == 2
    process.config.write_text(f"{state}models: [{new}]")
    assert process.ask("POST", "/-/reload").status == 200
    eventually(lambda: not any('version="1"' in name for name in process.scrape()))
    assert process.end() == 0
    process = serve(f"{state}models: [{new}]").ready()
    assert process.scrape()["driftgauge_checkpoint_restored_models"] == 1
