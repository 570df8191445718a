"""Every configuration that is shipped in a ConfigMap is one that the exporter takes, as it is mounted."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from driftgauge.cli.main import main
from tests.deploy.kube import K8S, containers, kustomize, named, of_kind, pods

FILES = sorted(path for path in K8S.rglob("driftgauge.yaml"))
MOUNTED = "/etc/driftgauge"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_shipped_configuration_is_valid(path, tmp_path, capsys):
    """`driftgauge check-config` has nothing to say; mounted paths are looked up beside the file."""
    text = path.read_text("utf-8").replace(f"{MOUNTED}/profiles", str(path.parent))
    (tmp_path / "driftgauge.yaml").write_text(text)
    status = main(["check-config", "--config", str(tmp_path / "driftgauge.yaml")])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert said.out.endswith("the configuration is valid\n")


def test_the_example_finds_its_profile_where_it_is_mounted():
    """Paths in the configuration are keys of the ConfigMaps that are mounted there."""
    example = kustomize(K8S / "overlays" / "example")
    (pod,) = pods(example)
    sidecar = named(containers(pod), "driftgauge")
    maps = {document["metadata"]["name"]: document["data"] for document in of_kind(example, "ConfigMap")}
    mounted = {
        f"{mount['mountPath']}/{key}": text
        for mount in sidecar["volumeMounts"]
        for volume in [named(pod["volumes"], mount["name"])]
        if "configMap" in volume
        for key, text in maps[volume["configMap"]["name"]].items()
    }
    (given,) = [argument.removeprefix("--config=") for argument in sidecar["args"] if argument.startswith("--config=")]
    configuration = yaml.safe_load(mounted[given])
    assert {model["reference"]["path"] for model in configuration["models"]} <= set(mounted)
    writable = {mount["mountPath"] for mount in sidecar["volumeMounts"] if not mount.get("readOnly")}
    assert str(Path(configuration["listen"]["socket"]).parent) in writable
    (port,) = sidecar["ports"]
    assert configuration["listen"]["metrics"] == f":{port['containerPort']}"
