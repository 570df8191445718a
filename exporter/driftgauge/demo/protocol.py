"""Open Inference Protocol v2 bodies of the demo: flights to a request, a request to flights, an answer to a response.

What the exporter gets is the request and the response in one body, as it understands them, with the facts that only the
server knows in reserved tensors. The event time comes with the request, because a replay happens long after the flights;
a server of live traffic would leave it out. So does the id by which a label will find its prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from driftgauge.demo.flights import CATEGORICAL, FEATURES, ID, NUMERIC, TIME
from driftgauge.demo.model import CLASSES, MODEL, VERSION, Answer

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ID_TENSOR", "TIME_TENSOR", "BadRequestError", "observation", "read_request", "request", "response"]

Json = dict[str, Any]

TIME_TENSOR = "driftgauge.ts"
ID_TENSOR = "driftgauge.id"
_LATENCY_TENSOR = "driftgauge.latency_s"
_DATATYPES = dict.fromkeys(NUMERIC, "FP64") | dict.fromkeys(CATEGORICAL, "BYTES")


class BadRequestError(ValueError):
    """A request lacks a tensor, or its tensors do not fit together."""


def request(flights: DataFrame) -> Json:
    """Return the request that asks about *flights*."""
    inputs = [_tensor(name, _DATATYPES[name], flights[name].tolist()) for name in FEATURES]
    known = (_tensor(TIME_TENSOR, "FP64", flights[TIME].tolist()), _tensor(ID_TENSOR, "BYTES", flights[ID].tolist()))
    return {"inputs": [*inputs, *known]}


def read_request(body: Mapping[str, Any]) -> DataFrame:
    """Return the flights that a request asks about.

    Raises:
        BadRequestError: a feature is missing or the tensors have different lengths.
    """
    import pandas as pd

    try:
        data = {tensor["name"]: tensor["data"] for tensor in body["inputs"]}
        return pd.DataFrame({name: data[name] for name in FEATURES})
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequestError(f"expected inputs {', '.join(FEATURES)} of one length: {error}") from error


def response(answer: Answer, identifier: str | None) -> Json:
    """Return the response that tells *answer*."""
    rows = len(answer.prediction)
    body: Json = {
        "model_name": MODEL,
        "model_version": VERSION,
        "outputs": [
            _tensor("prediction", "BYTES", list(answer.prediction)),
            {
                "name": "probabilities",
                "datatype": "FP64",
                "shape": [rows, len(CLASSES)],
                "data": answer.probabilities.ravel().tolist(),
            },
        ],
    }
    return body if identifier is None else {**body, "id": identifier}


def observation(asked: Mapping[str, Any], answered: Mapping[str, Any], latency_seconds: float) -> Json:
    """Return what the exporter is told of one request."""
    return {**answered, "inputs": [*asked["inputs"], _tensor(_LATENCY_TENSOR, "FP64", [latency_seconds])]}


def _tensor(name: str, datatype: str, data: Iterable[Any]) -> Json:
    values = list(data)
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}
