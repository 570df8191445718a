"""Custom resources hold what their projects define: by schemas of ours that know no other field, and by the projects' own validators."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.deploy.kube import TOOLS, kustomize, overlay, run

HERE = Path(__file__).parent
SCHEMAS = yaml.safe_load((HERE / "schemas/strict.yaml").read_text("utf-8"))["$defs"]
INFERENCE_SERVICE = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "iris", "labels": {"driftgauge.io/inject": "true"}},
    "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris"}}},
}
OURS = {"v1", "apps/v1", "networking.k8s.io/v1"}
#: what the projects' validators exist for
VALIDATED = {"PodMonitor", "PrometheusRule", "AnalysisTemplate"}


def wrong(document):
    """Return what the strict schema of the document's kind has to say."""
    schema = {"$defs": SCHEMAS, "$ref": f"#/$defs/{document['kind']}"}
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}"[:200] for error in validator.iter_errors(document)]


def refused(objects):
    """Return what the projects' validators have to say."""
    if shutil.which("node") is None or not (TOOLS / "npm/.complete").exists():
        pytest.skip("the validators of custom resources are not installed (make tools)")
    return run("node", str(HERE / "validate.mjs"), str(TOOLS / "npm"), stdin=json.dumps(objects)).splitlines()


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    """Every custom resource of deploy/k8s."""
    folder = overlay(tmp_path_factory.mktemp("all"), ["base"], ["canary", "kserve", "sidecar", "token", "tls"])
    with (folder / "deployment.yaml").open("a", encoding="utf-8") as file:
        file.write("---\n" + yaml.safe_dump(INFERENCE_SERVICE))
    rendered = kustomize(folder)
    return [document for document in rendered if document["apiVersion"] not in OURS]


def find(resources, kind):
    return copy.deepcopy(next(document for document in resources if document["kind"] == kind))


def test_no_kind_is_left_unchecked(resources):
    """There is a schema for every custom resource, and every one is there to be checked."""
    assert {document["kind"] for document in resources} == {*VALIDATED, "InferenceService"} <= set(SCHEMAS)


def test_custom_resources_have_no_unknown_field(resources):
    """The strict schemas have nothing to say."""
    assert [line for document in resources for line in wrong(document)] == []


def test_the_projects_validators_agree(resources):
    """Those generated from the projects' own definitions have nothing to say either."""
    assert refused([document for document in resources if document["kind"] in VALIDATED]) == []


def test_a_misspelt_field_is_found(resources):
    """The strict schemas name it."""
    monitor, template = find(resources, "PodMonitor"), find(resources, "AnalysisTemplate")
    monitor["spec"]["podMetricsEndpoints"][0]["scrapeTimeot"] = "10s"
    template["spec"]["metrics"][0]["inconclusiveLimits"] = 0
    assert "scrapeTimeot" in wrong(monitor)[0]
    assert "inconclusiveLimits" in wrong(template)[0]


def test_a_wrong_value_is_found_by_the_projects_validators(resources):
    """Each of the three kinds is really looked at."""
    monitor, rule, template = (find(resources, kind) for kind in ("PodMonitor", "PrometheusRule", "AnalysisTemplate"))
    monitor["spec"]["podMetricsEndpoints"][0]["interval"] = "30 sec"
    del rule["spec"]["groups"][0]["rules"][0]["expr"]
    template["spec"]["metrics"][0]["interval"] = 5
    said = refused([monitor, rule, template])
    assert [line.split()[0] for line in said if line.startswith(tuple(VALIDATED))] == [
        "PodMonitor",
        "PrometheusRule",
        "AnalysisTemplate",
    ]
