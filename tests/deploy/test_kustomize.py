"""The Kustomize folders render into objects that Kubernetes takes, and leave a user's pod as it is."""

from __future__ import annotations

import json
import re

import kubernetes_validate
import pytest
import yaml

from alerting.settings import load as alerting_settings
from driftgauge.config import Settings
from driftgauge.serve.settings import parse
from tests.deploy.kube import (
    CLASSIC,
    K8S,
    KUBERNETES,
    ROOT,
    VERSION,
    containers,
    kustomize,
    named,
    of_kind,
    overlay,
    pods,
    users_deployment,
    validate,
)

COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())
NATIVE = ("sidecar", "liveness", "networkpolicy")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Overlays of a user's with a sidecar of each kind."""
    native, classic = (tmp_path_factory.mktemp(name) for name in ("native", "classic"))
    return {
        "native": overlay(native, ["base"], [*NATIVE, "canary"]),
        "classic": overlay(classic, ["base"], ["sidecar-classic"]),
    }


@pytest.fixture
def everything(folders):
    """A user's Deployment with all that goes together."""
    return kustomize(folders["native"])


@pytest.fixture
def classic(folders):
    """The same on an older cluster."""
    return kustomize(folders["classic"])


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_is_valid_strictly(everything, version):
    """No field is unknown to that version of Kubernetes, and none has another type."""
    validate(everything, version)


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_example_is_valid_strictly(version):
    """The same of the example, with its server, Service and Namespace."""
    validate(kustomize(K8S / "overlays" / "example"), version)


@pytest.mark.parametrize("version", CLASSIC)
def test_the_classic_sidecar_is_valid_on_older_clusters(classic, version):
    """Nothing in it is newer than those."""
    validate(classic, version)


def test_a_misspelt_field_would_be_found(everything):
    """The check that the others rest on can fail."""
    (deployment,) = of_kind(everything, "Deployment")
    broken = json.loads(json.dumps(deployment))
    broken["spec"]["template"]["spec"]["initContainers"][1]["restartPolcy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.33", strict=True)


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_renders_on_its_own(tmp_path, component):
    """A component needs none of the others, except those that change the exporter's container."""
    others = ["exporter"] if component in {"liveness", "token", "tls"} else []
    assert kustomize(overlay(tmp_path, ["base/config"], [*others, component]))


def test_a_users_pod_keeps_what_it_has(everything):
    """Only an init container, volumes, one mount and a label are added; nothing of the pod as a whole."""
    (deployment,) = of_kind(everything, "Deployment")
    before, after = users_deployment()["spec"], deployment["spec"]
    assert {key: value for key, value in after.items() if key != "template"} == {
        key: value for key, value in before.items() if key != "template"
    }
    old, new = before["template"]["spec"], after["template"]["spec"]
    assert {key for key in new if new[key] != old.get(key)} == {"initContainers", "containers", "volumes"}
    assert new["initContainers"][1:] == old["initContainers"]
    assert new["volumes"][-1] == old["volumes"][0]
    model = named(new["containers"], "model")
    mounts = model.pop("volumeMounts")
    own = old["containers"][0]
    assert mounts == [{"name": "driftgauge-run", "mountPath": "/run/driftgauge"}, *own.pop("volumeMounts")]
    assert model == own
    assert after["template"]["metadata"]["labels"] == {"app": "fraud", "driftgauge.io/metrics": "true"}


def test_without_the_label_nothing_is_injected(tmp_path):
    """A Deployment takes part only when it says so."""
    folder = overlay(tmp_path, ["base"], ["sidecar"], labels=[{"pairs": {"driftgauge.io/inject": "false"}}])
    deployment = users_deployment()
    deployment["metadata"]["labels"] = {}
    (folder / "deployment.yaml").write_text(json.dumps(deployment))
    (rendered,) = of_kind(kustomize(folder), "Deployment")
    assert rendered["spec"] == deployment["spec"]


def test_the_sidecar_cannot_hold_up_the_model(everything):
    """It is a native sidecar without a startup or readiness probe, and nothing that it mounts has to exist."""
    (pod,) = pods(everything)
    sidecar = named(pod["initContainers"], "driftgauge")
    assert sidecar["restartPolicy"] == "Always"
    assert not {"startupProbe", "readinessProbe"} & set(sidecar)
    assert sidecar["livenessProbe"]["exec"]["command"] == ["driftgauge", "healthcheck"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in sidecar["volumeMounts"]:
        volume = volumes[mount["name"]]
        source = volume.get("configMap") or volume.get("secret")
        assert "emptyDir" in volume or source["optional"] is True


def test_no_probe_unless_asked_for(tmp_path):
    """The sidecar alone has none at all."""
    (pod,) = pods(kustomize(overlay(tmp_path, ["base"], ["sidecar"])))
    assert not [key for key in named(pod["initContainers"], "driftgauge") if key.endswith("Probe")]


@pytest.mark.parametrize("rendered", ["everything", "classic"])
def test_the_exporter_runs_restricted_and_within_bounds(request, rendered):
    """It meets the restricted Pod Security Standard by itself, asks for resources and uses one thread of BLAS."""
    (pod,) = pods(request.getfixturevalue(rendered))
    sidecar = named(containers(pod), "driftgauge")
    assert sidecar["securityContext"] == {
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert set(sidecar["resources"]["requests"]) == {"cpu", "memory"}
    assert set(sidecar["resources"]["limits"]) == {"memory"}
    assert {"name": "OMP_NUM_THREADS", "value": "1"} in sidecar["env"]
    socket = named(pod["volumes"], "driftgauge-run")
    assert socket["emptyDir"]["medium"] == "Memory"
    assert socket["emptyDir"]["sizeLimit"]


def test_the_classic_sidecar_is_the_native_one_in_another_place(everything, classic):
    """Only the restart policy, the probe and the wait before stopping differ."""
    (native,), (old,) = pods(everything), pods(classic)
    first = named(native["initContainers"], "driftgauge")
    second = named(old["containers"], "driftgauge")
    for key in ("restartPolicy", "livenessProbe"):
        del first[key]
    assert second.pop("lifecycle") == {"preStop": {"exec": {"command": ["sleep", "10"]}}}
    assert first == second
    assert native["volumes"] == old["volumes"]


def test_a_changed_configuration_rolls_the_pods(tmp_path):
    """The volume names the generated ConfigMap, whose name has a hash of its content."""
    rendered = kustomize(overlay(tmp_path, ["base"], ["sidecar"]))
    (pod,) = pods(rendered)
    name = named(pod["volumes"], "driftgauge-config")["configMap"]["name"]
    assert name.startswith("driftgauge-config-")
    assert name in {document["metadata"]["name"] for document in of_kind(rendered, "ConfigMap")}


def test_the_rules_and_dashboards_are_the_committed_ones(everything):
    """What the cluster gets is what alerting/ and dashboards/ rendered, byte for byte where it is text."""
    (rule,) = of_kind(everything, "PrometheusRule")
    committed = yaml.safe_load((ROOT / "alerting/rendered/driftgauge-rules.yaml").read_text("utf-8"))
    assert rule["spec"] == committed
    maps = [
        document
        for document in of_kind(everything, "ConfigMap")
        if document["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
    ]
    found = {key: text for document in maps for key, text in document["data"].items()}
    files = {path.name: path.read_text("utf-8") for path in (ROOT / "dashboards/rendered").glob("*.json")}
    assert found == files
    assert all(document["metadata"]["annotations"] == {"grafana_folder": "Driftgauge"} for document in maps)


def test_a_client_side_apply_keeps_every_object_in_its_annotation(everything):
    """`kubectl apply` writes the whole object into an annotation, which may have 256 KiB."""
    for document in everything:
        assert len(json.dumps(document)) < 250_000, document["metadata"]["name"]


def test_prometheus_finds_the_pods_and_takes_all_they_expose(everything):
    """The monitor selects the label and the port that the sidecar has, as the job that the rules know, above the exporter's own limit."""
    (monitor,) = of_kind(everything, "PodMonitor")
    (rule,) = of_kind(everything, "PrometheusRule")
    (deployment,) = of_kind(everything, "Deployment")
    template = deployment["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    ports = named(template["spec"]["initContainers"], "driftgauge")["ports"]
    assert endpoint["port"] in {port["name"] for port in ports}
    assert monitor["spec"]["sampleLimit"] > Settings().limits.series
    matcher = re.search(r'job=~"(?P<pattern>.*)"', alerting_settings().up_selector)
    assert matcher is not None
    assert re.fullmatch(matcher["pattern"], f"shop/{monitor['metadata']['name']}")
    chosen_by = alerting_settings().resource.labels["release"]
    assert monitor["metadata"]["labels"]["release"] == rule["metadata"]["labels"]["release"] == chosen_by


def test_the_network_policy_leaves_the_model_reachable():
    """Metrics are for Prometheus; the model's own port stays open to all."""
    example = kustomize(K8S / "overlays" / "example")
    (policy,) = of_kind(example, "NetworkPolicy")
    guarded, open_ = policy["spec"]["ingress"]
    (deployment,) = of_kind(example, "Deployment")
    template = deployment["spec"]["template"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    exporter, model = (named(containers(template["spec"]), name) for name in ("driftgauge", "model"))
    assert [port["port"] for port in guarded["ports"]] == [port["containerPort"] for port in exporter["ports"]]
    assert guarded["from"]
    assert [port["port"] for port in open_["ports"]] == [port["containerPort"] for port in model["ports"]]
    assert "from" not in open_


def test_versions_are_those_of_the_package(everything):
    """Images and labels name the version of this source."""
    (pod,) = pods(everything)
    assert named(pod["initContainers"], "driftgauge")["image"] == f"ghcr.io/driftgauge/driftgauge:{VERSION}"
    labelled = [document["metadata"].get("labels", {}).get("app.kubernetes.io/version") for document in everything]
    assert {label for label in labelled if label} == {VERSION}


def test_the_example_of_a_secret_is_applied_by_nothing(everything):
    """Its token is known to everybody."""
    assert not of_kind(everything, "Secret")
    assert (K8S / "base/config/secret.example.yaml").exists()


@pytest.mark.parametrize("component", ["token", "tls"])
def test_a_protected_listener_has_settings_that_exist_and_a_monitor_that_knows(tmp_path, component):
    """The variable names a setting, its file is mounted, and Prometheus reads the Secret of the same name."""
    rendered = kustomize(overlay(tmp_path, ["base"], ["sidecar", component]))
    (pod,) = pods(rendered)
    sidecar = named(pod["initContainers"], "driftgauge")
    environ = {item["name"]: item["value"] for item in sidecar["env"]}
    listen = parse("", environ).listen
    path = listen.metrics_token_file or listen.metrics_web_config
    (mount,) = [mount for mount in sidecar["volumeMounts"] if path.startswith(mount["mountPath"] + "/")]
    secret = yaml.safe_load((K8S / "base/config/secret.example.yaml").read_text("utf-8"))
    assert named(pod["volumes"], mount["name"])["secret"]["secretName"] == secret["metadata"]["name"]
    assert path.removeprefix(mount["mountPath"] + "/") in secret["stringData"]
    (monitor,) = of_kind(rendered, "PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    asked = endpoint["authorization"]["credentials"] if component == "token" else endpoint["tlsConfig"]["ca"]["secret"]
    assert asked["name"] == secret["metadata"]["name"]
    assert asked["key"] in secret["stringData"]
