"""Embedded: the response of an embeddings call as rows: each embedding's norm and its number of dimensions.

The vectors come as lists of numbers or as base64 of little-endian 32-bit floats, which is what the official client asks
for. A model that was exchanged shows in the norm at once. Time: linear in the numbers.
"""

from __future__ import annotations

import binascii
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.errors import DecodeError
from driftgauge.generations import Generations
from driftgauge.ingest.generated import Call, columns_of, durations, tokens_of
from driftgauge.ingest.result import Decoded, Limits

__all__ = ["embedded"]


def embedded(call: Call, body: Mapping[str, Any], limits: Limits) -> Decoded:
    """Return the rows of a response; raise `DecodeError` when it holds no embedding."""
    entries = body.get("data")
    entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if not entries:
        raise DecodeError("structure", "the response has no list `data` of embeddings", field="data")
    limits.check(rows=len(entries))
    vectors = [_vector(entry.get("embedding")) for entry in entries]
    usage = body.get("usage")
    tokens = tokens_of(usage, "prompt_tokens") if isinstance(usage, dict) else None
    outputs = [
        {"llm.embedding_norm": None if vector is None else _norm(vector), "llm.embedding_dimensions": _width(vector)}
        for vector in vectors
    ]
    prompt = call.prompt
    inputs = [
        {
            "llm.prompt_chars": prompt.chars_of(place),
            "llm.prompt_tokens": tokens if len(entries) == len(prompt.chars) == 1 else None,
        }
        for place in range(len(entries))
    ]
    generations = None if tokens is None else Generations({"prompt": tokens})
    batch = Batch(
        len(entries),
        inputs=columns_of(inputs),
        outputs=columns_of(outputs),
        texts={"llm.prompt": tuple(prompt.text_of(place) for place in range(len(entries)))},
        requests=Requests(1, durations([call.seconds]), generations=generations),
    )
    model = body.get("model")
    return Decoded(batch, accepted=batch.rows, model=prompt.model or (model if isinstance(model, str) else None))


def _vector(value: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return an embedding; None for what is none."""
    if isinstance(value, str):
        try:
            raw = binascii.a2b_base64(value)
        except (binascii.Error, ValueError):
            return None
        return np.frombuffer(raw, "<f4").astype(np.float64) if raw and len(raw) % 4 == 0 else None
    if not isinstance(value, list) or not value or not set(map(type, value)) <= {int, float}:
        return None
    try:
        return np.array(value, dtype=np.float64)
    except OverflowError:
        return None


def _norm(vector: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(vector))
    return norm if math.isfinite(norm) else None


def _width(vector: np.ndarray[Any, np.dtype[np.float64]] | None) -> int | None:
    return None if vector is None else len(vector)
