"""What docs/kubernetes.md tells a newcomer to write works as it is written."""

from __future__ import annotations

import re

import kubernetes_validate
import pytest
import yaml

from driftgauge.serve.settings import parse
from tests.deploy.kube import K8S, ROOT, kustomize, named, of_kind, pods, users_deployment

PAGE = (ROOT / "docs/kubernetes.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def written(name):
    """Return the file of that name which the page shows."""
    found = re.search(rf"^`{re.escape(name)}`\n\n```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def newcomer(tmp_path):
    """A folder as the page says: a manifest, a profile, a clone of this repository, and two files written as shown."""
    deployment = users_deployment()
    deployment["metadata"]["name"] = "credit"
    (tmp_path / "deployment.yaml").write_text(yaml.safe_dump(deployment))
    (tmp_path / "credit.json").write_text((K8S / "overlays/example/credit.json").read_text("utf-8"))
    (tmp_path / "driftgauge").symlink_to(ROOT)
    for name in ("driftgauge.yaml", "kustomization.yaml"):
        (tmp_path / name).write_text(written(name))
    return kustomize(tmp_path)


def test_the_five_minutes_end_with_a_sidecar(newcomer):
    """The Deployment has the exporter from the newcomer's registry, with the newcomer's configuration and profile."""
    (deployment,) = of_kind(newcomer, "Deployment")
    kubernetes_validate.validate(deployment, "1.33", strict=True)
    (pod,) = pods(newcomer)
    sidecar = named(pod["initContainers"], "driftgauge")
    assert sidecar["image"].startswith("registry.example.com/driftgauge:")
    maps = {document["metadata"]["name"]: document["data"] for document in of_kind(newcomer, "ConfigMap")}
    text = maps[named(pod["volumes"], "driftgauge-config")["configMap"]["name"]]["driftgauge.yaml"]
    profiles = maps[named(pod["volumes"], "driftgauge-profiles")["configMap"]["name"]]
    (model,) = parse(text, {}).models
    assert model.reference.path.removeprefix("/etc/driftgauge/profiles/") in profiles
    assert {document["kind"] for document in newcomer} >= {"PodMonitor", "PrometheusRule"}


def test_the_steps_of_a_rollout_give_the_analyses_what_they_ask_for():
    """Templates are named as they are called, and every argument without a default is given; none is given in vain."""
    (block,) = [yaml.safe_load(text) for text in BLOCKS if "setWeight" in text]
    (analysis,) = [step["analysis"] for step in block["strategy"]["canary"]["steps"] if "analysis" in step]
    given = {arg["name"] for arg in analysis["args"]}
    specs = {}
    for path in (K8S / "components/canary").glob("[!k]*.yaml"):
        document = yaml.safe_load(path.read_text("utf-8"))
        specs[document["metadata"]["name"]] = document["spec"]["args"]
    assert {template["templateName"] for template in analysis["templates"]} == set(specs)
    for args in specs.values():
        assert {arg["name"] for arg in args if "value" not in arg} <= given <= {arg["name"] for arg in args}


def test_every_folder_is_described():
    """The table has each base, component and overlay."""
    folders = {path.parent.relative_to(K8S).as_posix() for path in K8S.rglob("kustomization.yaml")}
    assert folders <= set(re.findall(r"`([\w/-]+)`", PAGE.split("## What is in deploy/k8s")[1].split("##")[0]))
