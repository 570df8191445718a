"""The HTTP API as an OpenAPI 3.1 document: every route of both listeners, and the shape of what the stable ones answer.

Promise: fields that are named here stay and keep their meaning within a major version; others may come beside them at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driftgauge import __version__

__all__ = ["openapi"]

Json = dict[str, Any]

_NUMBER: Json = {"type": ["number", "null"]}
_TEXT: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer", "minimum": 0}
_STATUS: Json = {"enum": ["undecided", "ok", "warn", "alert"]}
_TIME: Json = {"type": ["number", "null"], "description": "seconds since 1970"}
_JSON = "application/json"


def _of(required: Mapping[str, Json], description: str = "", **optional: Json) -> Json:
    found: Json = {"type": "object", "required": sorted(required), "properties": {**required, **optional}}
    return found | ({"description": description} if description else {})


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> Json:
    return {"type": "array", "items": _ref(name)}


def _or_null(name: str) -> Json:
    return {"oneOf": [_ref(name), {"type": "null"}]}


_SCORE = {
    "debiased": _NUMBER,
    "noise_floor": _NUMBER,
    "evidence": _NUMBER,
    "chance": _TEXT,
    "samples": _NUMBER,
    "status": _STATUS,
}
_WHERE = {"feature": _TEXT, "role": {"enum": ["input", "output", None]}}
_SCHEMAS: Mapping[str, Json] = {
    "Problem": _of(
        {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "reason": {"type": "string"},
        },
        "What went wrong (RFC 9457); `reason` is stable, `detail` is for people.",
    ),
    "Score": _of(
        {**_SCORE, "js_distance": _NUMBER, "warn": _NUMBER, "alert": _NUMBER, "judges": {"type": "boolean"}},
        "A column in a window: distances 0 to 1, evidence is minus the decimal logarithm of the chance.",
    ),
    "Alert": _of(
        {
            "alert": {"type": "string"},
            "severity": {"enum": ["critical", "warning"]},
            "do": {"type": "string"},
            "count": _COUNT,
            "found": {"type": "array", "items": _of({**_WHERE, "what": {"type": "string"}})},
        },
        "What the thresholds would raise now; of many columns the first are told and all are counted.",
    ),
    "WorstColumn": _of({**_WHERE, **_SCORE, "window": {"type": "string"}, "undecided": _TEXT}),
    "Reference": _of(
        {
            "digest": {"type": "string"},
            "mode": {"enum": ["file", "learned", "accepted"]},
            "rows": _COUNT,
            "created": _TIME,
        },
        name=_TEXT,
    ),
    "Model": _of(
        {
            "name": {"type": "string"},
            "version": {"type": "string"},
            "state": {"enum": ["learning", "ready", "no_reference"]},
            "status": _STATUS,
            "requests": _COUNT,
            "failed_requests": _COUNT,
            "predictions": _COUNT,
            "last_observation": _TIME,
            "evaluated": _TIME,
            "reference": _or_null("Reference"),
            "worst_columns": _list("WorstColumn"),
            "alerts": _list("Alert"),
        }
    ),
    "Models": _of({"time": _TIME, "models": _list("Model")}),
    "ModelColumn": _of(
        {
            **_WHERE,
            "kind": {"enum": ["numeric", "categorical"]},
            "status": _STATUS,
            "undecided": _TEXT,
            "windows": {"type": "object", "additionalProperties": _ref("Score")},
        }
    ),
    "Evaluation": _of({"time": _TIME, "status_window": {"type": "string"}, "columns": _list("ModelColumn")}),
    "WholeModel": {
        "allOf": [_ref("Model"), _of({"evaluation": _or_null("Evaluation"), "labels": {}, "generations": {}})]
    },
    "Cause": _of(
        {
            **{name: {"type": "string"} for name in ("cause", "title", "said", "check")},
            "columns": {"type": "array", "items": _of(_WHERE)},
            "figures": {"type": "object"},
        },
        "A likely reason: only where its own test has passed. `cause` is stable, the words are for people.",
    ),
    "Finding": _of(
        {"question": {"type": "string"}, "answer": {"enum": ["yes", "no", "unknown"]}, "said": {"type": "string"}}
    ),
    "Diagnosis": _of({"findings": _list("Finding"), "causes": _list("Cause"), "more_causes": _COUNT}),
    "Overview": {"allOf": [_ref("WholeModel"), _of({"diagnosis": _ref("Diagnosis")})]},
    "Side": _of({"counts": {"type": "array", "items": _COUNT}, "missing": _COUNT}),
    "Column": _of(
        {
            **_WHERE,
            "window": {"type": "string"},
            "status": _STATUS,
            "windows": {"type": "object", "additionalProperties": _ref("Score")},
            "histogram": _of({"reference": _ref("Side"), "current": _ref("Side")}),
            "history": _of(
                {name: {"type": "array", "items": _NUMBER} for name in ("times", "debiased", "noise_floor", "samples")}
            ),
        }
    ),
    "Exporter": _of(
        {
            "version": {"type": "string"},
            **{
                name: {"type": "object", "additionalProperties": _COUNT}
                for name in ("batches", "rows", "rejected_rows", "dropped")
            },
            "queue_bytes": _COUNT,
            "config_valid": {"type": "boolean"},
            "last_refusals": {
                "type": "array",
                "items": _of({"time": _TIME, "reason": {"type": "string"}, "field": _TEXT}),
            },
        }
    ),
    "RowError": _of(
        {name: {"type": "string"} for name in ("reason", "message")},
        "Why a row was refused; without `row`, why a field was left out.",
        row=_COUNT,
        field={"type": "string"},
    ),
    "Warning": _of(
        {"count": _COUNT, **{name: {"type": "string"} for name in ("field", "reason", "message")}},
        "What could not be used of rows that count, or not as it was meant; never a value.",
    ),
    "Accepted": _of(
        {"accepted": _COUNT, "rejected": _COUNT},
        "`errors` and `warnings` are there where there is something to say, and bounded.",
        errors=_list("RowError"),
        warnings=_list("Warning"),
    ),
}

_V1 = "/v1/models/{model}"
_API = "/api/v1/models/{model}/versions/{version}"
#: path -> summary, and schema or media type of the answer, of what is read
_READ: Mapping[str, tuple[str, str]] = {
    "/metrics": ("Metrics for Prometheus", "text/plain"),
    "/-/ready": ("Whether observations are taken", "text/plain"),
    "/-/healthy": ("Whether the process works; on both listeners", "text/plain"),
    "/": ("The page for people", "text/html"),
    "/page/{name}": ("A file of the page", "*/*"),
    "/api/v1/openapi.json": ("This document", _JSON),
    "/api/v1/models": ("All models, each in a few lines", "Models"),
    _API: ("A model whole", "WholeModel"),
    f"{_API}/overview": ("A model at a glance, with small pictures and likely causes", "Overview"),
    f"{_API}/report": ("A report for a ticket as one file; JSON with ?format=json", "text/html"),
    f"{_API}/columns/{{role}}/{{feature}}": ("A column with its history", "Column"),
    "/api/v1/exporter": ("The exporter itself", "Exporter"),
}
_BODIES = (_JSON, "application/x-ndjson", "application/octet-stream", "application/vnd.apache.arrow.stream")
#: path -> summary, of what is sent, and the status of the answer
_SENT: Mapping[str, tuple[str, int]] = {
    "/v1/observations": ("Count observations that name their model", 202),
    f"{_V1}/observations": ("Count observations of a model", 202),
    f"{_V1}/versions/{{version}}/observations": ("Count observations of a version", 202),
    "/v1/labels": ("Take labels that name their model", 202),
    f"{_V1}/labels": ("Take labels of a model", 202),
    f"{_V1}/versions/{{version}}/labels": ("Take labels of a version", 202),
    f"{_V1}/versions/{{version}}/baseline": ("Make a window the reference", 200),
    "/-/reload": ("Read the configuration again", 200),
}
_NAMES = {
    "model": "of the model",
    "version": "of the model",
    "role": "of the column",
    "feature": "name of the column",
    "name": "of the file",
}


def openapi(kserve_path: str = "/") -> Json:
    """Return the document; *kserve_path* takes events of inference loggers, "" where none does."""
    paths: dict[str, Json] = {path: {"get": _read(path, *said)} for path, said in _READ.items()}
    for path, said in _SENT.items():
        paths.setdefault(path, {})["post"] = _sent(path, *said)
    if kserve_path:
        paths.setdefault(kserve_path, {})["post"] = _operation(
            kserve_path, "Take an event of an inference logger", "ingest", {"202": {"description": "queued"}}
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "driftgauge",
            "version": __version__,
            "summary": "What a model sees in production, against what it was made from.",
            "description": "Undefined values are null. Names in paths are percent-encoded. Fields named here are stable; others may be added.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [
            {"name": "metrics", "description": "The metrics listener (`listen.metrics`), read only."},
            {"name": "ingest", "description": "The ingest listener (`listen.socket`, `listen.ingest`)."},
        ],
        "paths": paths,
        "components": {
            "schemas": dict(_SCHEMAS),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"basic": []}, {"token": []}],
    }


def _read(path: str, summary: str, answer: str) -> Json:
    content = {_JSON: {"schema": _ref(answer)}} if answer in _SCHEMAS else {answer: {}}
    found = _operation(path, summary, "metrics", {"200": {"description": summary, "content": content}})
    if path.endswith("/{feature}"):
        window = {
            "name": "window",
            "in": "query",
            "schema": {"type": "string"},
            "description": "such as 24h; the status window when left out",
        }
        found["parameters"].append(window)
    return found


def _sent(path: str, summary: str, status: int) -> Json:
    answers: Json = {str(status): {"description": summary}}
    found = _operation(path, summary, "ingest", answers)
    if status == 202:
        answers["202"]["content"] = {_JSON: {"schema": _ref("Accepted")}}
        found["requestBody"] = {"required": True, "content": {kind: {} for kind in _BODIES}}
    return found


def _operation(path: str, summary: str, tag: str, answers: Json) -> Json:
    parts = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    problem = {"description": "a problem", "content": {"application/problem+json": {"schema": _ref("Problem")}}}
    kinds: Mapping[str, Json] = {"role": {"enum": ["input", "output"]}}
    return {
        "summary": summary,
        "tags": [tag],
        "parameters": [
            {
                "name": part,
                "in": "path",
                "required": True,
                "description": _NAMES[part],
                "schema": kinds.get(part, {"type": "string"}),
            }
            for part in parts
        ],
        "responses": {**answers, "default": problem},
    }
