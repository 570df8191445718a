"""The Kustomize components for traffic that needs no change of code: KServe's logger and the proxy."""

from __future__ import annotations

import pytest
import yaml

from driftgauge.serve.settings import parse
from tests.deploy.kube import (
    KUBERNETES,
    containers,
    kustomize,
    named,
    of_kind,
    overlay,
    pods,
    validate,
)


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    """A namespace with inference services, one of which takes part, and the sink."""
    folder = overlay(tmp_path_factory.mktemp("kserve"), [], ["kserve"])
    services = [
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "predictor": {"minReplicas": 2, "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://m"}}
            },
        }
        for name, labels in (("iris", {"driftgauge.io/inject": "true"}), ("wine", {}))
    ]
    (folder / "deployment.yaml").write_text(yaml.safe_dump_all(services))
    return kustomize(folder)


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_sink_is_valid_strictly(sink, version):
    """Its Deployment, Service, ConfigMap and NetworkPolicy."""
    validate(sink, version)


def test_the_logger_of_a_labelled_inference_service_points_at_the_sink(sink):
    """Both events of an inference go to the port of the Service that leads to the sink; nothing else of it changes."""
    iris, wine = of_kind(sink, "InferenceService")
    (service,) = of_kind(sink, "Service")
    (deployment,) = of_kind(sink, "Deployment")
    logger = iris["spec"]["predictor"].pop("logger")
    (port,) = service["spec"]["ports"]
    assert logger == {"mode": "all", "url": f"http://{service['metadata']['name']}:{port['port']}/"}
    assert iris["spec"] == wine["spec"]
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in named(containers(next(pods(sink))), "driftgauge")["ports"]}
    assert ports[port["targetPort"]] == port["port"]


def test_there_is_never_more_than_one_sink(sink):
    """Only a process that gets both halves of an inference can pair them."""
    (deployment,) = of_kind(sink, "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_events_come_from_inference_services_only(sink):
    """The sink takes events without a token, so its NetworkPolicy names who may send, and guards every port."""
    (policy,) = of_kind(sink, "NetworkPolicy")
    (pod,) = pods(sink)
    guarded = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    assert guarded == {port["containerPort"] for port in named(containers(pod), "driftgauge")["ports"]}
    assert all(rule["from"] for rule in policy["spec"]["ingress"])


def test_the_proxy_stands_between_the_service_and_the_model(tmp_path):
    """The Service leads to the port that the proxy listens on, and the proxy to the port that the Service led to."""
    folder = overlay(tmp_path, ["base"], ["proxy"])
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "fraud", "labels": {"driftgauge.io/inject": "true"}},
        "spec": {"selector": {"app": "fraud"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    with (folder / "deployment.yaml").open("a", encoding="utf-8") as file:
        file.write("---\n" + yaml.safe_dump(service))
    rendered = kustomize(folder)
    validate(rendered, "1.33")
    (changed,) = of_kind(rendered, "Service")
    (pod,) = pods(rendered)
    sidecar = named(pod["initContainers"], "driftgauge")
    ports = {port["name"]: port["containerPort"] for port in sidecar["ports"]}
    proxy = parse("", {item["name"]: item["value"] for item in sidecar["env"]}).proxy
    assert f":{ports[changed['spec']['ports'][0]['targetPort']]}" == proxy.listen
    assert proxy.upstream.endswith(f":{service['spec']['ports'][0]['targetPort']}")
