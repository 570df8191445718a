"""What the tests of deploy/ share: rendering with the real programs, and ways into the rendered objects."""

from __future__ import annotations

import atexit
import copy
import functools
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
K8S = DEPLOY / "k8s"
CHART = DEPLOY / "helm" / "driftgauge"
TOOLS = ROOT / ".tools"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
#: what the manifests are for: the oldest with native sidecars on by default, the newest whose schemas are known
KUBERNETES = ("1.29", "1.31", "1.33", "1.37")
CLASSIC = ("1.25", "1.28")
#: what Kubernetes' own schemas are known of
CORE = {"v1", "apps/v1", "networking.k8s.io/v1"}


def program(name: str) -> str:
    """Return the program's path: ours, else the machine's; skip the test where there is none."""
    own = TOOLS / "bin" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (make tools)")
    return found


def run(*command: str, cwd: Path = ROOT, stdin: str = "") -> str:
    """Run *command* and return what it printed; fail as it fails."""
    done = subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=_quiet()
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@functools.cache
def _home() -> str:
    made = tempfile.mkdtemp(prefix="driftgauge-helm-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _quiet() -> dict[str, str]:
    """Return an environment in which helm finds nobody's settings."""
    folders = {f"HELM_{name}_HOME": f"{_home()}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
    return {**os.environ, **folders}


def documents(text: str) -> list[Document]:
    """Return the objects of a stream of YAML."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, and the dashboards are large
    return [document for document in yaml.load_all(text, loader) if document]


@functools.cache
def _kustomize(folder: Path) -> list[Document]:
    return documents(run(program("kubectl"), "kustomize", str(folder)))


def kustomize(folder: Path) -> list[Document]:
    """Return what `kubectl kustomize` makes of *folder*, as a copy that may be changed."""
    return copy.deepcopy(_kustomize(folder))


def overlay(folder: Path, resources: Sequence[str] = (), components: Sequence[str] = (), **more: Any) -> Path:
    """Write an overlay into *folder* with a Deployment of a user's, and return it."""
    (folder / "deployment.yaml").write_text(yaml.safe_dump(users_deployment()))
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["deployment.yaml", *(os.path.relpath(K8S / name, folder) for name in resources)],
        "components": [os.path.relpath(K8S / "components" / name, folder) for name in components],
        **more,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return folder


def users_deployment() -> Document:
    """Return a Deployment that has what a user's has and our patches must leave alone."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "fraud", "labels": {"driftgauge.io/inject": "true"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "fraud"}},
            "template": {
                "metadata": {"labels": {"app": "fraud"}},
                "spec": {
                    "securityContext": {"fsGroup": 77},
                    "serviceAccountName": "fraud",
                    "initContainers": [{"name": "fetch", "image": "fetch:1"}],
                    "containers": [
                        {
                            "name": "model",
                            "image": "fraud:1",
                            "env": [{"name": "A", "value": "1"}],
                            "ports": [{"containerPort": 8080}],
                            "volumeMounts": [{"name": "weights", "mountPath": "/weights"}],
                        }
                    ],
                    "volumes": [{"name": "weights", "emptyDir": {}}],
                },
            },
        },
    }


def of_kind(objects: Sequence[Document], kind: str) -> list[Document]:
    """Return the objects of a kind."""
    return [document for document in objects if document["kind"] == kind]


def pods(objects: Sequence[Document]) -> Iterator[Document]:
    """Yield the specs of the pods that the objects make."""
    for document in objects:
        if "template" in document.get("spec", {}):
            yield document["spec"]["template"]["spec"]


def containers(pod: Mapping[str, Any]) -> list[Document]:
    """Return all containers of a pod."""
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def named(items: Sequence[Document], name: str) -> Document:
    """Return the item of that name."""
    (found,) = [item for item in items if item["name"] == name]
    return found


def validate(documents: Sequence[Document], version: str) -> None:
    """Fail unless Kubernetes *version* would take the objects of its own kinds."""
    for document in documents:
        if document["apiVersion"] in CORE:
            kubernetes_validate.validate(document, version, strict=True)
