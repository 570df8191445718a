"""Tensors as senders write them, decoded with what the settings say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from driftgauge.ingest import Decoded, Exchange, decode_exchange
from driftgauge.tensor_settings import TensorSettings
from driftgauge.tensors import TensorReducer
from tests.ingest.bodies import binary, decode_binary, decode_json, tensor

__all__ = ["binary", "decoded", "exchanged", "reducer", "tensor", "written"]

_NAMES = {"u1": "UINT8", "i1": "INT8", "i8": "INT64", "f2": "FP16", "f4": "FP32", "f8": "FP64", "b1": "BOOL"}


class Admitting:
    """A gate that asks the test, and remembers what is left out."""

    def __init__(self, admit: Callable[[float], bool]):
        self.admit = admit
        self.notes: dict[str, str] = {}

    def note(self, tensor: str, why: str) -> None:
        self.notes[tensor] = why


def reducer(
    settings: dict[str, Any] | None = None, *, admit: Callable[[float], bool] = lambda _: True
) -> TensorReducer:
    """Make what reduces one inference, the settings as a configuration would have them."""
    said = {name: TensorSettings(**given) for name, given in (settings or {}).items()}
    return TensorReducer(said, Admitting(admit))


def written(name: str, values: np.ndarray, *, flat: bool = True) -> dict[str, Any]:
    """Return a tensor as JSON has it."""
    data = (values.reshape(-1) if flat else values).tolist()
    return {"name": name, "shape": list(values.shape), "datatype": _NAMES[values.dtype.str[1:]], "data": data}


def decoded(
    inputs: dict[str, np.ndarray],
    outputs: dict[str, np.ndarray] | None = None,
    settings: dict[str, Any] | None = None,
    form: str = "binary",
    **options: Any,
) -> Decoded:
    """Decode one body that holds these tensors."""
    made = reducer(settings, **options)
    roles = {"inputs": inputs, "outputs": outputs or {}}
    if form == "binary":
        return decode_binary(
            *([tensor(name, values) for name, values in held.items()] for held in roles.values()),
            options={"reducer": made},
        )
    flat = form == "flat"
    body = {role: [written(name, values, flat=flat) for name, values in held.items()] for role, held in roles.items()}
    return decode_json(body, reducer=made)


def exchanged(inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray], made: TensorReducer) -> Any:
    """Decode the request and the response of one inference, both with binary tensors."""
    request, _ = binary([tensor(name, values) for name, values in inputs.items()])
    response, _ = binary((), [tensor(name, values) for name, values in outputs.items()])
    return decode_exchange(Exchange(request, response), reducer=made)
