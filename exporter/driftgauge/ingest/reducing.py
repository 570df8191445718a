"""Reducing: what a body hands over that is no table, and what it gets back: columns of facts, a row each.

Pictures, class scores of sequences, vectors of many positions: `Reducer` is whoever knows what they are (`driftgauge.tensors`),
and the decoders only know this. Without one every tensor of rank 3 and more is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from driftgauge.batch import Categories, Column, Flags, Floats, Mixed, Tokens
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import short
from driftgauge.ingest.tensors import Spec

__all__ = ["UNSUPPORTED", "Deep", "NoReducer", "Reduced", "Reducer", "refused_rank"]

UNSUPPORTED = "unsupported_rank"


@dataclass(frozen=True, slots=True)
class Deep:
    """A tensor that is no table.

    Attributes:
        spec: as the body has it, all but the first axis as one width.
        shape: the rows first.
        role: `inputs` or `outputs`.
    """

    spec: Spec
    shape: tuple[int, ...]
    role: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name


@dataclass(slots=True)
class Reduced:
    """What became of the tensors of a body.

    Attributes:
        inputs: columns of facts.
        outputs: columns of facts.
        vectors: embeddings.
        tokens: of token numbers.
        scores: class scores of rows, by kind: `logits` or `probabilities`.
        rows: rows of tensors by result.
        whole: whether the inputs are; else the budget left some out, and all count as not observed in this body.
        answered: the same of the outputs.
        refused: what was left out: the reason of the violation, and why.
    """

    inputs: dict[str, Column] = field(default_factory=dict)
    outputs: dict[str, Column] = field(default_factory=dict)
    vectors: dict[str, Floats] = field(default_factory=dict)
    tokens: dict[str, Tokens] = field(default_factory=dict)
    scores: dict[str, Floats] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    whole: bool = True
    answered: bool = True
    refused: list[tuple[str, DecodeError]] = field(default_factory=list)

    def take(self, rows: Flags) -> Reduced:
        """Return the chosen rows."""
        return replace(
            self,
            inputs={name: _taken(column, rows) for name, column in self.inputs.items()},
            outputs={name: _taken(column, rows) for name, column in self.outputs.items()},
            vectors={name: matrix[rows] for name, matrix in self.vectors.items()},
            tokens={name: tokens.take(rows) for name, tokens in self.tokens.items()},
            scores={name: matrix[rows] for name, matrix in self.scores.items()},
        )


class Reducer(Protocol):
    """Knows what the tensors of one inference are."""

    def takes(self, name: str) -> bool:
        """Tell whether a tensor is wanted whatever its rank."""

    def batched(self, name: str) -> bool:
        """Tell whether a tensor's first axis counts rows."""

    def reduce(self, tensors: Collection[Deep]) -> Reduced:
        """Return what the tensors of a body say.

        Raises:
            DecodeError: binary data has not the promised size (`tensor_size`).
        """


class NoReducer:
    """Leaves every tensor of rank 3 and more out."""

    def takes(self, name: str) -> bool:  # noqa: ARG002 - a protocol's
        """Want none of lower rank."""
        return False

    def batched(self, name: str) -> bool:  # noqa: ARG002 - a protocol's
        """Know of none that is a single row."""
        return True

    def reduce(self, tensors: Collection[Deep]) -> Reduced:
        """Refuse all."""
        return Reduced(refused=[(UNSUPPORTED, refused_rank(tensor.name, tensor.shape)) for tensor in tensors])


def refused_rank(name: str, shape: Sequence[int], why: str = "nothing says what it is") -> DecodeError:
    """Return why a tensor is left out, with the setting that would change it."""
    shown = short(name)
    message = (
        f"tensor {shown!r} of shape {list(shape)} is left out: {why}; the model's setting `tensors.{shown}` can say it"
    )
    return DecodeError("shape", message, field=shown)


def _taken(column: Column, rows: Flags) -> Column:
    if isinstance(column, Categories):
        return Categories(column.codes[rows], column.vocabulary)
    assert not isinstance(column, Mixed)  # facts are numbers
    return column[rows]
