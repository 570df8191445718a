"""The chart renders the objects of deploy/k8s out of the same files, for every version of Kubernetes, alone and inside a user's chart."""

from __future__ import annotations

import base64
import functools
import gzip
import json
import tarfile

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deploy.kube import (
    CHART,
    CLASSIC,
    K8S,
    KUBERNETES,
    ROOT,
    VERSION,
    documents,
    kustomize,
    named,
    of_kind,
    overlay,
    pods,
    program,
    run,
)
from tests.deploy.test_custom_resources import SCHEMAS, wrong

EVERYTHING = ("canary.enabled=true", "kserve.enabled=true", "networkPolicy.enabled=true")
#: what Helm adds
OURS = ("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/component")
#: a user's chart that has ours as a dependency
PARENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: fraud}
spec:
  selector: {matchLabels: {app: fraud}}
  template:
    metadata:
      labels: {app: fraud, driftgauge.io/metrics: "true"}
      annotations:
        checksum/driftgauge: {{ include "driftgauge.checksum" .Subcharts.driftgauge }}
    spec:
      initContainers:
        {{- include "driftgauge.sidecar" .Subcharts.driftgauge | nindent 8 }}
      containers:
        - name: model
          image: fraud:1
          volumeMounts:
            - {name: driftgauge-run, mountPath: /run/driftgauge}
      volumes:
        {{- include "driftgauge.volumes" .Subcharts.driftgauge | nindent 8 }}
"""


@functools.cache
def _template(chart, *values, version="1.33"):
    sets = [argument for value in values for argument in ("--set", value)]
    command = (program("helm"), "template", "mon", str(chart), "--namespace", "shop", "--kube-version", f"{version}.0")
    return run(*command, *sets)


def template(chart, *values, version="1.33"):
    """Return what `helm template` makes of a chart."""
    return documents(_template(chart, *values, version=version))


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """A user's chart with the sidecar in its Deployment."""
    folder = tmp_path_factory.mktemp("fraud")
    dependency = {"name": "driftgauge", "version": VERSION, "repository": f"file://{CHART}"}
    chart = {"apiVersion": "v2", "name": "fraud", "version": "1.0.0", "dependencies": [dependency]}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(chart))
    (folder / "templates").mkdir()
    (folder / "templates/deployment.yaml").write_text(PARENT)
    run(program("helm"), "dependency", "update", str(folder))
    return folder


def plain(document):
    """Return an object without what only Helm or only Kustomize writes, for comparing the two."""
    labels = {key: value for key, value in document["metadata"].get("labels", {}).items() if key not in OURS}
    metadata = {key: value for key, value in document["metadata"].items() if key not in {"labels", "namespace"}}
    return json.loads(json.dumps(document | {"metadata": metadata | {"labels": labels}}))


def by_name(objects):
    return {(document["kind"], document["metadata"]["name"]): plain(document) for document in objects}


def test_the_linter_has_nothing_to_say():
    """Nor has it when everything is switched on."""
    run(program("helm"), "lint", "--strict", str(CHART))
    run(program("helm"), "lint", "--strict", str(CHART), *(f"--set={value}" for value in EVERYTHING))


@pytest.mark.parametrize("version", [*CLASSIC, *KUBERNETES])
def test_every_object_is_valid_strictly(version):
    """Kubernetes' own by its schemas of that version, custom resources by ours."""
    for document in template(CHART, *EVERYTHING, version=version):
        if document["kind"] in SCHEMAS:
            assert wrong(document) == []
        else:
            kubernetes_validate.validate(document, version, strict=True)


def test_the_objects_are_those_of_kustomize(tmp_path):
    """Rules, dashboards, monitor, policy, analyses and sink are equal, but for labels that Helm adds and the pod's checksum."""
    kustomized = by_name(kustomize(overlay(tmp_path, ["base/monitoring"], ["networkpolicy", "canary", "kserve"])))
    charted = by_name(template(CHART, *EVERYTHING))
    compared = {key for key in kustomized if key[0] not in {"ConfigMap", "Deployment"} or "dashboard" in key[1]}
    assert len(compared) >= 12
    for key in compared:
        ours, theirs = charted[key], kustomized[key]
        for document in (ours, theirs):
            for label in ("app.kubernetes.io/version", "app.kubernetes.io/name", "app.kubernetes.io/part-of"):
                document["metadata"]["labels"].pop(label, None)
        assert ours == theirs, key
    sink, other = (objects["Deployment", "driftgauge-sink"]["spec"]["template"] for objects in (charted, kustomized))
    assert list(sink["metadata"].pop("annotations")) == ["checksum/driftgauge"]
    (config,) = [name for kind, name in kustomized if kind == "ConfigMap" and name.startswith("driftgauge-sink-config")]
    named(other["spec"]["volumes"], "driftgauge-config")["configMap"]["name"] = "driftgauge-sink-config"
    assert named(sink["spec"]["containers"], "driftgauge").pop("imagePullPolicy") == "IfNotPresent"
    assert sink == other
    assert charted["ConfigMap", "driftgauge-sink-config"]["data"] == kustomized["ConfigMap", config]["data"]


def test_the_sidecar_is_that_of_kustomize(parent, tmp_path):
    """The named templates give a user's chart the container and the volumes that the component injects."""
    (charted,) = pods(template(parent))
    (kustomized,) = pods(kustomize(overlay(tmp_path, [], ["exporter"])))
    ours, theirs = (named(pod["initContainers"], "driftgauge") for pod in (charted, kustomized))
    assert ours.pop("imagePullPolicy") == "IfNotPresent"
    assert ours == theirs
    assert charted["volumes"] == [
        volume for volume in kustomized["volumes"] if volume["name"].startswith("driftgauge-")
    ]
    kubernetes_validate.validate(of_kind(template(parent), "Deployment")[0], "1.33", strict=True)


def test_a_users_chart_sets_what_the_sidecar_is(parent):
    """Its own resources and variables, a probe, a token; the monitor learns of the token."""
    values = [
        f"driftgauge.sidecar.{value}"
        for value in (
            "livenessProbe=true",
            "token=true",
            "tls=true",
            "container.resources.limits.memory=1Gi",
            "container.env[0].name=DRIFTGAUGE_LOG__LEVEL",
            "container.env[0].value=debug",
        )
    ]
    rendered = template(parent, *values, "driftgauge.image.tag=v9")
    (pod,) = pods(rendered)
    container = named(pod["initContainers"], "driftgauge")
    assert container["image"].endswith(":v9")
    assert container["livenessProbe"]["exec"]["command"] == ["driftgauge", "healthcheck"]
    assert container["resources"] == {"limits": {"memory": "1Gi"}, "requests": {"cpu": "50m", "memory": "192Mi"}}
    assert [item["name"] for item in container["env"]] == [
        "OMP_NUM_THREADS",
        "DRIFTGAUGE_LISTEN__METRICS_TOKEN_FILE",
        "DRIFTGAUGE_LISTEN__METRICS_WEB_CONFIG",
        "DRIFTGAUGE_LOG__LEVEL",
    ]
    (monitor,) = of_kind(rendered, "PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"]["credentials"] == {"name": "driftgauge-web", "key": "token"}
    assert endpoint["scheme"] == "https"
    assert wrong(monitor) == []


def test_a_users_chart_can_have_the_proxy(parent, tmp_path):
    """The container is the one that the component makes."""
    (charted,) = pods(template(parent, "driftgauge.sidecar.proxyUpstream=http://127.0.0.1:8080"))
    (kustomized,) = pods(kustomize(overlay(tmp_path, [], ["proxy"])))
    ours, theirs = (named(pod["initContainers"], "driftgauge") for pod in (charted, kustomized))
    del ours["imagePullPolicy"]
    for container in (ours, theirs):
        for key in ("env", "ports"):
            container[key].sort(key=lambda item: item["name"])
    assert ours == theirs


def test_a_changed_configuration_rolls_the_pods(parent):
    """The checksum in the pod's annotations follows the configuration."""
    checksums = {
        document["spec"]["template"]["metadata"]["annotations"]["checksum/driftgauge"]
        for values in ((), ("driftgauge.config.log.level=debug",), ("driftgauge.profiles.a=b",))
        for document in of_kind(template(parent, *values), "Deployment")
    }
    assert len(checksums) == 3


def test_the_shipped_configuration_is_that_of_kustomize():
    """Unless the values have one of their own."""
    (shipped,) = [m for m in of_kind(template(CHART), "ConfigMap") if m["metadata"]["name"] == "driftgauge-config"]
    committed = (K8S / "base/config/driftgauge.yaml").read_text("utf-8")
    assert yaml.safe_load(shipped["data"]["driftgauge.yaml"]) == yaml.safe_load(committed)
    own = template(CHART, "config.log.level=debug")
    (changed,) = [m for m in of_kind(own, "ConfigMap") if m["metadata"]["name"] == "driftgauge-config"]
    assert yaml.safe_load(changed["data"]["driftgauge.yaml"]) == {"log": {"level": "debug"}}


def test_the_chart_holds_no_copies():
    """Everything in files/ is a link to where it is made."""
    linked = sorted((CHART / "files").iterdir())
    assert linked
    for path in linked:
        assert path.is_symlink()
        assert path.resolve().is_relative_to(ROOT)
        assert not path.resolve().is_relative_to(CHART)


def test_a_packaged_chart_carries_the_files(tmp_path):
    """`helm package` follows the links, so what is published stands alone; and its release fits into a Secret of 1 MiB."""
    run(program("helm"), "package", str(CHART), "--destination", str(tmp_path))
    (package,) = tmp_path.glob("*.tgz")
    with tarfile.open(package) as archive:
        rules = archive.extractfile("driftgauge/files/prometheusrule.yaml")
        assert rules is not None
        assert rules.read() == (ROOT / "alerting/rendered/prometheusrule.yaml").read_bytes()
        assert not any(member.issym() for member in archive.getmembers())
        # Helm keeps the chart's files and the rendered objects, gzipped and twice in base64.
        held = b"".join(archive.extractfile(member).read() for member in archive.getmembers() if member.isfile())
    release = base64.b64encode(gzip.compress(base64.b64encode(held) + _template(CHART, *EVERYTHING).encode()))
    assert len(base64.b64encode(release)) < 700_000


@pytest.mark.parametrize(
    ("value", "named_in_error"),
    [
        ("podMonitr.enabled=true", "podMonitr"),
        ("networkPolicy.modelPorts[0]=http", "modelPorts"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("sidecar.container.readinessProbe.exec=x", "readinessProbe"),
    ],
)
def test_wrong_values_are_refused_by_name(value, named_in_error):
    """A typing mistake, a wrong type, an impossible choice, and a probe that would count for the model's pod."""
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(values)
    with pytest.raises(AssertionError, match=named_in_error):
        run(program("helm"), "template", str(CHART), "--set", value)


def test_versions_are_those_of_the_package():
    """Chart and application."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["version"] == chart["appVersion"] == VERSION
