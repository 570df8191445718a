"""The example's pod really runs: its images, its ConfigMaps, its volumes and its security contexts, played by podman.

Podman knows no native sidecars, so the exporter is moved among the containers; it knows health checks only with systemd, so the
probes are taken out and asked by hand. Everything else is what `kubectl kustomize` makes. Run by `make k8s-test`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.deploy.kube import K8S, ROOT, VERSION, containers, kustomize, named, of_kind

pytestmark = [pytest.mark.podman, pytest.mark.timeout(300)]

EXAMPLE = K8S / "overlays" / "example"
POD = "driftgauge-k8s-test"
EXPORTER, MODEL = f"{POD}-driftgauge", f"{POD}-model"
IMAGES = {
    "driftgauge": f"localhost/driftgauge:{VERSION}",
    "model": f"localhost/driftgauge-example-credit:{VERSION}",
}
PYTHON = {EXPORTER: "/opt/driftgauge/bin/python", MODEL: "/opt/example/bin/python"}
#: podman's volumes are the machine's, and have the names that they have in the pod
EMPTY = ("driftgauge-run", "driftgauge-state")
WAIT_SECONDS = 60

ASK = """
import json, sys, urllib.request
rows = [{"age": 20 + i % 50, "income": 15000 + 100 * (i % 200), "debt_ratio": (i % 90) / 100} for i in range(int(sys.argv[1]))]
body = json.dumps({"rows": rows}).encode()
answer = json.load(urllib.request.urlopen("http://127.0.0.1:8080/predict", body, timeout=10))
assert len(answer["approved"]) == len(rows)
"""
SCRAPE = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9870/metrics', timeout=5).read().decode())"


def podman(*arguments: str, stdin: str = "", check: bool = True) -> str:
    """Run podman and return what it printed."""
    done = subprocess.run(
        ["podman", *arguments], input=stdin, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert not check or done.returncode == 0, f"podman {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def python(container: str, code: str, *arguments: str, check: bool = True) -> str:
    """Run Python inside a container."""
    return podman("exec", container, PYTHON[container], "-c", code, *arguments, check=check)


def until(what, *, wanted=True):
    """Ask until the answer is *wanted*; return it, or fail with the last one."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := what()) != wanted:
        assert time.monotonic() < deadline, f"still {answer!r}\n{podman('logs', EXPORTER, check=False)}"
        time.sleep(0.2)
    return answer


def values(name: str) -> list[float]:
    """Return the values of a metric of the model."""
    text = python(EXPORTER, SCRAPE, check=False)
    return [float(value) for value in re.findall(rf'^{name}{{[^}}]*model="credit"[^}}]*}} (\S+)$', text, re.MULTILINE)]


def metric(name: str) -> float:
    """Return the sum of a metric of the model."""
    return sum(values(name))


def manifest() -> str:
    """Return the example's pod as podman can play it."""
    rendered = kustomize(EXAMPLE)
    (deployment,) = of_kind(rendered, "Deployment")
    template = deployment["spec"]["template"]
    spec = template["spec"]
    exporter = named(spec.pop("initContainers"), "driftgauge")
    assert exporter.pop("restartPolicy") == "Always"
    spec["containers"].insert(0, exporter)
    for container in containers(spec):
        container |= {"image": IMAGES[container["name"]], "imagePullPolicy": "Never"}
        for key in ("livenessProbe", "readinessProbe", "ports"):  # ports would be published on this machine
            container.pop(key, None)
        container["volumeMounts"] = [m for m in container["volumeMounts"] if m["name"] != "driftgauge-secrets"]
    spec["volumes"] = [volume for volume in spec["volumes"] if volume["name"] != "driftgauge-secrets"]
    spec["restartPolicy"] = "Never"
    mounted = {volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume}
    maps = [document for document in of_kind(rendered, "ConfigMap") if document["metadata"]["name"] in mounted]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": POD, "labels": template["metadata"]["labels"]},
        "spec": spec,
    }
    return yaml.safe_dump_all([*maps, pod])


def make_volumes() -> None:
    """Make the emptyDirs, writable for everybody: Kubernetes makes them so, this podman makes them root's."""
    for volume in EMPTY:
        podman("volume", "create", volume)
        Path(podman("volume", "inspect", "--format", "{{.Mountpoint}}", volume).strip()).chmod(0o777)


def sweep() -> None:
    """Remove what a run leaves, also one that was interrupted."""
    podman("pod", "rm", "--force", "--time", "1", "--ignore", POD, check=False)
    for volume in EMPTY:
        podman("volume", "rm", "--force", volume, check=False)
    for volume in podman("volume", "ls", "--quiet", check=False).split():
        if re.fullmatch(r"driftgauge-(config|profiles)(-[a-z0-9]+)?", volume):
            podman("volume", "rm", "--force", volume, check=False)


@pytest.fixture
def pod(tmp_path):
    """The pod, playing; nothing outside reaches it, and it reaches nothing."""
    if not os.environ.get("RUN_PODMAN") or shutil.which("podman") is None:
        pytest.skip("containers are run by `make k8s-test`, where podman is installed")
    present = set(podman("images", "--format", "{{.Repository}}:{{.Tag}}").split())
    if not set(IMAGES.values()) <= present:
        pytest.skip("the images have not been built (make k8s-test)")
    sweep()
    (tmp_path / "pod.yaml").write_text(manifest())
    make_volumes()
    try:
        podman("kube", "play", "--network=none", str(tmp_path / "pod.yaml"))
        until(lambda: podman("exec", EXPORTER, "driftgauge", "healthcheck", check=False) == "healthy\n")
        until(lambda: python(MODEL, ASK, "1", check=False) == "")
        yield
    finally:
        sweep()


@pytest.mark.usefixtures("pod")
def test_the_example_is_observed_restarts_and_drains():
    """What the model answers appears on /metrics and survives a restart; on SIGTERM nothing that was sent is lost."""
    for _ in range(5):
        python(MODEL, ASK, "200")
    until(lambda: metric("driftgauge_predictions_total"), wanted=1001)
    assert metric("driftgauge_requests_total") == 6
    assert metric("driftgauge_reference_info") == 1
    until(lambda: set(values("driftgauge_drift_samples")), wanted={1001})
    assert metric("driftgauge_drift_js_distance") > 0
    state = json.loads(podman("inspect", EXPORTER))[0]
    assert state["Config"]["User"].startswith("65532")
    assert state["HostConfig"]["ReadonlyRootfs"] is True

    # Restarted, as the kubelet does it: the windows are those of before, out of the volume that outlives the container.
    podman("stop", "--time", "20", EXPORTER)
    podman("start", EXPORTER)
    until(lambda: podman("exec", EXPORTER, "driftgauge", "healthcheck", check=False) == "healthy\n")
    until(lambda: set(values("driftgauge_drift_samples")), wanted={1001})

    # The model's container is told to stop with rows still in its client's buffer: they arrive, because the exporter goes last.
    python(MODEL, ASK, "77")
    podman("stop", "--time", "20", MODEL)
    until(lambda: metric("driftgauge_predictions_total"), wanted=77)
    podman("stop", "--time", "20", EXPORTER)
    ended = [json.loads(podman("inspect", name))[0]["State"]["ExitCode"] for name in (MODEL, EXPORTER)]
    assert ended == [0, 0]
    assert "stopping" in podman("logs", EXPORTER)
