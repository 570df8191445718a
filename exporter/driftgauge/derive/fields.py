"""Raw fields of a batch, as what the reference made of them: texts and token numbers become facts, matrices embeddings.

A reference that counted facts of a text column, or the features of an embedding, says so, and the rows that are compared
with it are reduced in the same way; nothing has to be configured. Each distinct text of a column is reduced once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed, Tokens
from driftgauge.derive.text import TextFacts, mixed_facts, text_facts
from driftgauge.tokens import joined_tokens

__all__ = ["with_texts", "with_vectors"]

_Columns = MutableMapping[str, Column]
#: what no token number reaches
_BEYOND = 2.0**63


def with_texts(
    batch: Batch, names: Iterable[str], outputs: Collection[str] | None = None, own: Collection[str] = ()
) -> Batch:
    """Return *batch* with the facts and tokens of the texts *names* instead of the texts.

    A text is a column of that name, one among `texts`, or token numbers in the columns `NAME[0]`, `NAME[1]`, ....

    Args:
        batch: rows.
        names: texts that are looked for.
        outputs: names whose facts are outputs; None: facts are what the text was.
        own: names whose tokens are those of a tokenizer that is not here: a text has no tokens then, and no length.

    >>> texts = Categories(np.array([0, 0, -1], dtype=np.int32), ("so it goes",))
    >>> with_texts(Batch(3, inputs={"say": texts}), ["say"]).inputs["say.length"].tolist()
    [3.0, 3.0, nan]
    """
    inputs, answers = dict(batch.inputs), dict(batch.outputs)
    tokens, violations = dict(batch.tokens), dict(batch.violations)
    for name in names:
        facts, answered = _found(name, batch, inputs, answers)
        if facts is None:
            continue
        if name in own:
            facts = _without_words(facts, name)
        tokens[name] = facts.tokens
        violations.pop(
            (name, "wrong_type"), None
        )  # what no column holds, such as a list of numbers, is a text after all
        answered = answered if outputs is None else name in outputs
        (answers if answered else inputs).update(facts.columns)
    return replace(batch, inputs=inputs, outputs=answers, tokens=tokens, violations=violations, texts={})


def _found(name: str, batch: Batch, inputs: _Columns, answers: _Columns) -> tuple[TextFacts | None, bool]:
    """Return what a text is reduced to, None where there is none, and whether it was an output; take it from its columns."""
    if name in batch.texts:
        for columns in (inputs, answers):
            columns.pop(name, None)
        return mixed_facts(batch.texts[name], name), False
    for columns, answered in ((inputs, False), (answers, True)):
        column = columns.get(name)
        words = column.categories if isinstance(column, Mixed) else column
        if isinstance(words, Categories):
            del columns[name]
            return _reduced(words, name), answered
    numbers = _positions(inputs, name)
    if not numbers:
        return None, False
    table = np.stack(numbers, axis=1)
    known = np.logical_not(np.isnan(table).all(axis=1, keepdims=True))[:, 0]
    if not np.array_equal(table[known], np.trunc(table[known])):  # NaN neither: a row has all of its tokens or none
        return None, False
    for place in range(len(numbers)):
        del inputs[f"{name}[{place}]"]
    return mixed_facts(
        [row if there else None for row, there in zip(_whole(table), known.tolist(), strict=True)], name
    ), False


def _without_words(facts: TextFacts, name: str) -> TextFacts:
    """Return what needs no tokens of rows that were texts; those that were token numbers, and have no characters, stay."""
    written = ~np.isnan(facts.columns[f"{name}.characters"])
    columns = {**facts.columns, f"{name}.length": np.where(written, np.nan, facts.columns[f"{name}.length"])}
    rows = np.arange(len(written))
    none = Tokens(facts.tokens.buckets[:0], np.zeros(2, dtype=np.int64))
    both = joined_tokens([{"": facts.tokens}, {"": none}], [len(rows), 1])[""]
    return TextFacts(columns, both.take(np.where(written, len(rows), rows)))


def _whole(table: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return *table* as whole numbers, 0 for what is none of 64 bits."""
    return np.where(np.abs(table) < _BEYOND, table, 0.0).astype(np.int64)


def _positions(columns: Mapping[str, Column], name: str) -> list[Floats]:
    """Return the columns of numbers `NAME[0]`, `NAME[1]`, ...."""
    parts: list[Floats] = []
    while isinstance(part := columns.get(f"{name}[{len(parts)}]"), np.ndarray):
        parts.append(part)
    return parts


def with_vectors(batch: Batch, names: Collection[str]) -> Batch:
    """Return *batch* with the columns `NAME[0]`, `NAME[1]`, ... as the embedding NAME."""
    inputs, vectors = dict(batch.inputs), dict(batch.vectors)
    for name in names:
        parts = _positions(inputs, name)
        if parts and name not in vectors:
            vectors[name] = np.stack(parts, axis=1)
            for place in range(len(parts)):
                del inputs[f"{name}[{place}]"]
    return replace(batch, inputs=inputs, vectors=vectors)


def _reduced(column: Categories, name: str) -> TextFacts:
    facts = text_facts((*column.vocabulary, None), name)  # a missing value's code is -1: the last one
    rows = np.where(column.codes < 0, len(column.vocabulary), column.codes)
    return TextFacts({fact: values[rows] for fact, values in facts.columns.items()}, facts.tokens.take(rows))
