"""Examples as a batch: each field becomes the columns of its modality, and the raw value goes no further.

A field of numbers in one dimension is an embedding where they are floats, and token numbers where they are whole and the
task is about text. The target is the column `prediction`: what the model should say stands where production has what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Column, Floats, Tokens, column_of
from driftgauge.derive import image_facts, text_facts, token_facts, with_score_columns
from driftgauge.errors import SourceError
from driftgauge.training.task import TaskSpec

__all__ = ["Reading", "batch_of"]

PREDICTION = "prediction"


@dataclass(frozen=True, slots=True)
class Reading:
    """How fields are read.

    Attributes:
        tokenizer: text to tokens.
        vocabulary: tokens that the model knows; None: no share of unknown ones.
        padding: token number that fills short rows up.
        layout: of images, `CHW`, `HWC` or `HW`; None: told by the shape.
    """

    tokenizer: Callable[[str], Sequence[Any]] = str.split
    vocabulary: Collection[Any] | None = None
    padding: int | None = None
    layout: str | None = None


def batch_of(examples: Sequence[Mapping[str, Any]], task: TaskSpec, reading: Reading) -> Batch:
    """Reduce *examples* to columns, tokens and vectors.

    Raises:
        SourceError: a field holds what its modality cannot be.
    """
    inputs: dict[str, Column] = {}
    vectors: dict[str, Floats] = {}
    tokens: dict[str, Tokens] = {}
    for name in task.input_fields:
        values = [example.get(name) for example in examples]
        try:
            if _are_vectors(values):
                vectors[name] = _matrix(values)
            elif task.modality == "text":
                facts = _text(values, name, reading)
                inputs |= facts.columns
                tokens[name] = facts.tokens
            elif task.modality == "vision":
                inputs |= _images(values, name, reading.layout)
            else:
                inputs[name] = _column(values, name)
        except (TypeError, ValueError) as error:
            raise SourceError(f"task {task.name!r}, field {name!r}: {error}") from error
    outputs: dict[str, Column] = {}
    if task.target_field and any(task.target_field in example for example in examples):
        outputs[PREDICTION] = _column([example.get(task.target_field) for example in examples], task.target_field)
    scores = {name: _scores(examples, name) for name in ("proba", "logits")}
    batch = Batch(
        len(examples),
        inputs=inputs,
        outputs=outputs,
        probabilities=scores["proba"],
        logits=scores["logits"],
        vectors=vectors,
        tokens=tokens,
    )
    return with_score_columns(batch)


def _are_vectors(values: Sequence[Any]) -> bool:
    known = next((value for value in values if value is not None), None)
    if isinstance(known, list | tuple) and known and all(type(part) is float for part in known):
        return True
    return isinstance(known, np.ndarray) and known.ndim == 1 and known.dtype.kind == "f"


def _matrix(values: Sequence[Any]) -> Floats:
    rows = [None if value is None else np.asarray(value, dtype=np.float64) for value in values]
    widths = {len(row) for row in rows if row is not None}
    if len(widths) != 1:
        raise ValueError(f"vectors of different lengths: {sorted(widths)[:5]}")
    blank = np.full(widths.pop(), np.nan)
    return np.stack([blank if row is None else row for row in rows])


def _text(values: Sequence[Any], name: str, reading: Reading) -> Any:
    known = next((value for value in values if value is not None), None)
    if known is None or isinstance(known, str):
        return text_facts(values, name, tokenize=reading.tokenizer, vocabulary=reading.vocabulary)
    return token_facts(values, name, padding=reading.padding, vocabulary=reading.vocabulary)


def _images(values: Sequence[Any], name: str, layout: str | None) -> dict[str, Floats]:
    facts = [image_facts(np.asarray(value), name, layout=layout) for value in values]
    columns = dict.fromkeys(fact for found in facts for fact in found)
    missing = np.array([np.nan])
    return {column: np.concatenate([found.get(column, missing) for found in facts]) for column in columns}


def _column(values: Sequence[Any], name: str) -> Column:
    plain = [
        value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value for value in values
    ]
    column, unusable = column_of(plain)
    if unusable:
        raise SourceError(f"field {name!r}: {unusable} values are neither numbers nor texts")
    return column


def _scores(examples: Sequence[Mapping[str, Any]], name: str) -> Floats | None:
    rows = [example.get(name) for example in examples]
    return None if all(row is None for row in rows) else _matrix(rows)
