"""Texts among the features: reduced in the process of the model, so that no text leaves it.

A text that is said to be one (`Monitor(..., texts=["review"])`) is not cut where it is logged, and the thread turns it into
its facts (`derive.text`) and the numbers of its tokens' hash buckets, in no order. Cost: nothing in the call; in the thread
5 us a text of 20 words, 0.15 us a word beyond.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from driftgauge.batch import Categories, Column, Mixed
from driftgauge.client.block import Block
from driftgauge.derive import text_facts

__all__ = ["TOKENS", "TextReading", "Words", "reduced", "with_words"]

#: what the name of a fact begins with that holds a text's tokens
TOKENS = "tokens."

Note = Callable[[str, str], None]


class Words(str):
    """A text that will be reduced, and so may be long."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TextReading:
    """How a text is read.

    Attributes:
        tokenize: text to tokens, texts or numbers, as for the profile.
        vocabulary: tokens that the model knows; None: no share of unknown ones.
    """

    tokenize: Callable[[str], Sequence[Any]] = str.split
    vocabulary: Collection[Any] | None = None


def with_words(features: Any, names: Collection[str]) -> Any:
    """Return *features* with the texts *names* marked; what has none of them as it is."""
    if not names or features is None:
        return features
    if isinstance(features, dict):
        found = [name for name in names if name in features]
        return {**features, **{name: _marked(features[name]) for name in found}} if found else features
    if isinstance(features, list):
        return [with_words(row, names) if isinstance(row, dict) else row for row in features]
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(features, pandas.DataFrame) and not set(names).isdisjoint(features.columns):
        columns = {name: features.iloc[:, place] for place, name in enumerate(features.columns)}
        return with_words(columns, names)
    return features


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return Words(value)
    if isinstance(value, list | tuple):
        return [Words(text) if isinstance(text, str) else text for text in value]
    # An array or a Series of objects; a tensor has no texts.
    if getattr(getattr(value, "dtype", None), "kind", "") in {"O", "U", "T"} and hasattr(value, "tolist"):
        return _marked(value.tolist())
    return value


def reduced(block: Block, texts: Mapping[str, TextReading], note: Note) -> Block:
    """Return *block* with facts and packed tokens instead of the texts; one that a tokenizer fails on is left out and noted."""
    for name, reading in texts.items():
        column = block.inputs.get(name)
        words = column.categories if isinstance(column, Mixed) else column
        if isinstance(words, Categories):
            inputs: dict[str, Column] = {one: values for one, values in block.inputs.items() if one != name}
            facts = dict(block.facts)
            try:
                found, packed = _read(words, name, reading)
            except Exception as error:  # noqa: BLE001 - a tokenizer is foreign code, and the thread must live
                note(f"text {name[:64]}", f"text {name[:64]!r} is left out: {type(error).__name__}: {error}")
            else:
                inputs |= found
                facts[TOKENS + name] = packed
            block = replace(block, inputs=inputs, facts=facts)
    return block


def _read(words: Categories, name: str, reading: TextReading) -> tuple[dict[str, Column], Categories]:
    """Return the facts of rows of texts and their tokens, each distinct text read once."""
    texts = (*words.vocabulary, None)  # a missing value's code is -1: the last one
    found = text_facts(texts, name, tokenize=reading.tokenize, vocabulary=reading.vocabulary)
    rows = np.where(words.codes < 0, len(words.vocabulary), words.codes)
    columns: dict[str, Column] = {fact: values[rows] for fact, values in found.columns.items()}
    return columns, Categories(words.codes, tuple(found.tokens.packed()[:-1]))
