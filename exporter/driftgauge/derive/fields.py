"""Raw fields among the inputs, as what the reference made of them: texts become facts, matrices embeddings.

A reference that counted facts of a text column, or the features of an embedding, says so, and the rows that are compared
with it are reduced in the same way; nothing has to be configured. Each distinct text is reduced once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed
from driftgauge.derive.text import text_facts
from driftgauge.tokens import Tokens

__all__ = ["with_texts", "with_vectors"]


def with_texts(batch: Batch, names: Collection[str]) -> Batch:
    """Return *batch* with the facts and tokens of the text columns *names* instead of the texts.

    >>> texts = Categories(np.array([0, 0, -1], dtype=np.int32), ("so it goes",))
    >>> with_texts(Batch(3, inputs={"say": texts}), ["say"]).inputs["say.length"].tolist()
    [3.0, 3.0, nan]
    """
    inputs, tokens = dict(batch.inputs), dict(batch.tokens)
    for name in names:
        column = inputs.get(name)
        words = column.categories if isinstance(column, Mixed) else column
        if isinstance(words, Categories):
            facts, tokens[name] = _reduced(words, name)
            del inputs[name]
            inputs |= facts
    return replace(batch, inputs=inputs, tokens=tokens)


def with_vectors(batch: Batch, names: Collection[str]) -> Batch:
    """Return *batch* with the columns `NAME[0]`, `NAME[1]`, ... as the embedding NAME."""
    inputs, vectors = dict(batch.inputs), dict(batch.vectors)
    for name in names:
        parts: list[Floats] = []
        while isinstance(part := inputs.get(f"{name}[{len(parts)}]"), np.ndarray):
            parts.append(part)
        if parts and name not in vectors:
            vectors[name] = np.stack(parts, axis=1)
            for place in range(len(parts)):
                del inputs[f"{name}[{place}]"]
    return replace(batch, inputs=inputs, vectors=vectors)


def _reduced(column: Categories, name: str) -> tuple[dict[str, Column], Tokens]:
    facts = text_facts((*column.vocabulary, None), name)  # a missing value's code is -1: the last one
    rows = np.where(column.codes < 0, len(column.vocabulary), column.codes)
    columns: dict[str, Column] = {fact: values[rows] for fact, values in facts.columns.items()}
    return columns, facts.tokens.take(rows)
