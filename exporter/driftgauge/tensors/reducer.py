"""Reducer: the tensors of one inference become facts, as the client would have made them of the same data.

    image                    NAME.mean[c], NAME.brightness, ...        `derive.image_facts`
    logits, probabilities    confidence.top1, ..., means over the      `derive.confidence_of`
                             positions that count
    embedding                an embedding of the row                   mean over the positions that count, or the first
    token_ids                NAME.length and tokens                    `derive.token_table_facts`

Law: one decision for all tensors of an inference, the request's and the response's: they are reduced, or the budget leaves all
out and their roles count as not observed. Nothing of a tensor outlives the inference. Memory: some megabytes beside the body.
Time: 0.3 ms a picture, 0.2 us and 6 ns a class for each position (docs/tensors.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Column, Flags, Floats
from driftgauge.derive import confidence_of, image_facts, token_table_facts
from driftgauge.derive.confidence import IGNORE_INDEX
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import short
from driftgauge.ingest.reducing import Deep, Reduced
from driftgauge.ingest.tensors import read_numbers
from driftgauge.tensor_settings import TensorSettings
from driftgauge.tensors.kinds import RefusedTensor, axes_of, kind_of, layout_of
from driftgauge.tensors.positions import Positions, named_by

__all__ = ["PICTURE_SCORES", "POSITION_SCORES", "RESULTS", "Gate", "TensorReducer"]

#: what becomes of a row: it is reduced, or the budget leaves it out
RESULTS = ("reduced", "not_sampled")

#: what costs as much time as a picture: class scores, where a position costs as much as some more; values of embeddings; tokens
PICTURE_SCORES, POSITION_SCORES, _PICTURE_VALUES, _PICTURE_TOKENS = 32_768, 32, 100_000, 10_000
_VIOLATIONS = {"shape": "wrong_shape", "datatype": "wrong_type"}
_SCORES = frozenset({"logits", "probabilities"})
_NONE: frozenset[str] = frozenset()


class Gate(Protocol):
    """Says what may be reduced, and is told what is left out."""

    def admit(self, cost: float) -> bool:
        """Tell whether the budget has what an inference costs, in pictures."""

    def note(self, tensor: str, why: str) -> None:
        """Hear that a tensor is left out."""


class Open:
    """A gate that lets everything pass."""

    def admit(self, cost: float) -> bool:  # noqa: ARG002 - a protocol's
        """Have no budget."""
        return True

    def note(self, tensor: str, why: str) -> None:
        """Tell nobody."""


_OPEN = Open()


class TensorReducer:
    """Reduces the tensors of one inference.

    Args:
        settings: what tensors are, by name.
        gate: says what may be reduced.

    >>> bool(TensorReducer({"logits": TensorSettings(kind="logits", mask="attention_mask")}).takes("attention_mask"))
    True
    """

    __slots__ = ("_admitted", "_gate", "_named", "_positions", "_settings")

    def __init__(self, settings: Mapping[str, TensorSettings], gate: Gate = _OPEN) -> None:
        # One is made for every body, and most bodies have no use for it.
        self._settings = settings
        self._gate = gate
        self._named = named_by(settings) if settings else _NONE
        self._positions: Positions | None = None
        self._admitted: bool | None = None

    def takes(self, name: str) -> bool:
        """Tell whether a tensor is wanted whatever its rank."""
        return name in self._settings or name in self._named

    def batched(self, name: str) -> bool:
        """Tell whether a tensor's first axis counts rows."""
        return name not in self._settings or self._settings[name].batched

    def reduce(self, tensors: Collection[Deep]) -> Reduced:
        """Return what the tensors of a body say.

        Raises:
            DecodeError: binary data has not the promised size (`tensor_size`).
        """
        found = Reduced()
        if not tensors:
            return found
        if self._positions is None:
            self._positions = Positions()
        self._positions.remember(tensors, self._named)
        for tensor in tensors:
            if tensor.name in self._named and tensor.name not in self._settings:
                continue
            try:
                self._take(tensor, found)
            except RefusedTensor as refusal:
                self._refuse(found, refusal.reason, refusal.error)
            except DecodeError as error:
                if error.reason not in _VIOLATIONS:
                    raise
                self._refuse(found, _VIOLATIONS[error.reason], error)
            except ValueError as error:  # what a derivation says of values
                self._refuse(found, "wrong_type", _wrong(tensor, f"is left out: {error}"))
        return found

    def _refuse(self, found: Reduced, reason: str, error: DecodeError) -> None:
        found.refused.append((reason, error))
        self._gate.note(error.field or "", str(error))

    def _take(self, tensor: Deep, found: Reduced) -> None:
        settings = kind_of(tensor, self._settings)
        if settings.kind == "ignore":
            return
        if not tensor.spec.size:
            raise RefusedTensor("wrong_shape", _wrong(tensor, "holds no values"))
        if settings.kind == "image":
            self._image(tensor, settings, found)
        elif settings.kind in _SCORES:
            self._scores(tensor, settings, found)
        elif settings.kind == "embedding":
            self._embedding(tensor, settings, found)
        else:
            self._token_ids(tensor, settings, found)

    def _image(self, tensor: Deep, settings: TensorSettings, found: Reduced) -> None:
        layout = layout_of(tensor, settings)
        if not self._reduces(tensor, tensor.shape[0], found):
            return
        pictures = _values(tensor)
        with np.errstate(all="ignore"):  # infinite pixels
            facts = image_facts(pictures, settings.field or tensor.name, layout=layout)
        _columns(tensor, found).update(facts)
        found.rows["reduced"] += tensor.shape[0]

    def _scores(self, tensor: Deep, settings: TensorSettings, found: Reduced) -> None:
        axis = axes_of(tensor, settings)
        rows, classes = tensor.shape[0], tensor.shape[axis]
        if tensor.role != "outputs":
            raise RefusedTensor("wrong_type", _wrong(tensor, f"is an input, {settings.kind} are outputs"))
        if found.scores or any(name.startswith("confidence.") for name in found.outputs):
            raise RefusedTensor("ambiguous", _wrong(tensor, "is the second one of class scores"))
        if len(tensor.shape) == 2 and not (settings.mask or settings.labels):
            found.scores[settings.kind] = _floats(tensor)
            return
        positions = tensor.spec.size // (rows * classes)
        if not self._reduces(tensor, rows * positions * (classes + POSITION_SCORES) / PICTURE_SCORES, found):
            return
        kept = self._kept(tensor, settings, tensor.shape[:axis] + tensor.shape[axis + 1 :])
        scores = np.moveaxis(_floats(tensor), axis, -1).reshape(rows, positions, classes)
        labels = None if kept is None else np.where(kept, 0, IGNORE_INDEX).reshape(rows, positions)
        with np.errstate(all="ignore"):  # infinite scores
            found.outputs |= confidence_of(scores, logits=settings.kind == "logits", labels=labels)
        found.rows["reduced"] += rows

    def _embedding(self, tensor: Deep, settings: TensorSettings, found: Reduced) -> None:
        rank = len(tensor.shape)
        if rank not in {2, 3} or tensor.shape[-1] < 2:
            raise RefusedTensor(
                "wrong_shape", _wrong(tensor, "is no [rows, dimensions] or [rows, positions, dimensions]")
            )
        if self._admitted is False and tensor.role == "outputs":  # the row's inputs are not observed, so it has none
            return
        if rank == 3 and not self._reduces(tensor, tensor.spec.size / _PICTURE_VALUES, found):
            return
        values = _floats(tensor)
        if rank == 3:
            kept = self._kept(tensor, settings, tensor.shape[:2])
            values = values[:, 0] if settings.pooling == "cls" else _pooled(values, kept)
            found.rows["reduced"] += tensor.shape[0]
        found.vectors[settings.field or tensor.name] = values

    def _token_ids(self, tensor: Deep, settings: TensorSettings, found: Reduced) -> None:
        if len(tensor.shape) != 2:
            raise RefusedTensor("wrong_shape", _wrong(tensor, "is no [rows, positions]"))
        if not self._reduces(tensor, tensor.spec.size / _PICTURE_TOKENS, found):
            return
        kept = self._kept(tensor, settings, tensor.shape)
        numbers, name = _values(tensor), settings.field or tensor.name
        if numbers.dtype.kind not in "iu":
            raise RefusedTensor("wrong_type", _wrong(tensor, f"holds {tensor.spec.datatype}, expected integers"))
        facts = token_table_facts(numbers, name, kept)
        _columns(tensor, found).update(facts.columns)
        found.rows["reduced"] += tensor.shape[0]
        found.tokens[name] = facts.tokens

    def _kept(self, tensor: Deep, settings: TensorSettings, shape: tuple[int, ...]) -> Flags | None:
        assert self._positions is not None
        return self._positions.kept(tensor, settings, shape)

    def _reduces(self, tensor: Deep, cost: float, found: Reduced) -> bool:
        """Tell whether a tensor is to be reduced, and account for it where not; the first one decides for all, whatever they cost."""
        admitted = self._gate.admit(cost)
        if self._admitted is None:
            self._admitted = admitted
        if self._admitted:
            return True
        found.rows["not_sampled"] += tensor.shape[0]
        if tensor.role == "inputs":
            found.whole = False
        else:
            found.answered = False
        return False


def _columns(tensor: Deep, found: Reduced) -> dict[str, Column]:
    return found.inputs if tensor.role == "inputs" else found.outputs


def _values(tensor: Deep) -> NDArray[Any]:
    return read_numbers(tensor.spec).reshape(tensor.shape)


def _floats(tensor: Deep) -> Floats:
    values = _values(tensor)
    if values.dtype.kind != "f":
        raise RefusedTensor("wrong_type", _wrong(tensor, f"holds {tensor.spec.datatype}, expected floats"))
    return values


def _pooled(values: Floats, kept: Flags | None) -> Floats:
    """Return the mean vector of each row's positions that count; NaN where none does."""
    counts: Any = values.shape[1] if kept is None else np.count_nonzero(kept, axis=1)[:, None]
    counted: Any = True if kept is None else kept[:, :, None]
    with np.errstate(all="ignore"):  # infinite values, and 0 / 0 where no position counts
        means: NDArray[np.float64] = np.add.reduce(values, axis=1, dtype=np.float64, where=counted) / counts
        return means.astype(np.float32)


def _wrong(tensor: Deep, what: str) -> DecodeError:
    shown = short(tensor.name)
    return DecodeError("shape", f"tensor {shown!r} of shape {list(tensor.shape)} {what}", field=shown)
