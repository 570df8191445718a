"""The OpenAPI document: it has the routes that exist and no others, and answers are as it says."""

from __future__ import annotations

import jsonschema
import pytest

from driftgauge.serve.openapi import openapi
from tests.page.scene import CONFIG, FRAUD, fraud, sent
from tests.serve.harness import Exporter

MODEL = "/api/v1/models/card-fraud/versions/3"


@pytest.fixture(scope="module")
def exporter():
    with Exporter(CONFIG) as made:
        sent(made, f"{FRAUD}/observations", fraud(2_000, 0))
        made.scrape()
        made.now += 3_600
        sent(made, f"{FRAUD}/observations", fraud(500, 1, broken=True))
        made.post(b"{")
        made.tick()
        yield made


def test_the_document_has_every_route_and_no_other(exporter):
    """Of both listeners, by method and path."""
    routes = set()
    for runner in exporter._runners:
        for route in runner.app.router.routes():
            info = route.resource.get_info()
            if route.method != "HEAD":
                routes.add((route.method.lower(), info.get("path") or info["formatter"]))
    document = exporter.get("/api/v1/openapi.json").json
    assert {(method, path) for path, item in document["paths"].items() for method in item} == routes


def test_every_reference_leads_somewhere_and_every_schema_is_one():
    document = openapi()
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    named = {part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]}
    assert named == set(schemas)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/models", "Models"),
        (MODEL, "WholeModel"),
        (f"{MODEL}/overview", "WholeModel"),
        ("/api/v1/models/demand/versions/12", "WholeModel"),
        (f"{MODEL}/columns/input/amount_eur", "Column"),
        (f"{MODEL}/columns/input/plan?window=1h", "Column"),
        ("/api/v1/exporter", "Exporter"),
        ("/api/v1/models/none/versions/1", "Problem"),
    ],
)
def test_answers_are_as_the_document_says(exporter, path, name):
    """Everything that is promised is there, with its type."""
    document = exporter.get("/api/v1/openapi.json").json
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.validate(exporter.get(path).json, schema, jsonschema.Draft202012Validator)


def test_without_a_path_for_events_there_is_none():
    assert "post" not in openapi("").get("paths", {}).get("/", {})
    assert "post" in openapi("/events")["paths"]["/events"]
