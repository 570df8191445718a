"""What a reference holds beside columns, in its JSON: tokens, mean embeddings with their feature maps, outcomes by bin.

`"embeddings": {NAME: {"seed", "scale", "mean", "components", "square", "cube", "part", "rows", "sums"}}` (profiles of older versions
have no `part`),
`"tokens": {NAME: {"texts", "counts", "squares", "crossed", "lengths", "spectrum"}}`,
`"performance": {COLUMN: {"edges", "narrow", "counts", "sums"}}`. About 9 bytes a number: 20 KB a text, 5 KB and 80
bytes a dimension an embedding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.derive import Embedder
from driftgauge.derive.embedding import WIDTH
from driftgauge.errors import ProfileError
from driftgauge.profile.reference import EMBEDDING, PERFORMANCE, TOKENS, Reference, sketch_name
from driftgauge.sketch import (
    Binned,
    BinnedSpec,
    MeanSpec,
    MeanVector,
    Sketch,
    TokenCounts,
    TokenSpec,
)

__all__ = ["embedders_of", "own_tokens_of", "sketch_records", "sketches_of"]

Record = Mapping[str, Any]

_INTEGERS = frozenset({"rows", "texts", "counts"})
#: what profiles of older versions do not have
_LATER = frozenset({"spectrum"})


def sketch_records(reference: Reference) -> dict[str, Record]:
    """Return the parts of the header; only those that there are."""
    embeddings = {
        name: _embedder_record(embedder) | _arrays_of(reference.sketches.get(sketch_name(EMBEDDING, name)))
        for name, embedder in reference.profile.spec.embedders.items()
    }
    start = sketch_name(TOKENS, "")
    tokens = {
        name.removeprefix(start): _arrays_of(sketch)
        for name, sketch in reference.sketches.items()
        if isinstance(sketch, TokenCounts)
    }
    for name in reference.profile.spec.own_tokens & tokens.keys():
        tokens[name]["own"] = True
    performance = {
        name.removeprefix(sketch_name(PERFORMANCE, "")): {
            "edges": list(sketch.spec.edges),
            "narrow": sketch.spec.narrow,
        }
        | _arrays_of(sketch)
        for name, sketch in reference.sketches.items()
        if isinstance(sketch, Binned)
    }
    parts = (("embeddings", embeddings), ("tokens", tokens), ("performance", performance))
    return {name: record for name, record in parts if record}


def embedders_of(document: Record) -> dict[str, Embedder]:
    """Read the feature maps that `sketch_records` wrote.

    Raises:
        ProfileError: the parts of one do not fit one another.
    """
    return {str(name): _embedder(str(name), record) for name, record in document.get("embeddings", {}).items()}


def own_tokens_of(document: Record) -> frozenset[str]:
    """Read which texts have the tokens of a tokenizer of their own."""
    return frozenset(str(name) for name, record in document.get("tokens", {}).items() if record.get("own") is True)


def sketches_of(document: Record, embedders: Mapping[str, Embedder]) -> dict[str, Sketch]:
    """Read the sums and counts that `sketch_records` wrote.

    Raises:
        ProfileError: an array has another length than its spec says.
    """
    found: dict[str, Sketch] = {}
    for name, record in document.get("tokens", {}).items():
        found[sketch_name(TOKENS, name)] = _filled(TokenSpec().zero(), record, f"tokens of {name!r}")
    for name, record in document.get("embeddings", {}).items():
        if "sums" in record:
            spec = MeanSpec(WIDTH, embedders[name].digest)
            found[sketch_name(EMBEDDING, name)] = _filled(spec.zero(), record, f"embedding {name!r}")
    for name, record in document.get("performance", {}).items():
        found[sketch_name(PERFORMANCE, name)] = _filled(
            _binned(name, record).zero(), record, f"performance of {name!r}"
        )
    return found


def _binned(name: str, record: Record) -> BinnedSpec:
    edges, narrow = np.array(record["edges"], dtype=np.float64), record["narrow"]
    if edges.ndim != 1 or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any() or type(narrow) is not bool:
        raise ProfileError(f"performance of {name!r}: expected ascending edges and narrow, true or false")
    return BinnedSpec(tuple(edges.tolist()), narrow)


def _arrays_of(sketch: Sketch | None) -> dict[str, Any]:
    if sketch is None:
        return {}
    return {name: [_number(value) for value in array.tolist()] for name, array in sketch.arrays.items()}


def _number(value: Any) -> Any:
    """Return whole numbers as such: they are shorter."""
    return int(value) if type(value) is float and value.is_integer() and abs(value) < 2**53 else value


def _embedder_record(embedder: Embedder) -> dict[str, Any]:
    record = {
        "seed": embedder.seed,
        "scale": embedder.scale,
        "mean": embedder.mean.tolist(),
        "components": embedder.components.tolist(),
        "square": embedder.square,
        "cube": embedder.cube,
    }
    told = embedder.part_traces
    return record if told is None else {**record, "part": list(told)}


def _embedder(name: str, record: Record) -> Embedder:
    mean = np.array(record["mean"], dtype=np.float64)
    components = np.array(record["components"], dtype=np.float64).reshape(-1, max(len(mean), 1))
    scale, square, cube = (float(record[key]) for key in ("scale", "square", "cube"))
    seed = record["seed"]
    if type(seed) is not int or not 0 <= seed < 2**63 or not len(mean):
        raise ProfileError(f"embedding {name!r}: expected a seed from 0 to 2^63 and a mean, got seed {seed!r}")
    if not all(math.isfinite(part) and part > 0 for part in (scale, square, cube)):
        raise ProfileError(f"embedding {name!r}: expected scale, square and cube > 0, got {scale}, {square}, {cube}")
    return Embedder(seed, scale, mean, components, square, cube, _part(name, record.get("part")))


def _part(name: str, told: Any) -> tuple[float, float] | None:
    if told is None:
        return None
    square, cube = map(float, told)
    if not all(math.isfinite(part) and part > 0 for part in (square, cube)):
        raise ProfileError(f"embedding {name!r}: expected two numbers > 0 as part, got {told}")
    return square, cube


def _filled(sketch: TokenCounts | MeanVector | Binned, record: Record, what: str) -> Sketch:
    arrays: dict[str, NDArray[Any]] = {}
    for name, empty in sketch.arrays.items():
        if name in _LATER and name not in record:
            arrays[name] = empty
            continue
        given = np.array(record[name], dtype=np.int64 if name in _INTEGERS else np.float64)
        if given.shape != empty.shape or not np.isfinite(given).all() or (name in _INTEGERS and given.min() < 0):
            raise ProfileError(f"{what}: {name} of shape {given.shape}, expected {empty.shape} finite numbers")
        arrays[name] = given
    return sketch.spec.holding(arrays)
